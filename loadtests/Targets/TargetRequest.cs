namespace Cascade.LoadTests.Targets;

/// <summary>The cluster that is wanted.</summary>
/// <param name="Nodes">How many nodes.</param>
/// <param name="CapacityBytes">Memory of each, in bytes: a multiple of 4 KiB.</param>
/// <param name="BlockBytes">Length of the load's blocks.</param>
/// <param name="Settings">Further settings, each <c>path=value</c>.</param>
internal sealed record TargetRequest(int Nodes, long CapacityBytes, int BlockBytes, IReadOnlyList<string> Settings)
{
    /// <summary>Starts the cluster: one node in this process, several in processes of their own.</summary>
    /// <exception cref="TargetException">It cannot be had.</exception>
    public async Task<ILoadTarget> StartAsync(CancellationToken cancellationToken) => Nodes == 1
        ? await InProcessTarget.StartAsync(this, cancellationToken)
        : await ClusterTarget.StartAsync(this, cancellationToken);
}

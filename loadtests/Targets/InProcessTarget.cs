using Cascade.Hosting;
using Cascade.Hosting.Node;
using Cascade.Tiers.Shm;

namespace Cascade.LoadTests.Targets;

/// <summary>One node in this process, with an arena of its own that goes with it.</summary>
internal sealed class InProcessTarget : ILoadTarget
{
    private readonly CascadeNode _node;

    private InProcessTarget(CascadeNode node)
    {
        _node = node;
        Nodes = [node.Cache];
    }

    /// <inheritdoc/>
    public IReadOnlyList<ICascade> Nodes { get; }

    /// <inheritdoc/>
    public bool CanKill => false;

    /// <summary>Starts the node.</summary>
    /// <exception cref="TargetException">Memory is short, or a setting is wrong.</exception>
    public static async Task<InProcessTarget> StartAsync(TargetRequest request, CancellationToken cancellationToken)
    {
        var (options, _) = NodeSettings.Configure(request);
        FreeMemory.Require(request.CapacityBytes, options.Tiers.Shm.Directory);
        try
        {
            return new InProcessTarget(await CascadeNode.StartAsync(options, new NodeStartup { KeepArena = false }, cancellationToken));
        }
        catch (ArenaRefusedException e)
        {
            throw new TargetException(isMistake: false, e.Message, e);
        }
    }

    /// <inheritdoc/>
    public Task KillAsync(int node) => throw NotKillable();

    /// <inheritdoc/>
    public Task RestartAsync(int node) => throw NotKillable();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _node.DisposeAsync();

    private static NotSupportedException NotKillable() => new("A node in this process cannot be killed alone.");
}

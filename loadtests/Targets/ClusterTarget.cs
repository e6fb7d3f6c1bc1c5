using System.Globalization;
using Cascade.Hosting;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Cli.Fleet;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cascade.LoadTests.Targets;

/// <summary>
/// Nodes in processes of their own, and in this process one client of each: a node's interface is that of its client, which stays when the node is killed.
/// </summary>
internal sealed class ClusterTarget : ILoadTarget
{
    /// <summary>Memory that a busy machine surely sets aside in a second, for all nodes together.</summary>
    private const double BytesPerSecondMin = 256 << 20;

    private readonly FleetHosts _fleet;

    private ClusterTarget(FleetHosts fleet) => _fleet = fleet;

    /// <inheritdoc/>
    public IReadOnlyList<ICascade> Nodes => _fleet.Caches;

    /// <inheritdoc/>
    public bool CanKill => true;

    /// <summary>Starts the nodes.</summary>
    /// <exception cref="TargetException">Memory is short, a setting is wrong, or a node does not start.</exception>
    public static async Task<ClusterTarget> StartAsync(TargetRequest request, CancellationToken cancellationToken)
    {
        var (options, overrides) = NodeSettings.Configure(request);
        var directory = options.Tiers.Shm.Directory;
        FreeMemory.Require(request.Nodes * request.CapacityBytes + FleetHosts.HostsBytes(request.Nodes, request.BlockBytes), directory);
        var settings = new FleetSettings(options.Cluster.Name, directory)
        {
            Settings = overrides,
            Reset = true,
            StartPatience = TimeSpan.FromSeconds(60 + request.Nodes * (double)request.CapacityBytes / BytesPerSecondMin),
        };
        try
        {
            return new ClusterTarget(await FleetHosts.StartAsync(
                settings, request.Nodes, request.BlockBytes, static _ => { }, NullLoggerFactory.Instance, cancellationToken));
        }
        catch (CliException e)
        {
            throw new TargetException(e.ExitCode == Hosting.Cli.ExitCode.Usage, e.Message, e);
        }
    }

    /// <inheritdoc/>
    public Task KillAsync(int node) => _fleet.Fleet.KillAsync(node);

    /// <inheritdoc/>
    public async Task RestartAsync(int node)
    {
        try
        {
            await _fleet.Fleet.RestartAsync(node, CancellationToken.None);
        }
        catch (CliException e)
        {
            throw new TargetException(isMistake: false, string.Create(CultureInfo.InvariantCulture, $"Node {node} did not come back: {e.Message}"), e);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _fleet.DisposeAsync();
}

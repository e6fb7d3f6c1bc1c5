using System.Globalization;
using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Configuration.Hocon;
using Cascade.Hosting.Node;
using Cascade.Tiers.Shm;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Cli.Fleet;

/// <summary>
/// A fleet, and in this process one client host for each of its nodes, by which a load reaches the cluster. A host stays when its node is killed
/// and started again. Disposing it ends the hosts and drains the fleet. Thread-safe.
/// </summary>
internal sealed class FleetHosts : IAsyncDisposable
{
    /// <summary>Numbers from here on are for clients.</summary>
    private const int FirstClientId = 65536;

    /// <summary>What a host's memory is at least: what its puts pass through.</summary>
    private const long HostBytesMin = 64 << 20;

    /// <summary>Blocks that a host's memory has room for at least: one that is put, and one that an owner is being asked to let go.</summary>
    private const int HostBlocksMin = 4;

    private const long PageBytes = 4096;

    /// <summary>How long the hosts may take to find all nodes: each of those serves already.</summary>
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ReportPatience = TimeSpan.FromSeconds(5);

    private readonly FleetSettings _settings;
    private readonly NodeFleet _fleet;
    private readonly List<CascadeNode> _hosts = [];
    private bool _hasColdTier;

    private FleetHosts(FleetSettings settings, Action<string> say) => (_settings, _fleet) = (settings, new NodeFleet(settings, say));

    /// <summary>The nodes' processes.</summary>
    public NodeFleet Fleet => _fleet;

    /// <summary>The interface of each host, by the number of its node.</summary>
    public IReadOnlyList<ICascade> Caches { get; private set; } = [];

    /// <summary>Bytes of memory that the hosts of so many nodes take.</summary>
    public static long HostsBytes(int nodes, long blockBytes) => nodes * HostBytes(blockBytes);

    /// <summary>Starts the nodes, then the hosts, and returns when each host knows all nodes.</summary>
    /// <param name="settings">What the nodes have in common.</param>
    /// <param name="nodes">Number of nodes, 1 to <see cref="NodeFleet.NodesMax"/>.</param>
    /// <param name="blockBytes">Length of the largest block that is put.</param>
    /// <param name="say">Takes what the nodes say, from any thread; must not block.</param>
    /// <param name="logging">Where the hosts log to.</param>
    /// <param name="cancellationToken">Gives the start up.</param>
    /// <exception cref="CliException">A node or a host did not start; the message says why. Nothing is left then.</exception>
    public static async Task<FleetHosts> StartAsync(
        FleetSettings settings, int nodes, long blockBytes, Action<string> say, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        var hosts = new FleetHosts(settings, say);
        try
        {
            await hosts._fleet.StartAsync(nodes, cancellationToken);
            await hosts.JoinAsync(nodes, blockBytes, logging, cancellationToken);
            return hosts;
        }
        catch
        {
            await hosts.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the tiers of a node count since its process started, nearest first; none when it is not in the cluster now.</summary>
    /// <exception cref="CascadeUnavailableException">It does not answer.</exception>
    public async Task<IReadOnlyList<TierReport>> ReportAsync(int node)
    {
        var reports = new List<TierReport>();
        foreach (var path in (string[])(_hasColdTier ? [NodePaths.MemoryTier, NodePaths.ColdTier] : [NodePaths.MemoryTier]))
        {
            if (!_fleet.Nodes[node].IsRunning || _hosts[node].Nodes.Of(new NodeId((uint)node), path) is not { } tier)
                return [];
            try
            {
                reports.Add(await tier.Ask<TierReport>(ReportTier.Instance, ReportPatience));
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new CascadeUnavailableException($"node {node} does not tell its figures: {e.Message}", e);
            }
        }

        return reports;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_hosts.Select(static host => host.DisposeAsync().AsTask()));
        await _fleet.DisposeAsync();
    }

    private static long HostBytes(long blockBytes) => Math.Max(HostBytesMin, HostBlocksMin * ((blockBytes + PageBytes - 1) & -PageBytes));

    private async Task JoinAsync(int nodes, long blockBytes, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(JoinPatience, _settings.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var startup = new NodeStartup { Logging = logging, Time = _settings.Time, Reset = true, KeepArena = false };
        try
        {
            for (var node = 0; node < nodes; node++)
                _hosts.Add(await CascadeNode.StartAsync(Configure(node, blockBytes), startup, either.Token));
            using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(10), _settings.Time);
            while (_hosts.Any(host => host.Cluster.Shards.Nodes.Length < nodes))
                await poll.WaitForNextTickAsync(either.Token);
        }
        catch (Exception e) when (e is ArenaRefusedException or NodeRefusedException)
        {
            throw new CliException(ExitCode.Unavailable, e.Message, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliException(ExitCode.Unavailable, $"the nodes did not become one cluster within {JoinPatience.TotalSeconds:0} s", e);
        }

        Caches = [.. _hosts.Select(static host => host.Cache)];
    }

    private CascadeOptions Configure(int node, long blockBytes)
    {
        var seeds = string.Join(',', _fleet.Nodes.Select(static seed => HoconText.Quote(NodeArguments.Address(seed.Port))));
        var options = CascadeConfiguration.Load(new ConfigurationSources
        {
            FilePath = _settings.ConfigFile,
            Environment = ConfigurationSources.ProcessEnvironment(),
            Overrides =
            [
                .. _settings.Settings,
                $"cascade.cluster.name={HoconText.Quote(_settings.ClusterName)}",
                string.Create(CultureInfo.InvariantCulture, $"cascade.node.id={FirstClientId + node}"),
                "cascade.node.client=true",
                $"cascade.remoting.host={HoconText.Quote(NodeArguments.Host)}",
                "cascade.remoting.port=0",
                "cascade.remoting.bulk-port=0",
                $"cascade.remoting.seeds=[{seeds}]",
                string.Create(CultureInfo.InvariantCulture, $"cascade.tiers.shm.capacity={HostBytes(blockBytes)}"),
                "cascade.tiers.shm.max-block=0",
                "cascade.tiers.shm.max-blocks=0",
            ],
        }).Options;
        _hasColdTier = options.Tiers.Cold.Directory.Length > 0;
        return options with { Tiers = options.Tiers with { Cold = options.Tiers.Cold with { Directory = "" } } };
    }
}

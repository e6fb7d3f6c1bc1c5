using Cascade.Core.Identity;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Cli.Fleet;
using Cascade.Hosting.Configuration;
using Cascade.Tiers.Gpu;

namespace Cascade.Hosting.Replay;

/// <summary>What a replay goes to: a node in this process, or a fleet of them in their own.</summary>
internal sealed class ReplayTarget
{
    private readonly Func<Task<NodeFigures>> _figures;
    private readonly Func<IReadOnlyList<string>> _problems;

    private ReplayTarget(IReadOnlyList<ReplayHost> hosts, Func<Task<NodeFigures>> figures, Func<IReadOnlyList<string>> problems) =>
        (Hosts, _figures, _problems) = (hosts, figures, problems);

    /// <summary>What takes the requests, in turn.</summary>
    public IReadOnlyList<ReplayHost> Hosts { get; }

    /// <summary>Nodes that are processes; null for a node in this one.</summary>
    public int? Nodes { get; private init; }

    /// <summary>Kills nodes during the replay; null for none.</summary>
    public NodeKiller? Killer { get; private init; }

    /// <summary>Bytes that a node in this process pulled from others since it started, by the word for the way; none where it has not.</summary>
    public async Task<IReadOnlyDictionary<string, long>> PulledBytesAsync()
    {
        try
        {
            var stat = await Hosts[0].Cache.StatAsync(CancellationToken.None);
            if (stat.Traffic.Any(static traffic => traffic.Pulls > 0))
                return stat.Traffic.ToDictionary(static traffic => FabricOrder.WordOf(traffic.Kind), static traffic => traffic.Bytes);
        }
        catch (CascadeUnavailableException)
        {
            // Whoever asked for the tiers' figures has told it.
        }

        return new Dictionary<string, long>();
    }

    /// <summary>A node in this process.</summary>
    /// <param name="cache">Its cache.</param>
    /// <param name="devices">The device memory in which blocks are asked for; null for shared memory.</param>
    public static ReplayTarget Of(ICascade cache, GpuPool? devices = null) => new(
        [new ReplayHost(cache, Devices: devices)], async () => NodeFigures.Of((await cache.StatAsync(CancellationToken.None)).Tiers), static () => []);

    /// <summary>A cluster that runs already.</summary>
    public static ReplayTarget Of(IClusterSession session) => new([new ReplayHost(session.Cache)], () => FiguresOfAsync(session), static () => []);

    /// <summary>A fleet.</summary>
    /// <param name="fleet">Its nodes serve.</param>
    /// <param name="killer">Kills them during the replay; null for none.</param>
    public static ReplayTarget Of(FleetHosts fleet, NodeKiller? killer) => new(
        [.. fleet.Caches.Select(static (cache, node) => new ReplayHost(cache, new NodeId((uint)node)))],
        () => FiguresOfAsync(fleet, killer),
        () => ProblemsOf(fleet, killer))
    {
        Nodes = fleet.Caches.Count,
        Killer = killer,
    };

    /// <summary>What the nodes counted since they started, in earlier lives too as far as that is known.</summary>
    /// <exception cref="CascadeUnavailableException">A node does not answer.</exception>
    public Task<NodeFigures> FiguresAsync() => _figures();

    /// <summary>What went wrong with nodes beside the kills, in words. To be called once, at the end.</summary>
    public IReadOnlyList<string> Problems() => _problems();

    private static async Task<NodeFigures> FiguresOfAsync(IClusterSession session)
    {
        var sum = default(NodeFigures);
        foreach (var node in await ClusterReports.AskAllAsync(session, CancellationToken.None))
            sum = sum.With(NodeFigures.Of(node.Tiers));
        return sum;
    }

    private static async Task<NodeFigures> FiguresOfAsync(FleetHosts fleet, NodeKiller? killer)
    {
        var sum = killer?.FiguresOfTheDead ?? default;
        for (var node = 0; node < fleet.Caches.Count; node++)
            sum = sum.With(NodeFigures.Of(await fleet.ReportAsync(node)));
        return sum;
    }

    private static List<string> ProblemsOf(FleetHosts fleet, NodeKiller? killer)
    {
        var problems = killer?.Problems.ToList() ?? [];
        while (fleet.Fleet.Ends.TryRead(out var end))
            problems.Add($"{end} unasked");
        return problems;
    }
}

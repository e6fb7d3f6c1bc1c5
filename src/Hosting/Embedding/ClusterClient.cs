using System.Globalization;
using System.Security.Cryptography;
using Cascade.Core.Membership;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Node;

namespace Cascade.Hosting;

/// <summary>A node that stores nothing for others and comes and goes: what it is started with, and how it finds its cluster.</summary>
internal static class ClusterClient
{
    /// <summary>How long to wait for a cluster that is there.</summary>
    public static readonly TimeSpan JoinWithinDefault = TimeSpan.FromSeconds(10);

    /// <summary>Numbers from here on are for clients.</summary>
    public const int FirstId = 65536;

    /// <summary>Two of a thousand clients at a time have one number by chance once in thirty times; the later one is then told so.</summary>
    private const int Ids = 1 << 24;

    /// <summary>What the memory is for: puts and reads that pass through it.</summary>
    private const string Capacity = "cascade.tiers.shm.capacity=64MiB";

    /// <summary>The settings of a client with these of its user among them: what a file says of the nodes' memory is not meant for it.</summary>
    public static string[] SettingsWith(IEnumerable<string> settings) =>
    [
        Capacity, "cascade.tiers.shm.max-block=0", "cascade.tiers.shm.max-blocks=0", .. settings,
        string.Create(CultureInfo.InvariantCulture, $"cascade.node.id={FirstId + RandomNumberGenerator.GetInt32(Ids)}"),
        "cascade.node.client=true", "cascade.remoting.port=0", "cascade.remoting.bulk-port=0", "cascade.tiers.cold.directory=\"\"",
    ];

    /// <summary>Nodes of the cluster's directory that are asked for entry: some of them may be gone, and all of a large cluster need not be known.</summary>
    private const int SeedsMax = 256;

    /// <summary>Joins the cluster: by its seeds or, where none are configured, by its directory and the nodes of this machine.</summary>
    /// <param name="options">The client's settings.</param>
    /// <param name="startup">What it is started with beside them; its arena goes with it, whatever that says.</param>
    /// <param name="timeout">How long to wait for the cluster.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="NodeRefusedException">There is no cluster that answers; the message says where it was looked for, and what to do.</exception>
    public static async Task<CascadeNode> JoinAsync(
        CascadeOptions options, NodeStartup startup, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var (cluster, directory, shared) = (options.Cluster.Name, options.Tiers.Shm.Directory, options.Cluster.Directory);
        LeftArenas.Remove(directory, cluster);
        var seeds = options.Remoting.Seeds.Count > 0 ? options.Remoting.Seeds : new ValueList<NodeAddress>(
            (shared.Length > 0 ? AddressFile.Find(shared, cluster) : []).Concat(AddressFile.Find(directory, cluster)).Distinct().Take(SeedsMax));
        if (seeds.Count == 0)
            throw new NodeRefusedException(
                $"No node of cluster {cluster} is known: {directory}{(shared.Length > 0 ? $" or {shared}" : "")} has no address of one, and cascade.remoting.seeds is "
                + "empty. Start one by 'cascade node' or "
                + "'cascade up', name another by cascade.cluster.name, or name nodes of other machines: --set cascade.remoting.seeds=[\"host:port\"].");

        using var patience = new CancellationTokenSource(timeout, startup.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        CascadeNode node;
        try
        {
            node = await CascadeNode.StartAsync(
                options with { Remoting = options.Remoting with { Seeds = seeds } }, startup with { KeepArena = false, IsJoinTimed = true }, either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NodeRefusedException(
                string.Create(
                    CultureInfo.InvariantCulture, $"Cluster {cluster} was not joined within {timeout.TotalSeconds:0.###} s, by {seeds}: is one of these nodes running?"),
                e);
        }

        if (!node.Cluster.Shards.Nodes.IsEmpty)
            return node;
        await node.DisposeAsync();
        throw new NodeRefusedException($"Cluster {cluster} has no node that stores, by {seeds}: start one by 'cascade node' or 'cascade up'.");
    }
}

using System.Net;
using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Tiers.Tests.Fabric;

namespace Cascade.Tiers.Tests.Remote;

/// <summary>Nodes of one machine in one process, with their arenas in a folder of its own, under a clock that stands until a test moves it.</summary>
internal sealed class RemoteWorld : IAsyncDisposable
{
    public static readonly NodeId HolderId = new(3);
    public static readonly NodeId ReaderId = new(4);

    private static int _count;

    private readonly Dictionary<NodeId, RemoteNode> _nodes = [];

    public RemoteWorld(RemoteNodeOptions? reader = null, RemoteNodeOptions? holder = null)
    {
        Folder = Path.Combine(
            Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"cascade-remote-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
        Directory.CreateDirectory(Folder);
        Holder = _nodes[HolderId] = new RemoteNode(this, HolderId, holder ?? new RemoteNodeOptions());
        Reader = _nodes[ReaderId] = new RemoteNode(this, ReaderId, reader ?? new RemoteNodeOptions());
    }

    public string Folder { get; }

    public ManualClock Time { get; } = new();

    public RemoteNode Holder { get; }

    public RemoteNode Reader { get; }

    /// <summary>Stands in the place of the holder's remote tier; null for the real one.</summary>
    public IActorRef? InPlaceOfHolder { get; set; }

    /// <summary>A world in which both nodes know each other.</summary>
    public static async Task<RemoteWorld> StartAsync(RemoteNodeOptions? reader = null, RemoteNodeOptions? holder = null)
    {
        var world = new RemoteWorld(reader, holder);
        await world.ShowAsync();
        return world;
    }

    /// <summary>Shows both nodes these members.</summary>
    public async Task ShowAsync(ulong? holderStart = 1, ulong? readerStart = 1)
    {
        var members = new List<Member>();
        if (holderStart is { } holder)
            members.Add(Up(HolderId, holder));
        if (readerStart is { } reader)
            members.Add(Up(ReaderId, reader));
        foreach (var node in _nodes.Values)
        {
            node.Tier.Tell(node.View.Publish(new MembershipView(1, node.Id, [.. members], 0)), ActorRefs.NoSender);
            await node.SettleAsync();
        }
    }

    /// <summary>Moves time on, and lets timers of timers come due as well.</summary>
    public async Task AdvanceAsync(TimeSpan by)
    {
        Time.Advance(by);
        for (var wheel = 0; wheel < 4; wheel++)
            Time.Advance(TimeSpan.Zero);

        // Twice: what one does may be told to another that has settled before it.
        foreach (var node in _nodes.Values.Concat(_nodes.Values))
            await node.SettleAsync();
    }

    public EndPoint? Locate(NodeId node) => _nodes.TryGetValue(node, out var known) ? known.BulkEndPoint : null;

    public IActorRef Resolve(Member member, string path)
    {
        var node = _nodes[member.Node];
        return path switch
        {
            NodePaths.RemoteTier => node.Id == HolderId && InPlaceOfHolder is not null ? InPlaceOfHolder : node.Tier,
            NodePaths.MemoryTier => node.Memory,
            _ => throw new ArgumentException($"No node has {path} here.", nameof(path)),
        };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes.Values)
            await node.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static Member Up(NodeId node, ulong start) =>
        Member.Starting(node, new NodeAddress($"{node.Value}:1"), new(start), MemberMetadata.None) with { State = MemberState.Up };
}

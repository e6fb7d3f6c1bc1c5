using Cascade.Core.Fabric;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Placement;
using Cascade.Tiers.Mpi;
using Cascade.Tiers.Shm;
using Cascade.Tiers.Tests.Fabric;
using Cascade.Tiers.Tests.Shm;

namespace Cascade.Mpi.Tests;

/// <summary>A fabric that reads two ranks with one arena between them, and whose lanes go on when the test says so.</summary>
internal sealed class MpiSandbox : IDisposable
{
    public static readonly NodeId Holder = new(3);
    public static readonly NodeId Other = new(4);

    public MpiSandbox(Func<MpiOptions, MpiOptions>? change = null)
    {
        var arena = Box.Arena;
        var layout = new ArenaLayout(arena.SlotCount, arena.CapacityBytes);
        Ranks = new RanksStandIn(arena.PayloadAddress - (nint)layout.PayloadOffset);
        var options = new MpiOptions
        {
            ClusterName = "test",
            Node = new NodeId(9),
            PieceBytes = 64 << 10,
            SmallBytes = 8192,
            PiecesInFlight = 2,
            Threads = 1,
            OnTrouble = Troubles.Add,
        };
        MpiPeer[] peers = [new(new NodeLife(Holder, default), 0, layout), new(new NodeLife(Other, default), 1, layout)];
        Fabric = new MpiFabric(change is null ? options : change(options), Ranks, peers, Clock);
    }

    public ArenaSandbox Box { get; } = new();

    public ManualClock Clock { get; } = new();

    public RanksStandIn Ranks { get; }

    public List<string> Troubles { get; } = [];

    public MpiFabric Fabric { get; }

    /// <summary>Begins a pull of all bytes.</summary>
    public Task<PullResult> Pull(in CopyLocation copy, TargetMemory target, TimeSpan? timeout = null, bool withDigest = false, BlockId? block = null) =>
        Fabric.PullAsync(target.Want(copy, timeout: timeout, withDigest: withDigest, block: block));

    /// <summary>Has each lane bring its pulls forward once.</summary>
    public void Turn()
    {
        foreach (var lane in Fabric.Lanes)
            lane.Turn();
    }

    /// <summary>Goes on until the pull has ended; fails when that needs more turns than any pull here does.</summary>
    public PullResult End(Task<PullResult> pull)
    {
        for (var turn = 0; turn < 200 && !pull.IsCompleted; turn++)
            Turn();
        Assert.True(pull.IsCompleted, "The pull does not end.");
        return pull.Result;
    }

    /// <summary>Lets so much time go by that late reads are looked at.</summary>
    public void LookAtLate()
    {
        Clock.Advance(TimeSpan.FromSeconds(1));
        Turn();
    }

    public void Dispose()
    {
        foreach (var lane in Fabric.Lanes)
            lane.Dispose();
        Box.Dispose();
    }
}

using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Remote;
using Cascade.Core.Sharding;
using static Cascade.Core.Tests.Remote.LendableStandIn;

namespace Cascade.Core.Tests.Remote;

public sealed class CopyLenderCoreTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly NodeLife Reader = new(new NodeId(2), new(10));

    private readonly LendableStandIn _copies = new();
    private readonly Outbox _outbox = new();
    private CopyLenderCore _lender;

    public CopyLenderCoreTests()
    {
        _copies.Copies[Block(1)] = Copy(1);
        _lender = new CopyLenderCore(Self, _copies, new CopyLenderSettings(), firstLease: 1000);
    }

    [Fact]
    public void Lease_of_a_copy_that_is_there_is_numbered_and_held_until_it_is_released()
    {
        Assert.Equal(new CopyLeased(Block(1), Copy(1), 1000, Second), Ask(Lease(1)));
        Assert.Equal(new CopyLeased(Block(1), Copy(1), 1001, Second), Ask(Lease(1)));
        Assert.Equal(2, _copies.Held.Count);
        Tell(new ReleaseCopy(1000));
        Tell(new ReleaseCopy(1000));
        Assert.Equal((1, 1), (_copies.Held.Count, _lender.LentCount));
    }

    [Fact]
    public void Copy_that_is_elsewhere_or_another_or_gone_is_not_found()
    {
        Assert.Same(NotFound.Instance, Ask(Lease(2)));
        Assert.Same(NotFound.Instance, Ask(Lease(1) with { Copy = Copy(1) with { Generation = 4 } }));
        Assert.Same(NotFound.Instance, Ask(Lease(1) with { Copy = Copy(1, node: 3) }));
        Assert.IsType<Refused>(Ask(Lease(1) with { LeaseFor = TimeSpan.Zero }));
        Assert.Empty(_copies.Held);
    }

    [Fact]
    public void Lease_is_bounded_in_time_and_number()
    {
        var settings = new CopyLenderSettings { LeasesMax = 1, LeaseForMax = 2 * Second };
        _lender = new CopyLenderCore(Self, _copies, settings, 7);
        Assert.Equal(new CopyLeased(Block(1), Copy(1), 7, 2 * Second), Ask(Lease(1) with { LeaseFor = TimeSpan.MaxValue }));
        Assert.IsType<Busy>(Ask(Lease(1)));
        _lender.Tick(2 * Second - TimeSpan.FromTicks(1), _outbox);
        Assert.Single(_copies.Held);
        _lender.Tick(2 * Second, _outbox);
        Assert.Empty(_copies.Held);
        _copies.IsFull = true;
        Assert.IsType<Busy>(Ask(Lease(1), 3 * Second));
    }

    [Fact]
    public void Renewal_extends_a_lease_never_shortens_it_and_finds_no_lease_that_ended()
    {
        Ask(Lease(1));
        Assert.Equal(new CopyLeased(Block(1), Copy(1), 1000, 5 * Second), Ask(new RenewCopy(1000, 5 * Second)));
        Assert.Equal(new CopyLeased(Block(1), Copy(1), 1000, 4 * Second), Ask(new RenewCopy(1000, Second), Second));
        Assert.Same(NotFound.Instance, Ask(new RenewCopy(1000, Second), 5 * Second));
        Assert.Same(NotFound.Instance, Ask(new RenewCopy(999, Second)));
        _copies.Held.Clear();
        Assert.Same(NotFound.Instance, Ask(new RenewCopy(1000, 9 * Second)));
    }

    [Fact]
    public void Leases_of_a_reader_end_when_its_life_leaves_the_cluster_and_of_one_not_known_yet_they_stay()
    {
        Cluster(Node(1, 1), Node(2, 9));
        Ask(Lease(1));
        Cluster(Node(1, 1), Node(2, 9));
        Assert.Single(_copies.Held);
        Cluster(Node(1, 1));
        Assert.Single(_copies.Held);
        Cluster(Node(1, 1), Node(2, 10));
        Assert.Single(_copies.Held);
        Cluster(Node(1, 1), Node(2, 11));
        Assert.Empty(_copies.Held);

        Cluster(Node(1, 1), Node(2, 10));
        Ask(Lease(1));
        Cluster(Node(1, 1));
        Assert.Empty(_copies.Held);
    }

    [Fact]
    public void Cold_copy_is_read_once_for_all_who_wait_and_lent_from_memory()
    {
        _lender = new CopyLenderCore(Self, _copies, new CopyLenderSettings { ReadersPerStagingMax = 2, StagingsMax = 1 }, 1000);
        var lease = Lease(5) with { Copy = Copy(9, TierKind.Cold) };
        Assert.Equal(new StageCopy(Block(5), 3 * Second, TierKind.Cold), Ask(lease));
        Assert.Null(Ask(lease with { Timeout = Second }));
        Assert.IsType<Busy>(Ask(lease));
        Assert.IsType<Busy>(Ask(Lease(6) with { Copy = Copy(9, TierKind.Cold) }));
        _lender.Tick(Second, _outbox);
        Assert.IsType<Busy>(Take());
        _copies.Copies[Block(5)] = Copy(5);
        Assert.Equal(new CopyLeased(Block(5), Copy(5), 1000, Second), Ask(new CopyStaged(Block(5), null)));
        Assert.Null(Ask(new CopyStaged(Block(5), null)));
        Assert.False(_lender.HasWaiting);

        // In memory by now: nothing is read.
        Assert.IsType<CopyLeased>(Ask(lease));
    }

    [Fact]
    public void Copy_in_device_memory_is_brought_into_memory_and_lent_from_there()
    {
        var lease = Lease(5) with { Copy = Copy(9, TierKind.Gpu) };
        Assert.Equal(new StageCopy(Block(5), 3 * Second, TierKind.Gpu), Ask(lease));
        _copies.Copies[Block(5)] = Copy(5);
        Assert.Equal(new CopyLeased(Block(5), Copy(5), 1000, Second), Ask(new CopyStaged(Block(5), null)));
    }

    [Fact]
    public void Cold_copy_that_cannot_be_read_is_answered_as_the_cold_tier_did()
    {
        var lease = Lease(5) with { Copy = Copy(9, TierKind.Cold) };
        Assert.IsType<StageCopy>(Ask(lease));
        Assert.Same(NotFound.Instance, Ask(new CopyStaged(Block(5), NotFound.Instance)));
        Assert.IsType<Busy>(Ask(lease with { Timeout = TimeSpan.Zero }));
        Ask(lease);
        Assert.Equal(new Unavailable("disk"), Ask(new CopyStaged(Block(5), new Unavailable("disk"))));
        Ask(lease);
        Assert.IsType<Busy>(Ask(new CopyStaged(Block(5), null)));
    }

    private static LeaseCopy Lease(int number) => new(Block(number), Copy(number), Reader, Second, 3 * Second);

    private void Cluster(params Member[] members) => Tell(new ClusterState(View(members), ShardMap.Empty));

    private void Tell(object message) => Assert.True(_lender.Handle(TimeSpan.Zero, "sender", message, _outbox));

    private object? Ask(object message, TimeSpan now = default)
    {
        Assert.True(_lender.Handle(now, "sender", message, _outbox));
        return Take();
    }

    private object? Take()
    {
        var message = _outbox.Effects.Count == 0 ? null : Assert.Single(_outbox.Effects).Message;
        _outbox.Clear();
        return message;
    }
}

using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Remote;
using static Cascade.Core.Tests.Remote.LendableStandIn;

namespace Cascade.Core.Tests.Remote;

public sealed class CopyBringerCoreTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TierAddress Memory = new(Self, TierKind.Shm);

    private readonly LendableStandIn _copies = new();
    private readonly Outbox _outbox = new();
    private CopyBringerCore _bringer;

    public CopyBringerCoreTests() => _bringer = new CopyBringerCore(Self, _copies, new CopyBringerSettings { TransfersMax = 2, BytesMax = 10_000, RequestsMax = 3 });

    [Fact]
    public void Requests_for_one_block_share_one_transfer_and_each_gets_its_key()
    {
        Assert.Equal([new Effect(RemotePort.Mover, new BringCopy(Block(1), Source(1), Key(1), Second))], Step("a", Want(1, Key(1))));
        Assert.Empty(Step("b", Want(1, Key(2))));
        Assert.Empty(Step("owner", new Pull(Block(1), Source(1), 77, Second, Key(1))));
        Assert.Equal(
            [
                new Effect("a", new Replicated(Block(1), Copy(1))), new Effect(Memory, new BindAlias(Block(1), Key(2))),
                new Effect("b", new Replicated(Block(1), Copy(1))), new Effect(Destination.Owners, new Release(Block(1), 77)),
            ],
            Step("mover", new CopyBrought(Block(1), BringOutcome.Done, Copy(1))));
        Assert.Equal((0, 0), (_bringer.TransfersUnderWay, _bringer.WaitingRequests));
        Assert.Empty(Step("mover", new CopyBrought(Block(1), BringOutcome.Done, Copy(1))));
    }

    [Fact]
    public void Copy_that_only_an_owner_wanted_is_extra_until_a_writer_counts_on_it()
    {
        Assert.Equal(
            [new Effect(RemotePort.Mover, new BringCopy(Block(1), Source(1), Key(1), Second, IsExtra: true))],
            Step("owner", new Pull(Block(1), Source(1), 77, Second, Key(1))));
        Assert.Empty(Step("a", Want(1, Key(1))));
        Assert.Equal(
            [
                new Effect(Destination.Owners, new Release(Block(1), 77)), new Effect(Memory, new BindAlias(Block(1), Key(1))),
                new Effect("a", new Replicated(Block(1), Copy(1))),
            ],
            Step("mover", new CopyBrought(Block(1), BringOutcome.Done, Copy(1))));
    }

    [Fact]
    public void Who_wants_others_given_up_for_the_block_is_served_after_a_transfer_into_spare_room_found_none()
    {
        var spare = new Replicate(Block(1), Source(1), Key(1), Second, OnlySpareRoom: true);
        Assert.Equal([new Effect(RemotePort.Mover, new BringCopy(Block(1), Source(1), Key(1), Second, OnlySpareRoom: true))], Step("a", spare));
        Assert.Empty(Step("b", Want(1, Key(2))));
        Assert.Equal(
            [new Effect("a", new Busy("full")), new Effect(RemotePort.Mover, new BringCopy(Block(1), Source(1), Key(2), Second))],
            Step("mover", new CopyBrought(Block(1), BringOutcome.Busy, Reason: "full")));
        Assert.Equal((1, 1), (_bringer.TransfersUnderWay, _bringer.WaitingRequests));
        Assert.Equal([new Effect("b", new Busy("full"))], Step("mover", new CopyBrought(Block(1), BringOutcome.Busy, Reason: "full")));
    }

    [Fact]
    public void Block_that_is_here_is_not_brought_again()
    {
        _copies.Copies[Block(1)] = Copy(1);
        Assert.Equal(
            [
                new Effect(Destination.Owners, new AddCopy(Block(1), Copy(1))), new Effect(Memory, new BindAlias(Block(1), Key(1))),
                new Effect("a", new Replicated(Block(1), Copy(1))),
            ],
            Step("a", Want(1, Key(1))));
        Assert.Equal(
            [new Effect(Destination.Owners, new AddCopy(Block(1), Copy(1))), new Effect(Destination.Owners, new Release(Block(1), 5))],
            Step("owner", new Pull(Block(1), Source(1), 5, Second)));
    }

    [Fact]
    public void Transfers_are_bounded_by_number_and_bytes_and_the_rest_waits_in_turn()
    {
        Assert.Single(Step("a", Want(1)));
        Assert.Empty(Step("b", Want(2, length: 9000)));
        Assert.Empty(Step("c", Want(3)));
        Assert.IsType<Busy>(Assert.Single(Step("d", Want(4))).Message);
        Assert.Equal(3, _bringer.WaitingRequests);
        var effects = Step("mover", new CopyBrought(Block(1), BringOutcome.Busy, Reason: "full"));
        Assert.Equal(new Effect("a", new Busy("full")), effects[0]);
        Assert.Equal(Block(2), Assert.IsType<BringCopy>(effects[1].Message).Id);
        Assert.Equal(2, effects.Count);
        Assert.Equal(Block(3), Assert.IsType<BringCopy>(Step("mover", new CopyBrought(Block(2), BringOutcome.Failed, Reason: "x"))[1].Message).Id);
    }

    [Fact]
    public void Block_larger_than_the_bound_goes_alone()
    {
        Assert.Single(Step("a", Want(1, length: 1 << 20)));
        Assert.Empty(Step("b", Want(2)));
        Assert.Equal(2, Step("mover", new CopyBrought(Block(1), BringOutcome.Done, Copy(1))).Count);
        Assert.Equal(1, _bringer.TransfersUnderWay);
    }

    [Fact]
    public void Request_that_waited_until_its_deadline_is_busy_and_takes_no_turn()
    {
        _bringer = new CopyBringerCore(Self, _copies, new CopyBringerSettings { TransfersMax = 1 });
        Step("a", Want(1, timeout: 9 * Second));
        Step("b", Want(2));
        Step("owner", new Pull(Block(2), Source(2), 6, 2 * Second));
        Assert.Equal(3, _bringer.WaitingRequests);
        Assert.IsType<Busy>(Assert.Single(Tick(Second), effect => Equals(effect.To, "b")).Message);
        Assert.Equal([new Effect(Destination.Owners, new Release(Block(2), 6))], Tick(2 * Second));
        Assert.Equal(1, _bringer.WaitingRequests);
        Assert.Single(Tick(9 * Second));
        Assert.Empty(Step("mover", new CopyBrought(Block(1), BringOutcome.Done, Copy(1)), 9 * Second));
        Assert.IsType<Busy>(Assert.Single(Step("c", Want(3, timeout: TimeSpan.Zero), 9 * Second)).Message);
        Assert.Equal((0, 0), (_bringer.TransfersUnderWay, _bringer.WaitingRequests));
    }

    [Fact]
    public void Source_that_is_gone_is_told_to_its_owner()
    {
        Step("a", Want(1));
        Step("owner", new Pull(Block(1), Source(1), 8, Second));
        Assert.Equal(
            [
                new Effect(Destination.Owners, new RemoveCopy(Block(1), Source(1))), new Effect("a", NotFound.Instance),
                new Effect(Destination.Owners, new Release(Block(1), 8)),
            ],
            Step("mover", new CopyBrought(Block(1), BringOutcome.Gone)));
    }

    [Fact]
    public void Copy_out_of_this_nodes_files_is_named_by_the_key_besides()
    {
        Step("a", new Replicate(Block(1), Copy(1, TierKind.Cold), Key(1), Second));
        Assert.Equal(new Effect(Memory, new BindAlias(Block(1), Key(1))), Step("mover", new CopyBrought(Block(1), BringOutcome.Done, Copy(1)))[0]);
    }

    private static CopyLocation Source(int number, long length = 4096) => Copy(number, node: 2, length: length);

    private static Replicate Want(int number, KeyBinding binding = default, long length = 4096, TimeSpan? timeout = null) =>
        new(Block(number), Source(number, length), binding, timeout ?? Second);

    private static KeyBinding Key(int number)
    {
        Span<byte> digest = stackalloc byte[KeyDigest.SizeBytes];
        digest.Fill((byte)number);
        return new KeyBinding(new KeyDigest(digest), default, 0, new HybridTimestamp(1));
    }

    private List<Effect> Step(object sender, object message, TimeSpan now = default)
    {
        Assert.True(_bringer.Handle(now, sender, message, _outbox));
        return Take();
    }

    private List<Effect> Tick(TimeSpan now)
    {
        _bringer.Tick(now, _outbox);
        return Take();
    }

    private List<Effect> Take()
    {
        List<Effect> effects = [.. _outbox.Effects];
        _outbox.Clear();
        return effects;
    }
}

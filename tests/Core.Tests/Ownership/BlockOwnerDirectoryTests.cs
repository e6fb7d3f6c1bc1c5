using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ownership;
using Cascade.Core.Ports;
using static Cascade.Core.Tests.Ownership.OwnerTranscript;

namespace Cascade.Core.Tests.Ownership;

public sealed class BlockOwnerDirectoryTests
{
    private readonly KnownCopies _directory = new([]);
    private readonly Outbox _outbox = new();
    private BlockOwnerCore? _owner;

    [Fact]
    public void Block_without_known_copies_has_moved_while_not_all_is_known()
    {
        _directory.Complete = false;
        IBlockMessage[] questions = [Locate(1, 5), Begin(1, 5), PromoteTo(1, TierKind.Shm), new Protect(Block, Key(1)), new Describe(Block), new Delete(Block)];
        Assert.All(questions, question => Assert.Same(Moved.Instance, Ask(question)));
        _directory.Complete = true;
        Assert.Same(NotFound.Instance, Ask(Locate(1, 5)));
    }

    [Fact]
    public void Last_known_copy_stays_and_no_key_is_forgotten_while_not_all_is_known()
    {
        _directory.Add(Block, Shm(1));
        _directory.Complete = false;
        Assert.Equal(EvictRefusal.Busy, Assert.IsType<EvictRefused>(Ask(new Evict(Block, Shm(1), Discard: true))).Reason);
        Assert.Null(Ask(Remove(Shm(1), key: 1)));
        Assert.Empty(_directory.Copies);
    }

    [Fact]
    public void Copy_that_is_not_counted_stays_until_its_tier_has_reported()
    {
        _directory.Unreported.Add(Shm(2).Address);
        Assert.IsType<EvictRefused>(Ask(new Evict(Block, Shm(2))));
        _directory.Unreported.Clear();
        Assert.Equal(new EvictGranted(Block, Shm(2), WasLast: true, Attempt: 7), Ask(new Evict(Block, Shm(2), Attempt: 7)));
    }

    [Fact]
    public void Copies_that_others_put_in_or_took_out_are_seen_with_the_next_message()
    {
        Assert.Same(NotFound.Instance, Ask(Locate(1, 5)));
        _directory.Add(Block, Shm(2));
        _directory.Version++;
        Assert.Equal(Shm(2), Assert.IsType<Located>(Ask(Locate(1, 5))).Copy);
        _directory.Remove(Block, Shm(2));
        _directory.Version++;
        Assert.Same(NotFound.Instance, Ask(Locate(1, 5)));
    }

    [Fact]
    public void Leases_transfers_and_fills_of_a_node_end_with_it()
    {
        _directory.Add(Block, Shm(1));
        Ask(Locate(2, 60));
        Assert.Equal(EvictRefusal.Leased, Assert.IsType<EvictRefused>(Ask(new Evict(Block, Shm(1)))).Reason);
        Gone(2);
        Assert.IsType<EvictGranted>(Ask(new Evict(Block, Shm(1))));

        Assert.IsType<BeginGranted>(Ask(Begin(3)));
        Assert.Null(Ask(Begin(4, 20)));
        Gone(3);
        Assert.IsType<BeginGranted>(Assert.Single(_outbox.Effects).Message);
    }

    [Fact]
    public void Writers_that_wait_hear_that_the_block_has_moved_when_its_shard_is_handed_off()
    {
        Ask(Begin(3));
        Ask(Begin(4, 20));
        Owner.HandOff(_outbox);
        Assert.Equal([new Effect("sender", Moved.Instance)], _outbox.Effects);
    }

    private BlockOwnerCore Owner => _owner ??= new BlockOwnerCore(Block, new OwnerSettings(), _directory, 1);

    private void Gone(uint node)
    {
        _outbox.Clear();
        Owner.NodeGone(TimeSpan.FromSeconds(1), new NodeId(node), _outbox);
    }

    private object? Ask(IBlockMessage message)
    {
        _outbox.Clear();
        Owner.Handle(TimeSpan.FromSeconds(1), "sender", message, _outbox);
        var reply = _outbox.Effects.Count == 0 ? null : Assert.Single(_outbox.Effects).Message;
        _outbox.Clear();
        return reply;
    }
}

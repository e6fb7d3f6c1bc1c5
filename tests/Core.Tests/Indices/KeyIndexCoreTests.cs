using Cascade.Core.Clocks;
using Cascade.Core.Indices;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using static Cascade.Core.Tests.Indices.Digests;

namespace Cascade.Core.Tests.Indices;

public class KeyIndexCoreTests
{
    private readonly KeyIndexCore _index = new(new KeyIndexSettings
    {
        MaxKeys = 3,
        MaxTombstones = 2,
        TombstoneAge = TimeSpan.FromSeconds(10),
    });

    [Fact]
    public void Key_names_the_block_that_was_bound_last()
    {
        Assert.Equal(new Bound(Key(1), Block(1), true), Ask(Bind(1, 1, stamp: 5)));
        Assert.Equal(new Bound(Key(1), Block(2), true), Ask(Bind(1, 2, stamp: 6)));
        Assert.Equal(new Bound(Key(1), Block(2), false), Ask(Bind(1, 1, stamp: 5)));
        Assert.Equal(new Bound(Key(1), Block(2), true), Ask(Bind(1, 2, stamp: 6)));
        Assert.Equal(new Found(Binding(1, 6), Block(2)), Ask(new Lookup(Key(1))));
        Assert.Same(NotFound.Instance, Ask(new Lookup(Key(2))));
    }

    [Fact]
    public void Equal_stamps_are_decided_by_the_block()
    {
        var (lesser, greater) = Block(1) < Block(2) ? (1, 2) : (2, 1);
        Ask(Bind(1, greater, stamp: 5));
        Assert.Equal(new Bound(Key(1), Block(greater), false), Ask(Bind(1, lesser, stamp: 5)));
    }

    [Fact]
    public void Deleted_key_stays_deleted_for_earlier_bindings()
    {
        Ask(Bind(1, 1, stamp: 5));
        Assert.Equal(new Found(Binding(1, 5), Block(1)), Ask(new Unbind(Key(1), Stamp(7))));
        Assert.Same(NotFound.Instance, Ask(new Unbind(Key(1), Stamp(7))));
        Assert.Equal(new Bound(Key(1), default, false), Ask(Bind(1, 1, stamp: 6)));
        Assert.Same(NotFound.Instance, Ask(new Lookup(Key(1))));
        Assert.Equal(new Bound(Key(1), Block(1), true), Ask(Bind(1, 1, stamp: 8)));
    }

    [Fact]
    public void Deletion_that_comes_first_holds_against_the_earlier_binding()
    {
        Assert.Same(NotFound.Instance, Ask(new Unbind(Key(1), Stamp(7))));
        Assert.Equal(new Bound(Key(1), default, false), Ask(Bind(1, 1, stamp: 6)));
    }

    [Fact]
    public void Late_deletion_leaves_the_later_binding()
    {
        Ask(Bind(1, 1, stamp: 8));
        Assert.Same(NotFound.Instance, Ask(new Unbind(Key(1), Stamp(7))));
        Assert.Equal(new Found(Binding(1, 8), Block(1)), Ask(new Lookup(Key(1))));
    }

    [Fact]
    public void Forget_takes_only_the_binding_it_means()
    {
        Ask(Bind(1, 1, stamp: 5));
        Tell(new Forget(Key(1), Block(2), Stamp(5)));
        Tell(new Forget(Key(1), Block(1), Stamp(4)));
        Assert.Equal(1, _index.Keys);
        Tell(new Forget(Key(1), Block(1), Stamp(5)));
        Tell(new Forget(Key(1), Block(1), Stamp(5)));
        Assert.Equal((0, 0), (_index.Keys, _index.Tombstones));
    }

    [Fact]
    public void Full_shard_refuses_a_further_key_and_takes_it_when_one_went()
    {
        for (var key = 1; key <= 3; key++)
            Ask(Bind(key, key, stamp: 1));
        Assert.IsType<Refused>(Ask(Bind(4, 4, stamp: 1)));
        Assert.IsType<Bound>(Ask(Bind(3, 5, stamp: 2)));
        Ask(new Unbind(Key(1), Stamp(3)));
        Assert.IsType<Bound>(Ask(Bind(4, 4, stamp: 1)));
        Assert.IsType<Refused>(Ask(Bind(1, 1, stamp: 9)));
        Assert.Equal(3, _index.Keys);
    }

    [Fact]
    public void Binding_that_names_nothing_is_refused() =>
        Assert.IsType<Refused>(Ask(new Bind(Binding(1, 1), default)));

    [Fact]
    public void Tombstones_are_bounded_in_number_and_age()
    {
        var outbox = new Outbox();
        for (var key = 1; key <= 3; key++)
            _index.Handle(TimeSpan.FromSeconds(key), this, new Unbind(Key(key), Stamp(5)), outbox);
        Assert.Equal(2, _index.Tombstones);
        Assert.Equal([Key(2), Key(3)], _index.Snapshot().Select(entry => entry.Binding.Key).OrderBy(key => key == Key(3)));
        Assert.Equal(TimeSpan.FromSeconds(12), _index.NextDeadline);
        _index.Tick(TimeSpan.FromSeconds(12), outbox);
        Assert.Equal(1, _index.Tombstones);
        _index.Tick(TimeSpan.FromSeconds(13), outbox);
        Assert.Equal(0, _index.Tombstones);
        Assert.Null(_index.NextDeadline);
    }

    [Fact]
    public void Merge_into_a_full_shard_says_how_many_were_left_out()
    {
        var other = new KeyIndexCore(new KeyIndexSettings());
        var outbox = new Outbox();
        for (var key = 1; key <= 5; key++)
            other.Handle(TimeSpan.Zero, this, Bind(key, key, stamp: 1), outbox);
        Assert.Equal(2, _index.Merge(TimeSpan.Zero, other.Snapshot()));
        Assert.Equal(3, _index.Keys);
    }

    private object Ask(IKeyMessage message)
    {
        var outbox = new Outbox();
        _index.Handle(TimeSpan.Zero, this, message, outbox);
        return Assert.Single(outbox.Effects).Message;
    }

    private void Tell(IKeyMessage message)
    {
        var outbox = new Outbox();
        _index.Handle(TimeSpan.Zero, this, message, outbox);
        Assert.Empty(outbox.Effects);
    }

    private static Bind Bind(int key, int block, ulong stamp) => new(Binding(key, stamp), Block(block));

    private static KeyBinding Binding(int key, ulong stamp) => new(Key(key), default, 0, Stamp(stamp));

    private static HybridTimestamp Stamp(ulong value) => new(value);
}

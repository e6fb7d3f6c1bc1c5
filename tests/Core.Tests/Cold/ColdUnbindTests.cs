using Cascade.Core.Cold;
using Cascade.Core.Messages;
using static Cascade.Core.Tests.Cold.ColdNames;

namespace Cascade.Core.Tests.Cold;

/// <summary>A block goes with its last key, and with no other.</summary>
public sealed class ColdUnbindTests
{
    private static readonly ColdSettings Plain = ColdHarness.Small with { CheckpointEveryBytes = long.MaxValue, GroupDelay = TimeSpan.Zero };

    private readonly ColdHarness _store = new(5, Plain);

    public ColdUnbindTests() => _store.Recover();

    [Fact]
    public void Last_key_takes_the_block_along_durably()
    {
        _store.Outcome(_store.Put(1, 1, 1));
        _store.Outcome(_store.Bind(1, 2, 1));
        _store.Outcome(_store.Unbind(1, 2));
        Assert.True(IsHere(1));
        Assert.Equal(new ColdRemoved(true), _store.Outcome(_store.Unbind(2, 2)));
        Assert.False(IsHere(1));
        _store.Crash();
        _store.Recover();
        Assert.False(IsHere(1));
    }

    [Fact]
    public void Keys_are_counted_across_a_restart_in_whatever_order_their_records_lie()
    {
        _store.Outcome(_store.Put(1, 1, 1));
        _store.Outcome(_store.Bind(1, 2, 1));
        _store.Outcome(_store.Drop(1));
        _store.Outcome(_store.Put(1, 3, 1));
        _store.Crash();
        _store.Recover();
        _store.Outcome(_store.Unbind(3, 2));
        _store.Outcome(_store.Unbind(1, 2));
        Assert.True(IsHere(1));
        _store.Outcome(_store.Unbind(2, 2));
        Assert.False(IsHere(1));
    }

    [Fact]
    public void Key_that_was_bound_elsewhere_or_later_takes_nothing_along()
    {
        _store.Outcome(_store.Put(1, 1, 1));
        _store.Outcome(_store.Put(2, 2, 5));
        _store.Outcome(_store.Bind(2, 1, 3));
        _store.Outcome(_store.Unbind(1, 4));
        Assert.Equal(new ColdRemoved(false), _store.Outcome(_store.Unbind(2, 4)));
        Assert.True(IsHere(1));
        Assert.True(IsHere(2));
    }

    [Fact]
    public void Block_without_a_key_stays_whatever_key_is_deleted()
    {
        _store.Outcome(_store.Put(1, 0, 1));
        _store.Outcome(_store.Put(2, 2, 1));
        _store.Outcome(_store.Unbind(2, 2));
        _store.Outcome(_store.Unbind(3, 2));
        Assert.True(IsHere(1));
    }

    [Fact]
    public void Key_that_is_bound_in_between_keeps_the_block()
    {
        _store.Outcome(_store.Put(1, 1, 1));
        var bind = _store.Bind(1, 2, 1);
        var unbind = _store.Unbind(1, 2);
        Assert.Equal(new ColdStored(true), _store.Outcome(bind));
        Assert.Equal(new ColdRemoved(true), _store.Outcome(unbind));
        Assert.True(IsHere(1));
    }

    [Fact]
    public void Key_whose_deletion_is_lost_keeps_the_block_although_the_last_other_is_deleted()
    {
        var store = new ColdHarness(5, Plain with { RewritesMax = 0 });
        store.Recover();
        store.Outcome(store.Put(1, 1, 1));
        store.Outcome(store.Bind(1, 2, 1));
        var lost = store.Unbind(1, 2);
        var other = store.Unbind(2, 2);
        Assert.False(store.Core.TryDescribe(Id(1), out _));
        Assert.True(store.CompleteFirst("WriteRecord", DeviceStatus.IoError));
        Assert.IsType<Unavailable>(store.Outcome(lost));
        Assert.Equal(new ColdRemoved(true), store.Outcome(other));
        Assert.Equal(Id(1), Assert.IsType<ColdFetched>(store.Outcome(store.Fetch(1))).Id);
        Assert.IsType<NotFound>(store.Outcome(store.Fetch(2)));
        Assert.Equal(2u, store.Listeners.Copies[Id(1)].Generation);
    }

    [Fact]
    public void Deletion_whose_drop_is_lost_is_not_acknowledged()
    {
        var store = new ColdHarness(5, Plain with { RewritesMax = 0 });
        store.Recover();
        store.Outcome(store.Put(1, 1, 1));
        var unbind = store.Unbind(1, 2);
        Assert.True(store.CompleteFirst("WriteRecord", DeviceStatus.IoError));
        Assert.IsType<Unavailable>(store.Outcome(unbind));
        Assert.IsType<ColdFetched>(store.Outcome(store.Fetch(1)));
    }

    private bool IsHere(int block) => _store.Core.TryDescribe(Id(block), out _);
}

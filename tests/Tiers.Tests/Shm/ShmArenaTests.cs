using Cascade.Core.Identity;
using Cascade.Core.Placement;
using static Cascade.Tiers.Tests.Shm.ArenaSandbox;

namespace Cascade.Tiers.Tests.Shm;

public sealed class ShmArenaTests
{
    [Fact]
    public void Block_published_is_leased_by_key_and_by_id()
    {
        using var box = new ArenaSandbox();
        var copy = box.Put(1);
        Assert.Equal(new CopyLocation(new NodeId(3), TierKind.Shm, 0, 2, 0, 5000), copy);
        Assert.True(box.Serves(Key(1), 1));
        Assert.True(box.Readers.TryLease(Id(1), Minute, out var lease));
        AssertIs(lease, 1, 5000);
        Assert.Equal(TierKind.Shm, lease.Tier);
        lease.Dispose();
        Assert.True(box.Readers.Contains(Key(1)));
        Assert.True(box.Readers.TryDescribe(Key(1), out var described, out var id));
        Assert.Equal((copy, Id(1)), (described, id));
        Assert.True(box.Arena.TryFind(Id(1), out var found));
        Assert.Equal(copy, found);
        Assert.False(box.Arena.IsPinned(0));
    }

    [Fact]
    public void Block_is_invisible_until_published()
    {
        using var box = new ArenaSandbox();
        Assert.True(box.Arena.TryReserve(5000, out var reservation));
        Bytes(1, 5000).CopyTo(box.Arena.Fill(reservation, 0, 5000));
        Assert.Equal(1u, reservation.Generation);
        Assert.False(box.Readers.Contains(Key(1)));
        Assert.False(box.Arena.TryFind(Id(1), out _));
        box.Arena.Publish(reservation, Id(1), Binding(1));
        Assert.True(box.Serves(Key(1), 1));
    }

    [Fact]
    public void Reservation_closed_before_is_refused()
    {
        using var box = new ArenaSandbox();
        Assert.True(box.Arena.TryReserve(100, out var cancelled));
        box.Arena.Cancel(cancelled);
        Assert.Throws<InvalidOperationException>(() => box.Arena.Cancel(cancelled));
        Assert.Throws<InvalidOperationException>(() => box.Arena.Publish(cancelled, Id(1), Binding(1)));
        Assert.True(box.Arena.TryReserve(100, out var published));
        box.Arena.Publish(published, Id(1), Binding(1));
        Assert.Throws<InvalidOperationException>(() => box.Arena.Cancel(published));
        Assert.Throws<InvalidOperationException>(() => box.Arena.Fill(published, 0, 1).Clear());
        Assert.False(box.Arena.TryFree(published.Slot, published.Generation));
        Assert.True(box.Arena.TryFree(published.Slot, published.Generation + 1));
    }

    [Fact]
    public void Room_ends_with_bytes_and_with_slots_and_comes_back()
    {
        using var box = new ArenaSandbox(slotCount: 3, capacityBytes: 1 << 20);
        Assert.False(box.Arena.TryReserve((1 << 20) + 1, out _));
        Assert.True(box.Arena.TryReserve(1 << 20, out var whole));
        Assert.False(box.Arena.TryReserve(1, out _));
        Assert.Equal(0, box.Arena.FreeBytes);
        box.Arena.Cancel(whole);
        var copies = new[] { box.Put(1), box.Put(2), box.Put(3) };
        Assert.False(box.Arena.TryReserve(1, out _));
        foreach (var copy in copies)
            Assert.True(box.Arena.TryFree(copy.Slot, copy.Generation));
        Assert.Equal(1 << 20, box.Arena.FreeBytes);
        Assert.True(box.Arena.TryReserve(1 << 20, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => box.Arena.TryReserve(0, out _));
    }

    [Fact]
    public void Free_takes_the_generation_that_was_published_and_only_once()
    {
        using var box = new ArenaSandbox();
        var copy = box.Put(1);
        Assert.False(box.Arena.TryFree(copy.Slot, copy.Generation + 2));
        Assert.False(box.Arena.TryFree(999, copy.Generation));
        Assert.True(box.Arena.TryFree(copy.Slot, copy.Generation));
        Assert.False(box.Arena.TryFree(copy.Slot, copy.Generation));
        Assert.False(box.Readers.Contains(Key(1)));
        Assert.False(box.Readers.TryLease(Id(1), Minute, out _));
        var again = box.Put(1);
        Assert.Equal(copy.Slot, again.Slot);
        Assert.False(box.Arena.TryFree(copy.Slot, copy.Generation));
        Assert.True(box.Serves(Key(1), 1));
    }

    [Fact]
    public void Block_published_twice_is_refused()
    {
        using var box = new ArenaSandbox();
        box.Put(1);
        Assert.True(box.Arena.TryReserve(5000, out var second));
        Assert.Throws<InvalidOperationException>(() => box.Arena.Publish(second, Id(1), Binding(2)));
        Assert.Throws<ArgumentException>(() => box.Arena.Publish(second, default, Binding(2)));
        box.Arena.Cancel(second);
        Assert.False(box.Readers.Contains(Key(2)));
    }

    [Fact]
    public void Alias_leads_to_its_block_until_either_goes()
    {
        using var box = new ArenaSandbox(slotCount: 4);
        var copy = box.Put(1);
        Assert.True(box.Arena.TryBindAlias(Id(1), Binding(10)));
        Assert.True(box.Arena.TryBindAlias(Id(1), Binding(10)));
        Assert.True(box.Arena.TryBindAlias(Id(1), Binding(11)));
        Assert.True(box.Arena.TryBindAlias(Id(1), Binding(12)));
        Assert.False(box.Arena.TryBindAlias(Id(1), Binding(13)));
        Assert.False(box.Arena.TryBindAlias(Id(2), Binding(14)));
        Assert.True(box.Serves(Key(10), 1) && box.Serves(Key(11), 1) && box.Serves(Key(12), 1) && box.Serves(Key(1), 1));
        Assert.False(box.Arena.TryFree(1, 2));
        Assert.Equal([Key(1), Key(12), Key(11), Key(10)], KeysOf(box, copy));
        Assert.True(box.Arena.Unbind(Key(11)));
        Assert.False(box.Arena.Unbind(Key(11)));
        Assert.Equal([Key(1), Key(12), Key(10)], KeysOf(box, copy));
        Assert.False(box.Readers.Contains(Key(11)));
        Assert.True(box.Arena.TryFree(copy.Slot, copy.Generation));
        Assert.False(box.Readers.Contains(Key(10)) || box.Readers.Contains(Key(12)) || box.Readers.Contains(Key(1)));
        for (var seed = 1; seed <= 4; seed++)
            box.Put(seed);
    }

    [Fact]
    public void Own_key_unbound_leaves_the_block_and_its_aliases()
    {
        using var box = new ArenaSandbox();
        var copy = box.Put(1);
        Assert.True(box.Arena.TryBindAlias(Id(1), Binding(10)));
        Assert.True(box.Arena.Unbind(Key(1)));
        Assert.False(box.Arena.Unbind(Key(1)));
        Assert.False(box.Readers.Contains(Key(1)));
        Assert.True(box.Serves(Key(10), 1));
        Assert.True(box.Readers.TryLease(Id(1), Minute, out var lease));
        lease.Dispose();
        Assert.Equal([Key(10)], KeysOf(box, copy));
        Assert.True(box.Arena.TryBindAlias(Id(1), Binding(1, stamp: 2)));
        Assert.True(box.Serves(Key(1), 1));
    }

    [Fact]
    public void Key_moves_to_the_block_that_it_was_bound_to_last()
    {
        using var box = new ArenaSandbox();
        var old = box.Put(1, 5000, Binding(7, stamp: 5));
        box.Put(2, 5000, Binding(7, stamp: 6));
        Assert.True(box.Serves(Key(7), 2));
        Assert.Empty(KeysOf(box, old));
        box.Put(3, 5000, Binding(7, stamp: 4));
        Assert.True(box.Serves(Key(7), 2));
        Assert.False(box.Arena.TryBindAlias(Id(1), Binding(7, stamp: 3)));
        Assert.True(box.Arena.TryBindAlias(Id(1), Binding(7, stamp: 9)));
        Assert.True(box.Serves(Key(7), 1));
        Assert.Equal([Binding(7, stamp: 9)], BindingsOf(box, old));
        Assert.True(box.Arena.TryBindAlias(Id(1), Binding(7, stamp: 10)));
        Assert.Equal([Binding(7, stamp: 10)], BindingsOf(box, old));
    }

    [Fact]
    public void Block_without_a_key_is_found_by_id_alone()
    {
        using var box = new ArenaSandbox();
        box.Put(1, 5000, default(KeyBinding));
        box.Put(2, 5000, default(KeyBinding));
        Assert.False(box.Readers.Contains(default));
        Assert.True(box.Readers.TryLease(Id(2), Minute, out _));
        Assert.Throws<ArgumentException>(() => box.Arena.TryBindAlias(Id(1), default));
    }

    [Fact]
    public void Visit_shows_each_copy_in_slot_order_with_a_key_that_names_it()
    {
        using var box = new ArenaSandbox();
        var (first, second, third) = (box.Put(1), box.Put(2), box.Put(3));
        box.Arena.TryBindAlias(Id(2), Binding(20));
        box.Arena.Unbind(Key(2));
        box.Arena.Unbind(Key(3));
        var seen = new List<(CopyLocation, BlockId, KeyBinding)>();
        box.Arena.Visit((copy, id, binding) => seen.Add((copy, id, binding)));
        Assert.Equal([(first, Id(1), Binding(1)), (second, Id(2), Binding(20)), (third, Id(3), default)], seen);
    }

    [Fact]
    public void Closed_arena_finds_nothing_and_refuses_changes()
    {
        using var box = new ArenaSandbox();
        var copy = box.Put(1);
        box.Arena.Dispose();
        box.Arena.Dispose();
        Assert.False(box.Readers.Contains(Key(1)));
        Assert.False(box.Readers.TryLease(Key(1), Minute, out _));
        Assert.False(box.Readers.Verify(copy));
        Assert.Throws<ObjectDisposedException>(() => box.Arena.TryReserve(1, out _));
    }

    private static IEnumerable<KeyDigest> KeysOf(ArenaSandbox box, CopyLocation copy) => BindingsOf(box, copy).Select(binding => binding.Key);

    private static List<KeyBinding> BindingsOf(ArenaSandbox box, CopyLocation copy)
    {
        var keys = new List<KeyBinding>();
        box.Arena.CollectKeys(copy.Slot, keys);
        return keys;
    }
}

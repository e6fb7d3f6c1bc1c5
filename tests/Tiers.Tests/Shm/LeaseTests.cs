using Cascade.Core.Identity;
using Cascade.Core.Leases;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Tiers.Shm;
using static Cascade.Tiers.Tests.Shm.ArenaSandbox;

namespace Cascade.Tiers.Tests.Shm;

public sealed class LeaseTests
{
    [Fact]
    public void Lease_holds_its_copy_in_place_until_the_last_one_ends()
    {
        using var box = new ArenaSandbox();
        var copy = box.Put(1);
        Assert.True(box.Readers.TryLease(Key(1), Minute, out var first));
        Assert.True(box.Readers.TryLease(Id(1), Minute, out var second));
        Assert.NotEqual(first, second);
        Assert.True(box.Arena.IsPinned(copy.Slot));
        Assert.False(box.Arena.TryFree(copy.Slot, copy.Generation));
        first.Dispose();
        Assert.False(first.IsHeld);
        Assert.False(box.Arena.TryFree(copy.Slot, copy.Generation));
        second.Dispose();
        Assert.True(box.Arena.TryFree(copy.Slot, copy.Generation));
    }

    [Fact]
    public void Lease_disposed_twice_ends_once()
    {
        using var box = new ArenaSandbox(maxLeases: 1);
        var copy = box.Put(1);
        Assert.True(box.Readers.TryLease(Key(1), Minute, out var stale));
        var same = stale;
        stale.Dispose();
        same.Dispose();
        Assert.True(box.Readers.TryLease(Key(1), Minute, out var lease));
        stale.Dispose();
        Assert.False(stale.TryRenew(Minute));
        Assert.False(stale.IsHeld);
        Assert.True(lease.IsHeld);
        Assert.False(box.Arena.TryFree(copy.Slot, copy.Generation));
        Assert.Equal(1, box.Readers.HeldLeases);
        default(BlockLease).Dispose();
    }

    [Fact]
    public void Lease_not_released_ends_at_its_deadline()
    {
        using var box = new ArenaSandbox();
        var copy = box.Put(1);
        Assert.True(box.Readers.TryLease(Key(1), Minute, out var lease));
        box.Time.Advance(Minute - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, box.Arena.ExpireLeases(box.Arena.Now));
        Assert.True(lease.TryRenew(Minute));
        box.Time.Advance(Minute - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, box.Arena.ExpireLeases(box.Arena.Now));
        Assert.False(box.Arena.TryFree(copy.Slot, copy.Generation));
        box.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, box.Arena.ExpireLeases(box.Arena.Now));
        Assert.False(lease.IsHeld);
        Assert.False(lease.TryRenew(Minute));
        Assert.True(box.Arena.TryFree(copy.Slot, copy.Generation));
        lease.Dispose();
    }

    [Fact]
    public void Lease_deadline_compares_across_the_wrap_of_its_counter()
    {
        using var box = new ArenaSandbox();
        box.Put(1);
        box.Time.Advance(TimeSpan.FromMilliseconds(uint.MaxValue) - TimeSpan.FromHours(1) - TimeSpan.FromSeconds(1));
        Assert.True(box.Readers.TryLease(Key(1), Minute, out _));
        Assert.Equal(0, box.Arena.ExpireLeases(box.Arena.Now));
        box.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(0, box.Arena.ExpireLeases(box.Arena.Now));
        box.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(1, box.Arena.ExpireLeases(box.Arena.Now));
    }

    [Fact]
    public void Leases_beyond_the_table_are_refused_and_pin_nothing()
    {
        using var box = new ArenaSandbox(maxLeases: 3);
        var copy = box.Put(1);
        var leases = new BlockLease[3];
        foreach (ref var lease in leases.AsSpan())
            Assert.Equal(LeaseOutcome.Leased, box.Readers.Lease(Key(1), Minute, out lease));
        Assert.Equal(LeaseOutcome.TooManyLeases, box.Readers.Lease(Key(1), Minute, out _));
        Assert.Equal(LeaseOutcome.TooManyLeases, box.Readers.Lease(Id(1), Minute, out _));
        Assert.Equal(LeaseOutcome.Missing, box.Readers.Lease(Key(2), Minute, out _));
        Assert.True(box.Readers.Contains(Key(1)));
        foreach (var lease in leases)
            lease.Dispose();
        Assert.True(box.Arena.TryFree(copy.Slot, copy.Generation));
    }

    [Fact]
    public void Lease_duration_outside_its_range_is_refused()
    {
        using var box = new ArenaSandbox();
        box.Put(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => box.Readers.TryLease(Key(1), TimeSpan.Zero, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => box.Readers.TryLease(Id(1), TimeSpan.FromDays(8), out _));
        Assert.True(box.Readers.TryLease(Key(1), TimeSpan.FromDays(7), out var lease));
        Assert.Throws<ArgumentOutOfRangeException>(() => lease.TryRenew(-Minute));
    }

    [Fact]
    public void Lease_of_a_closed_arena_has_ended_and_its_bytes_can_still_be_read()
    {
        using var box = new ArenaSandbox();
        box.Put(1);
        Assert.True(box.Readers.TryLease(Key(1), Minute, out var lease));
        box.Arena.Dispose();
        Assert.False(lease.IsHeld);
        AssertIs(lease, 1, 5000);
        lease.Dispose();
    }

    [Fact]
    public void Lease_tells_the_policy_and_the_access_log()
    {
        var policy = new TouchLog();
        var accesses = new List<ulong>();
        using var box = new ArenaSandbox(open: false) { Hooks = new ShmArenaHooks { Policy = policy, OnAccess = accesses.Add } };
        box.Open();
        box.Put(1);
        var copy = box.Put(2);
        Assert.True(box.Readers.TryLease(Key(2), Minute, out _));
        Assert.False(box.Readers.TryLease(Key(9), Minute, out _));
        Assert.Equal([copy.Slot], policy.Touched);
        Assert.Equal([Id(2).Prefix64], accesses);
    }

    [Fact]
    public void Leasing_allocates_nothing()
    {
        using var box = new ArenaSandbox(open: false) { Hooks = new ShmArenaHooks { OnAccess = static _ => { } } };
        box.Open();
        box.Put(1);
        box.Arena.TryBindAlias(Id(1), Binding(10));
        var (key, alias, id, missing) = (Key(1), Key(10), Id(1), Key(2));

        // The runtime may charge the thread for recompiling what has become hot; what leasing itself allocated would show in every round.
        var allocatedBytesMin = long.MaxValue;
        for (var round = 0; round < 10; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            LeaseInEveryWay(box.Readers, key, alias, id, missing);
            allocatedBytesMin = Math.Min(allocatedBytesMin, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, allocatedBytesMin);
    }

    private static void LeaseInEveryWay(ShmDirectory readers, KeyDigest key, KeyDigest alias, BlockId id, KeyDigest missing)
    {
        for (var time = 0; time < 1000; time++)
        {
            readers.TryLease(key, Minute, out var byKey);
            readers.TryLease(alias, Minute, out var byAlias);
            readers.TryLease(id, Minute, out var byId);
            readers.TryLease(missing, Minute, out var none);
            byKey.TryRenew(Minute);
            byKey.Dispose();
            byAlias.Dispose();
            byId.Dispose();
            none.Dispose();
            readers.Contains(alias);
        }
    }

    private sealed class TouchLog : IEvictionPolicy
    {
        public List<uint> Touched { get; } = [];

        public void Touch(uint slot) => Touched.Add(slot);

        public void Admit(uint slot, in KeyBinding binding, long lengthBytes) => throw new NotSupportedException();

        public void Remove(uint slot, bool evicted) => throw new NotSupportedException();

        public bool TryPickVictim(Func<uint, bool> mayEvict, out uint slot) => throw new NotSupportedException();

        public int FrequencyOf(uint slot) => throw new NotSupportedException();
    }
}

using Cascade.Core.Cold;
using Cascade.Core.Eviction;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Tiering;
using static Cascade.Core.Tests.Tiering.TierFixture;

namespace Cascade.Core.Tests.Tiering;

/// <summary>In which order a policy hears of blocks, and of reads that bring them.</summary>
public sealed class AdmissionOrderTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Blocks_that_come_before_their_parents_are_told_after_them()
    {
        var policy = new Listener();
        using var tier = new TierFixture(granules: 8, policy: policy);
        tier.Put(3, KeyBehind(3, 2));
        tier.Put(2, KeyBehind(2, 1));
        Assert.Empty(policy.Admitted);
        tier.Put(1);
        Assert.Equal([Key(1).Key, Key(2).Key, Key(3).Key], policy.Admitted.Select(b => b.Key));
        tier.Put(4, KeyBehind(4, 3));
        Assert.Equal(Key(4).Key, policy.Admitted[^1].Key);
    }

    [Fact]
    public void Block_whose_parent_does_not_come_is_told_a_second_later()
    {
        var policy = new Listener();
        using var tier = new TierFixture(granules: 8, policy: policy);
        tier.Put(2, KeyBehind(2, 1));
        tier.Put(3, KeyBehind(3, 2));
        tier.Now += TimeSpan.FromMilliseconds(999);
        tier.Tick();
        Assert.Empty(policy.Admitted);
        tier.Now += TimeSpan.FromMilliseconds(1);
        tier.Tick();
        Assert.Equal([Key(2).Key, Key(3).Key], policy.Admitted.Select(b => b.Key));
    }

    [Fact]
    public void Sixty_four_blocks_wait_for_their_parents_and_one_more_has_the_first_told()
    {
        var policy = new Listener();
        using var tier = new TierFixture(granules: 128, slots: 128, policy: policy);
        for (var n = 1; n <= 64; n++)
            tier.Put(n, KeyBehind(n, n + 1000));
        Assert.Empty(policy.Admitted);
        tier.Put(65, KeyBehind(65, 1065));
        Assert.Equal([Key(1).Key], policy.Admitted.Select(b => b.Key));
    }

    [Fact]
    public void Block_that_waits_for_its_parent_goes_where_nothing_else_may()
    {
        using var tier = new TierFixture(granules: 1, policy: new Listener());
        tier.Put(2, KeyBehind(2, 1));
        Assert.Equal(Id(2), Assert.IsType<Evict>(Assert.Single(tier.Step(new Reserve(1, Minute))).Message).Id);
    }

    [Fact]
    public void Block_that_goes_while_it_waits_is_not_told_at_all()
    {
        var policy = new Listener();
        using var tier = new TierFixture(granules: 4, policy: policy);
        var copy = tier.Put(2, KeyBehind(2, 1));
        tier.Step(new Drop(Id(2), copy));
        tier.Put(1);
        Assert.Equal([Key(1).Key], policy.Admitted.Select(b => b.Key));
        Assert.Empty(policy.Removed);
    }

    [Fact]
    public void Block_whose_parent_has_just_been_given_up_does_not_wait()
    {
        var policy = new Listener();
        using var tier = new TierFixture(granules: 1, policy: policy);
        var copy = tier.Put(1);
        tier.Step(new Reserve(Granule, Minute), "writer");
        var reserved = tier.Step(new EvictGranted(Id(1), copy, WasLast: true)).Select(e => e.Message).OfType<Reserved>().Single();
        tier.Step(new Publish(reserved.Reservation, Id(2), KeyBehind(2, 1)));
        Assert.Equal([Key(1).Key, Key(2).Key], policy.Admitted.Select(b => b.Key));
    }

    [Fact]
    public void What_was_here_before_is_told_parents_first()
    {
        using var arena = new ArenaStandIn(8 * Granule, 8);
        foreach (var (n, key) in new[] { (3, KeyBehind(3, 2, depth: 2)), (1, Key(1)), (2, KeyBehind(2, 1)) })
        {
            Assert.True(arena.TryReserve(Granule, out var room));
            arena.Publish(room, Id(n), key);
        }

        var policy = new Listener();
        using var tier = new TierFixture(granules: 1);
        _ = new MemoryTierCore(new TierAddress(new NodeId(1), TierKind.Shm), arena, policy, tier, MemoryTierSettings.Default);
        Assert.Equal([Key(1).Key, Key(2).Key, Key(3).Key], policy.Admitted.Select(b => b.Key));
    }

    [Fact]
    public void Read_that_brings_a_block_from_the_cold_tier_counts_once()
    {
        var policy = new Listener();
        var reads = new ArrivingReads(policy, 64);
        using var tier = new TierFixture(granules: 4, settings: WithCold, policy: reads);
        var given = tier.Step(new RoomNeeded(7, Id(1), Granule), "cold").Select(e => e.Message).OfType<RoomGiven>().Single();
        tier.Step(new RoomFilled(7, Id(1), given.Memory, Key(1)), "cold");
        Assert.True(tier.Arena.TryFind(Id(1), out var copy));
        reads.Touch(copy.Slot);
        Assert.Empty(policy.Touched);
        reads.Touch(copy.Slot);
        Assert.Equal([copy.Slot], policy.Touched);
    }

    [Fact]
    public void Read_of_a_block_that_was_put_counts_also_in_the_slot_of_one_that_was_never_read()
    {
        var policy = new Listener();
        var reads = new ArrivingReads(policy, 4);
        reads.Await(3);
        reads.Admit(3, Key(1), Granule);
        reads.Remove(3, evicted: true);
        reads.Admit(3, Key(2), Granule);
        reads.Touch(3);
        Assert.Equal([3u], policy.Touched);
    }

    [Fact]
    public void Reads_are_taken_in_at_every_tick_also_where_nothing_comes_or_goes()
    {
        var policy = new Listener();
        using var tier = new TierFixture(granules: 4, policy: new ArrivingReads(policy, 64));
        tier.Tick();
        tier.Tick();
        Assert.Equal(2, policy.Settled);
    }

    private sealed class Listener : IEvictionPolicy, ISettledPolicy
    {
        private readonly OldestFirst _order = new();

        public List<KeyBinding> Admitted { get; } = [];

        public List<uint> Touched { get; } = [];

        public List<(uint Slot, bool Evicted)> Removed => _order.Removed;

        public void Admit(uint slot, in KeyBinding binding, long lengthBytes)
        {
            Admitted.Add(binding);
            _order.Admit(slot, binding, lengthBytes);
        }

        public void Touch(uint slot) => Touched.Add(slot);

        public void Remove(uint slot, bool evicted) => _order.Remove(slot, evicted);

        public bool TryPickVictim(Func<uint, bool> mayEvict, out uint slot) => _order.TryPickVictim(mayEvict, out slot);

        public int FrequencyOf(uint slot) => 0;

        public int Settled { get; private set; }

        public void Settle() => Settled++;
    }
}

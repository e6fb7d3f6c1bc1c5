using Cascade.Core.Eviction;
using Cascade.Core.Eviction.Trials;
using Cascade.Core.Ports;

namespace Cascade.Core.Tests.Eviction;

public class HazardLearningTests
{
    [Fact]
    public void Loop_longer_than_the_cache_keeps_part_of_it()
    {
        var builder = new AccessTrace.Builder();
        for (var access = 0; access < 200_000; access++)
            builder.Add([(ulong)(access % 4_000)]);
        var trace = builder.Build();

        Assert.Equal(0, HitRatio(new LruPolicy(2_001), trace, 2_000));

        // Half would be the most.
        Assert.InRange(HitRatio(new HazardPolicy(2_001), trace, 2_000), 0.4, 0.5);
    }

    [Fact]
    public void Loop_is_held_in_part_from_its_second_round_on()
    {
        for (var seed = 0; seed < 5; seed++)
        {
            var random = new Random(seed);
            var builder = new AccessTrace.Builder();
            for (var access = 0; access < 12_000; access++)
                builder.Add([(ulong)(random.Next(10) > 0 ? access % 6_000 : 10_000 + access)]);
            var ratio = HitRatio(new HazardPolicy(3_001), builder.Build(), 3_000);

            // As long as nothing was asked for twice, what entered first is held: a quarter of two rounds is the most.
            Assert.True(ratio is > 0.16 and < 0.25, $"seed {seed}: {ratio}");
        }
    }

    [Fact]
    public void Blocks_that_pass_by_once_do_not_displace_those_that_come_back()
    {
        var random = new Random(1);
        var builder = new AccessTrace.Builder();
        for (var access = 0; access < 60_000; access++)
            builder.Add([(ulong)(access % 2 == 0 ? random.Next(80) : 1_000 + access)]);
        var trace = builder.Build();

        // 80 blocks take half of all accesses and would fit.
        Assert.InRange(HitRatio(new HazardPolicy(101), trace, 100), 0.45, 0.5);
        Assert.True(HitRatio(new LruPolicy(101), trace, 100) < 0.3);
    }

    [Fact]
    public void Chance_of_reuse_follows_what_was_seen()
    {
        var policy = new HazardPolicy(1_001);
        var random = new Random(3);
        uint free = 500;
        for (var round = 0; round < 100_000; round++)
        {
            var slot = (uint)random.Next(100);
            if (round < 100)
                policy.Admit((uint)round, PolicyHarness.Binding(round + 1, 0), 1);
            else if (round % 2 == 0)
                policy.Touch(slot);
            else
                free = ReplaceOne(policy, free, round);
        }
        policy.Settle();

        Assert.InRange(policy.ChanceOfReuse(7), 0.9, 1);
        Assert.InRange(policy.ChanceOfReuse(free), 0, 0.3);
        Assert.InRange(policy.ChanceOfReuse(900), 0, 0);
    }

    [Fact]
    public void What_would_not_be_kept_is_what_goes_at_once()
    {
        int refused = 0, wrong = 0;
        for (var seed = 0; seed < 20; seed++)
        {
            var trace = TrialTests.RandomTrees(seed, requests: 2_000);
            var asked = new Questions(new HazardPolicy(21));
            using var cache = new PolicyCache(asked, 20, trace.DistinctBlocks);
            TrialResult.Of(cache, trace);
            refused += asked.Refused;
            wrong += asked.Wrong;
        }

        // What is learned with the very access may change its worth.
        Assert.True(refused > 1_000 && wrong * 100 <= refused, $"{wrong} of {refused} that would not be kept were");
    }

    [Fact]
    public void Child_is_never_held_without_its_parent()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var trace = TrialTests.RandomTrees(seed, requests: 1_000);
            using var cache = new PolicyCache(new HazardPolicy(31), 30, trace.DistinctBlocks);
            var parents = ParentsOf(trace);
            TrialResult.Of(cache, trace, _ =>
            {
                for (var block = 0; block < trace.DistinctBlocks; block++)
                    Assert.True(!cache.Holds(block) || parents[block] < 0 || cache.Holds(parents[block]), $"seed {seed}: {block} without {parents[block]}");
            });
        }
    }

    [Fact]
    public void Tables_take_less_than_64_bytes_a_slot_and_a_mebibyte_and_accesses_allocate_nothing()
    {
        const int slots = 200_000;
        GC.KeepAlive(new HazardPolicy(10));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var policy = new HazardPolicy(slots);
        var laidOut = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(laidOut, 0, (64L * slots) + (1 << 20));
        var bindings = Enumerable.Range(1, 2_000).Select(static block => PolicyHarness.Binding(block, block % 10 == 0 ? 0 : block - 1)).ToArray();
        Use(policy, bindings);
        before = GC.GetAllocatedBytesForCurrentThread();
        Use(policy, bindings);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Use(HazardPolicy policy, Placement.KeyBinding[] bindings)
    {
        for (uint slot = 0; slot < bindings.Length; slot++)
            policy.Admit(slot, bindings[slot], 1);
        for (uint slot = 0; slot < bindings.Length; slot++)
            policy.Touch(slot);
        while (policy.TryPickVictim(static _ => true, out var victim))
            policy.Remove(victim, evicted: true);
    }

    private static uint ReplaceOne(HazardPolicy policy, uint slot, int block)
    {
        policy.Remove(slot, evicted: true);
        policy.Admit(slot, PolicyHarness.Binding(block + 1_000, 0), 1);
        return slot;
    }

    private static double HitRatio(IEvictionPolicy policy, AccessTrace trace, int capacity)
    {
        using var cache = new PolicyCache(policy, capacity, trace.DistinctBlocks);
        return TrialResult.Of(cache, trace).BlockHitRatio;
    }

    private static int[] ParentsOf(AccessTrace trace)
    {
        var parents = new int[trace.DistinctBlocks];
        for (var request = 0; request < trace.Requests; request++)
        {
            var parent = -1;
            foreach (var block in trace.Request(request))
            {
                parents[block] = parent;
                parent = block;
            }
        }
        return parents;
    }

    /// <summary>Asks whether a block would be kept before it enters, and compares with what the policy picks then.</summary>
    private sealed class Questions(HazardPolicy policy) : IEvictionPolicy
    {
        private uint _last;
        private bool _wouldKeep;

        public int Refused { get; private set; }

        public int Wrong { get; private set; }

        public void Admit(uint slot, in Placement.KeyBinding binding, long lengthBytes)
        {
            _last = slot;
            _wouldKeep = policy.WouldKeep(binding, lengthBytes);
            policy.Admit(slot, binding, lengthBytes);
        }

        public void Touch(uint slot) => policy.Touch(slot);

        public void Remove(uint slot, bool evicted) => policy.Remove(slot, evicted);

        public bool TryPickVictim(Func<uint, bool> mayEvict, out uint slot)
        {
            var isPicked = policy.TryPickVictim(mayEvict, out slot);
            if (!_wouldKeep)
            {
                Refused++;
                Wrong += slot == _last ? 0 : 1;
            }
            return isPicked;
        }

        public int FrequencyOf(uint slot) => policy.FrequencyOf(slot);
    }
}

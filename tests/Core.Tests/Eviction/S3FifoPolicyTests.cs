using Cascade.Core.Eviction;

namespace Cascade.Core.Tests.Eviction;

public class S3FifoPolicyTests
{
    [Fact]
    public void Blocks_never_read_leave_in_the_order_they_came()
    {
        using var cache = new PolicyHarness(10);
        for (var block = 1; block <= 10; block++)
            cache.Access(block);

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], Enumerable.Range(0, 10).Select(_ => cache.EvictOne()));
        Assert.False(cache.Policy.TryPickVictim(_ => true, out _));
    }

    [Fact]
    public void Read_block_outlives_those_never_read()
    {
        using var cache = new PolicyHarness(10);
        for (var block = 1; block <= 10; block++)
            cache.Access(block);
        cache.Access(1);

        Assert.Equal([2, 3, 4, 5, 6, 7, 8], Enumerable.Range(0, 7).Select(_ => cache.EvictOne()));
        // The small queue is below its three blocks now, so the main queue gives the read one up before the last two.
        Assert.Equal([1, 9, 10], Enumerable.Range(0, 3).Select(_ => cache.EvictOne()));
    }

    [Fact]
    public void Ghost_that_returns_enters_the_main_queue()
    {
        using var cache = new PolicyHarness(10);
        for (var block = 1; block <= 11; block++)
            cache.Access(block);
        Assert.False(cache.Holds(1));
        cache.Access(1);

        // Block 2 made room for it; the small queue goes down to its share before block 1 is looked at.
        Assert.Equal([3, 4, 5, 6, 7, 8, 9, 1], Enumerable.Range(0, 8).Select(_ => cache.EvictOne()));
    }

    [Fact]
    public void Deleted_block_leaves_no_ghost()
    {
        using var cache = new PolicyHarness(10);
        for (var block = 1; block <= 10; block++)
            cache.Access(block);
        cache.Remove(1);
        cache.Access(1);

        Assert.Equal([2, 3, 4, 5, 6, 7, 8, 9, 10, 1], Enumerable.Range(0, 10).Select(_ => cache.EvictOne()));
    }

    [Fact]
    public void Chain_leaves_from_its_leaf_to_its_root()
    {
        using var cache = new PolicyHarness(10);
        for (var block = 1; block <= 5; block++)
            cache.Access(block, parent: block - 1);
        for (var block = 6; block <= 10; block++)
            cache.Access(block);

        Assert.Equal([5, 4, 3, 2, 1, 6], Enumerable.Range(0, 6).Select(_ => cache.EvictOne()));
    }

    [Fact]
    public void Child_that_came_before_its_parent_is_linked_when_the_parent_comes()
    {
        using var cache = new PolicyHarness(10);
        cache.Access(1);
        cache.Access(3, parent: 2);
        cache.Access(4, parent: 2);
        cache.Access(2, parent: 1);

        Assert.Equal([3, 4, 2, 1], Enumerable.Range(0, 4).Select(_ => cache.EvictOne()));
    }

    [Fact]
    public void Parent_that_was_lost_and_came_back_is_a_parent_again()
    {
        using var cache = new PolicyHarness(10);
        cache.Access(1);
        cache.Access(2, parent: 1);
        cache.Access(3, parent: 1);
        cache.Remove(1);
        cache.Access(1);
        cache.Remove(3);

        Assert.Equal([2, 1], Enumerable.Range(0, 2).Select(_ => cache.EvictOne()));
    }

    [Fact]
    public void Circle_of_parents_can_still_be_evicted()
    {
        using var cache = new PolicyHarness(10);
        cache.Access(1, parent: 3);
        cache.Access(2, parent: 1);
        cache.Access(3, parent: 2);
        cache.Access(4, parent: 4);

        Assert.Equal([1, 2, 3, 4], Enumerable.Range(0, 4).Select(_ => cache.EvictOne()).Order());
    }

    [Fact]
    public void Block_that_must_stay_is_passed_over_and_its_ancestors_with_it()
    {
        using var cache = new PolicyHarness(10);
        cache.Access(1);
        cache.Access(2, parent: 1);
        cache.Access(3);

        Assert.Equal(3, cache.EvictOne(block => block != 2));
        Assert.False(cache.Policy.TryPickVictim(slot => slot != 1, out _));
        Assert.Equal(2, cache.EvictOne());
    }

    [Fact]
    public void Hot_set_survives_a_scan_that_would_flush_a_fifo()
    {
        const int Capacity = 1000, Hot = 300;
        using var cache = new PolicyHarness(Capacity);
        int hits = 0, reads = 0, next = Hot + 1;
        for (var round = 0; round < 40; round++)
        {
            for (var block = 1; block <= Hot; block++)
            {
                reads++;
                hits += cache.Access(block) ? 1 : 0;
                // Four blocks that are never read again for each read: a FIFO, or LRU, of 1,000 has lost the hot block by its
                // next turn.
                for (var scan = 0; scan < 4; scan++)
                    cache.Access(next++);
            }
        }

        // The first round misses all; from then on ghosts bring the hot set into the main queue, where the scan does not reach.
        Assert.InRange((double)hits / reads, 0.9, 1);
    }

    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(2, 0.5)]
    public void Zipf_stream_is_hit_better_than_by_lru(int seed, double atLeast)
    {
        const int Capacity = 500, Blocks = 10_000, Reads = 100_000;
        using var cache = new PolicyHarness(Capacity);
        var lru = new LruStandIn(Capacity);
        var zipf = new ZipfStream(Blocks, exponent: 0.9, seed);
        int hits = 0, lruHits = 0;
        for (var i = 0; i < Reads; i++)
        {
            var block = zipf.Next();
            hits += cache.Access(block) ? 1 : 0;
            lruHits += lru.Access(block) ? 1 : 0;
        }

        Assert.InRange((double)hits / Reads, atLeast, 0.65);
        Assert.True(hits > lruHits * 1.05, $"seed {seed}: {hits} hits against {lruHits} of LRU");
    }

    [Fact]
    public void Nothing_is_allocated_after_construction()
    {
        using var policy = new S3FifoPolicy(64, 64);
        Func<uint, bool> any = _ => true;
        var bindings = Enumerable.Range(1, 500)
            .Select(block => PolicyHarness.Binding(block, block % 7 == 0 ? 0 : block - 1)).ToArray();
        var allocated = 0L;
        for (var round = 0; round < 2; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < bindings.Length; i++)
            {
                var slot = (uint)(i % 64);
                if (policy.Count == 64)
                {
                    policy.TryPickVictim(any, out slot);
                    policy.Remove(slot, evicted: true);
                }
                policy.Admit(slot, bindings[i], 1);
                policy.Touch(slot);
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            for (var slot = 0u; slot < 64; slot++)
                policy.Remove(slot, evicted: false);
        }

        Assert.Equal(0, allocated);
        Assert.Equal(0, policy.Count);
    }

    [Fact]
    public void Slot_admitted_twice_is_a_fault()
    {
        using var policy = new S3FifoPolicy(4, 4);
        policy.Admit(1, PolicyHarness.Binding(1, 0), 1);
        Assert.Throws<InvalidOperationException>(() => policy.Admit(1, PolicyHarness.Binding(2, 0), 1));
    }

    [Fact]
    public void Frequency_tells_reads_of_late_and_that_a_block_earned_its_place()
    {
        using var policy = new S3FifoPolicy(slotCount: 10, capacityBytes: 10);
        policy.Admit(0, PolicyHarness.Binding(1, parent: 0), 1);
        Assert.Equal(0, policy.FrequencyOf(0));
        policy.Touch(0);
        Assert.Equal(1, policy.FrequencyOf(0));

        // The read takes it to the main queue, where its reads are counted anew.
        policy.Admit(1, PolicyHarness.Binding(2, parent: 0), 4);
        Assert.True(policy.TryPickVictim(_ => true, out var victim));
        Assert.Equal((1u, 1, 0), (victim, policy.FrequencyOf(0), policy.FrequencyOf(1)));
        policy.Touch(0);
        policy.Touch(0);
        Assert.Equal(2, policy.FrequencyOf(0));
        policy.Remove(0, evicted: true);
        Assert.Equal(0, policy.FrequencyOf(0));
    }
}

using Cascade.Core.Eviction;
using Cascade.Core.Eviction.Trials;

namespace Cascade.Core.Tests.Eviction;

public class TrialTests
{
    private static readonly string[] Names = ["lru", "s3fifo", "s3fifo as published", "wtinylfu", "hazard"];

    [Fact]
    public void Least_recently_used_block_goes_first()
    {
        // 1 is read again, so that 2 goes for 3, and 1 for 2.
        var trace = Blocks(1, 2, 1, 3, 2, 1);

        Assert.Equal("..+...", Run("lru", trace, 2));
    }

    [Fact]
    public void Loop_that_is_one_longer_than_the_cache_never_hits_under_lru_and_always_misses_one_under_the_optimum()
    {
        var trace = Blocks(1, 2, 3, 1, 2, 3, 1, 2, 3);

        Assert.Equal(".........", Run("lru", trace, 2));

        // 1 and 2 are kept, and 3 is left out each time.
        Assert.Equal("...++.++.", Run("optimum", trace, 2));
    }

    [Fact]
    public void Hazards_are_learned_from_blocks_however_many_slots_there_are()
    {
        const int Capacity = 3_000;
        var stream = new ZipfStream(20_000, exponent: 0.8, seed: 1);
        var trace = Blocks([.. Enumerable.Range(0, 60_000).Select(_ => stream.Next())]);
        using var few = new PolicyCache(new HazardPolicy(Capacity + 1), Capacity, trace.DistinctBlocks);
        using var many = new PolicyCache(new HazardPolicy(64 * Capacity), Capacity, trace.DistinctBlocks);
        var hits = TrialResult.Of(few, trace);
        Assert.Equal(hits, TrialResult.Of(many, trace));
        Assert.InRange(hits.BlockHitRatio, 0.3, 0.9);
    }

    [Fact]
    public void Optimum_leaves_out_a_block_that_comes_back_later_than_what_it_would_displace()
    {
        var trace = Blocks(1, 2, 3, 4, 5, 1, 2, 3);

        Assert.Equal(".....++.", Run("optimum", trace, 2));
    }

    [Fact]
    public void Optimum_holds_only_what_comes_back()
    {
        var trace = Blocks(1, 2, 3, 1);
        using var cache = new OptimalCache(trace, 3);

        TrialResult.Of(cache, trace);

        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void Block_read_once_in_passing_does_not_displace_one_read_often_under_tinylfu()
    {
        // A window of one; 1 and 2 are read three times, and what passes by once each.
        var trace = Blocks(1, 2, 1, 2, 1, 2, 10, 11, 12, 13, 1, 2);

        Assert.Equal("..++++....++", Run("wtinylfu", trace, 3));
        Assert.Equal("..++++......", Run("lru", trace, 3));
    }

    [Fact]
    public void Newcomer_displaces_what_is_read_less_often_under_tinylfu()
    {
        // 5 comes back until it is read more often than 1, which is read once.
        var trace = Blocks(1, 2, 5, 6, 5, 6, 5);

        Assert.EndsWith("+", Run("wtinylfu", trace, 2), StringComparison.Ordinal);
    }

    [Fact]
    public void Block_that_was_given_up_unread_and_returns_stays_longer_under_s3fifo()
    {
        // 1 leaves the small queue, is remembered, and returns to the main queue: the next ones pass by it.
        var trace = Blocks(1, 2, 3, 4, 5, 1, 6, 7, 8, 9, 1);

        Assert.EndsWith("+", Run("s3fifo", trace, 4), StringComparison.Ordinal);
        Assert.DoesNotContain("+", Run("lru", trace, 4), StringComparison.Ordinal);
    }

    [Fact]
    public void Hit_counts_for_the_prefix_only_when_all_before_it_hit()
    {
        var builder = new AccessTrace.Builder();
        builder.Add([1, 2, 3]);
        builder.Add([9]);
        builder.Add([1, 2, 3]);
        var trace = builder.Build();
        using var cache = new PolicyCache(new LruPolicy(4), 3, trace.DistinctBlocks, hidesPrefixes: true);

        // 9 displaces 1; 1 displaces 2, and 2 displaces 3: no hit at all. With four places all would hit.
        Assert.Equal(new TrialResult(7, 0, 0), TrialResult.Of(cache, trace));
        using var leavesFirst = new PolicyCache(new LruPolicy(4), 3, trace.DistinctBlocks);
        Assert.Equal(new TrialResult(7, 2, 2), TrialResult.Of(leavesFirst, trace));
    }

    [Fact]
    public void Hit_behind_a_miss_is_no_prefix_hit()
    {
        var builder = new AccessTrace.Builder();
        builder.Add([1]);
        builder.Add([2, 1]);
        var trace = builder.Build();
        using var cache = new PolicyCache(new LruPolicy(4), 3, trace.DistinctBlocks, hidesPrefixes: true);

        Assert.Equal(new TrialResult(3, 1, 0), TrialResult.Of(cache, trace));
    }

    [Fact]
    public void No_policy_beats_the_optimum_on_any_stream_nor_holds_more_than_its_capacity()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var trace = RandomTrees(seed, requests: 400);
            foreach (var capacity in (int[])[1, 3, 10, 40, 200])
            {
                using var optimum = new OptimalCache(trace, capacity);
                var best = TrialResult.Of(optimum, trace, _ => Assert.True(optimum.Count <= capacity)).Hits;
                foreach (var name in Names)
                {
                    using var cache = Make(name, trace, capacity);
                    var hits = TrialResult.Of(cache, trace, _ => Assert.True(cache.Count <= capacity)).Hits;
                    Assert.True(hits <= best, $"seed {seed}, {capacity} blocks: {name} hits {hits} times, the optimum {best}");
                }
            }
        }
    }

    [Fact]
    public void Optimum_is_the_best_of_all_choices()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var blocks = Enumerable.Range(0, 12).Select(_ => random.Next(5)).ToArray();
            var trace = Blocks(blocks);
            using var optimum = new OptimalCache(trace, 2);

            Assert.Equal(BestOfAll(trace.Blocks.ToArray(), 0, 0, 2), TrialResult.Of(optimum, trace).Hits);
        }
    }

    [Fact]
    public void Every_policy_gives_the_same_run_twice()
    {
        var trace = RandomTrees(7, requests: 3_000);
        foreach (var name in Names)
            Assert.Equal(Run(name, trace, 50), Run(name, trace, 50));
    }

    /// <summary>Requests for random paths in a random tree.</summary>
    internal static AccessTrace RandomTrees(int seed, int requests)
    {
        var random = new Random(seed);
        var parents = new int[random.Next(20, 500)];
        for (var block = 0; block < parents.Length; block++)
            parents[block] = random.Next(-1, block);
        var builder = new AccessTrace.Builder();
        var path = new List<ulong>();
        for (var request = 0; request < requests; request++)
        {
            path.Clear();
            for (var block = (int)(parents.Length * Math.Pow(random.NextDouble(), 2)); block >= 0; block = parents[block])
                path.Insert(0, (ulong)block);
            builder.Add([.. path]);
        }
        return builder.Build();
    }

    internal static ICacheTrial Make(string name, AccessTrace trace, int capacity) => name switch
    {
        "lru" => new PolicyCache(new LruPolicy(capacity + 1), capacity, trace.DistinctBlocks),
        "s3fifo" => new PolicyCache(new S3FifoPolicy(capacity + 1, capacity), capacity, trace.DistinctBlocks),
        "s3fifo as published" => new PolicyCache(S3FifoPolicy.AsPublished(capacity + 1, capacity), capacity, trace.DistinctBlocks),
        "wtinylfu" => new PolicyCache(new TinyLfuPolicy(capacity + 1), capacity, trace.DistinctBlocks),
        "optimum" => new OptimalCache(trace, capacity),
        _ => new PolicyCache(new HazardPolicy(capacity + 1), capacity, trace.DistinctBlocks),
    };

    /// <summary>Requests for one block each.</summary>
    private static AccessTrace Blocks(params int[] blocks)
    {
        var builder = new AccessTrace.Builder();
        foreach (var block in blocks)
            builder.Add([(ulong)block]);
        return builder.Build();
    }

    /// <summary>A plus for each hit, a dot for each miss.</summary>
    private static string Run(string name, AccessTrace trace, int capacity)
    {
        using var cache = Make(name, trace, capacity);
        var marks = new char[trace.Accesses];
        var at = 0;
        for (var request = 0; request < trace.Requests; request++)
        {
            var parent = -1;
            foreach (var block in trace.Request(request))
            {
                marks[at++] = cache.Access(block, parent) ? '+' : '.';
                parent = block;
            }
        }
        return new string(marks);
    }

    /// <summary>The most hits from a place on, over all choices of what to hold after each access; what is held is a set of bits.</summary>
    private static int BestOfAll(ReadOnlySpan<int> blocks, int at, int held, int capacity)
    {
        if (at == blocks.Length)
            return 0;
        var hit = (held >> blocks[at]) & 1;
        var all = held | (1 << blocks[at]);
        if (int.PopCount(all) <= capacity)
            return hit + BestOfAll(blocks, at + 1, all, capacity);
        var best = 0;
        for (var block = 0; block < 5; block++)
        {
            if (((all >> block) & 1) != 0)
                best = Math.Max(best, BestOfAll(blocks, at + 1, all & ~(1 << block), capacity));
        }
        return hit + best;
    }
}

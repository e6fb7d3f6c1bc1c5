using System.Globalization;
using Cascade.Hosting.Policy;

namespace Cascade.Hosting.Tests.Policy;

public sealed class TraceKindTests
{
    private const double ShareMin = 0.97;

    public static TheoryData<string> Kinds => [.. TraceKinds.All.Keys];

    /// <summary>It was made for conversations: on loads of other kinds, none of which it was fitted to, it must not be much worse than any plain one.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Ours_comes_near_the_best_plain_policy_or_above_it_on_every_kind(string kind)
    {
        var trace = TraceKinds.All[kind](11);
        var comparison = new PolicyComparison(trace, ComparedPolicy.All, TimeProvider.System);
        foreach (var capacity in (int[])[1_000, 3_000, 10_000, 30_000])
        {
            var row = comparison.Run(capacity, static _ => { }, TestContext.Current.CancellationToken);
            var plain = ComparedPolicy.All.Where(static policy => policy.IsPlain).Select(policy => row.Policies[policy.Name]).ToArray();
            var ours = row.Policies[ComparedPolicy.Ours];
            var optimum = row.Policies[ComparedPolicy.Optimum];
            var figures = string.Create(CultureInfo.InvariantCulture, $"{kind}, {capacity} blocks: ours {ours}, plain {string.Join(", ", plain)}");
            Assert.True(ours.BlockHitRatio >= ShareMin * plain.Max(static one => one.BlockHitRatio), figures);
            Assert.True(ours.PrefixHitRatio >= ShareMin * plain.Max(static one => one.PrefixHitRatio), figures);
            Assert.All(row.Policies.Values, one => Assert.InRange(one.BlockHitRatio, 0, optimum.BlockHitRatio));
            Assert.All(row.Policies.Values, static one => Assert.InRange(one.PrefixHitRatio, 0, one.BlockHitRatio));
        }
    }

    [Fact]
    public void Prefixes_raise_hits_where_conversations_compete_for_room()
    {
        var trace = TraceKinds.Chat(seed: 5, requests: 5_000);
        var row = new PolicyComparison(trace, ComparedPolicy.All, TimeProvider.System)
            .Run(3_000, static _ => { }, TestContext.Current.CancellationToken);

        Assert.True(row.Policies[ComparedPolicy.Ours].BlockHitRatio > row.Policies["lru"].BlockHitRatio);
        Assert.Equal(row.Policies[ComparedPolicy.Ours].BlockHitRatio, row.Policies[ComparedPolicy.Ours].PrefixHitRatio);
    }

    [Fact]
    public void Generated_loads_are_the_same_from_the_same_seed_only()
    {
        foreach (var make in TraceKinds.All.Values)
        {
            var (one, same, other) = (make(1), make(1), make(2));
            Assert.True(one.Blocks.SequenceEqual(same.Blocks));
            Assert.False(one.Blocks.SequenceEqual(other.Blocks));
            Assert.InRange(one.Accesses, 50_000, 1_000_000);
        }
    }

    [Fact]
    public void Requests_come_in_the_order_of_their_times_and_of_adding_at_one_time()
    {
        var generator = new TraceGenerator(1);
        generator.Add(5, [1]);
        generator.Add(3, [2]);
        generator.Add(5, [3]);

        // Numbered in the order of coming: 2, 1, 3.
        Assert.Equal([0, 1, 2], generator.Build().Blocks.ToArray());
        generator.Add(5, [1, 9]);
        generator.Add(3, [2]);
        Assert.Equal(1, generator.Build().Request(0).Length);
    }

    [Fact]
    public void Ranks_follow_the_law_of_zipf()
    {
        var ranks = new ZipfRanks(new TraceGenerator(1), 100, 1);
        var counts = new int[100];
        for (var draw = 0; draw < 100_000; draw++)
            counts[ranks.Next()]++;

        // The harmonic number of 100 is 5.187.
        Assert.InRange(counts[0], 18_800, 19_800);
        Assert.InRange(counts[9], 1_700, 2_150);
    }
}

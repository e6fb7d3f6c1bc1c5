using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Replay;

namespace Cascade.Hosting.Tests.Replay;

public sealed class ReplayReportTests
{
    [Fact]
    public void The_document_has_exactly_the_published_fields()
    {
        var tally = new ReplayTally
        {
            Requests = 3,
            BlocksAsked = 8,
            BlocksPut = 7,
            DedupHits = 2,
            WrongBytes = 4,
            PutBytes = 3_000_000_000,
            PutNanoseconds = 2_000_000_000,
            GetBytes = 1_000,
            GetNanoseconds = 300,
        };
        foreach (var tier in (TierKind[])[TierKind.Gpu, TierKind.Shm, TierKind.Shm, TierKind.Remote, TierKind.Cold])
            tally.Hit(tier);
        tally.Error("x");
        tally.GetLatency.Record(1_250);
        using var output = new StringWriter();

        JsonOutput.Write(output, ReplayReport.Of(tally, new NodeFigures(11, 12, 13), -4096, TimeSpan.FromSeconds(1.5)));

        Assert.Equal(
            """
            {"requests":3,"blocks_asked":8,"hits":{"gpu":1,"shm":2,"remote":1,"cold":1},"misses":3,"hit_ratio":0.625,"blocks_put":7,
            "dedup_hits":2,"evicted":11,"demoted":12,"promoted":13,"wrong_bytes":4,"errors":1,"put_gbps":1.5,"get_gbps":3.333,
            "get_p50_us":1.25,"get_p99_us":1.25,"page_cache_growth_bytes":-4096,"seconds":1.5}

            """.Replace(",\n", ",", StringComparison.Ordinal),
            output.ToString());
    }

    [Fact]
    public void A_replay_of_nothing_has_zeros_and_no_infinities()
    {
        using var output = new StringWriter();
        JsonOutput.Write(output, ReplayReport.Of(new ReplayTally(), default, null, TimeSpan.Zero));
        Assert.Equal(
            """
            {"requests":0,"blocks_asked":0,"hits":{"gpu":0,"shm":0,"remote":0,"cold":0},"misses":0,"hit_ratio":0,"blocks_put":0,
            "dedup_hits":0,"evicted":0,"demoted":0,"promoted":0,"wrong_bytes":0,"errors":0,"put_gbps":0,"get_gbps":0,
            "get_p50_us":0,"get_p99_us":0,"page_cache_growth_bytes":null,"seconds":0}

            """.Replace(",\n", ",", StringComparison.Ordinal),
            output.ToString());
    }

    [Fact]
    public void The_document_of_a_cluster_has_nodes_kills_and_reasons_beside()
    {
        var tally = new ReplayTally();
        foreach (var reason in (string[])["a", "b", "a", "c", "d", "e", "f", "g", "a"])
            tally.Error(reason);
        var report = ReplayReport.Of(tally, default, null, TimeSpan.Zero) with { Nodes = 3, Kills = 2, ErrorsByReason = tally.ErrorsByReason };
        using var output = new StringWriter();
        JsonOutput.Write(output, report);
        Assert.EndsWith(
            "\"seconds\":0,\"nodes\":3,\"kills\":2,\"errors_by_reason\":{\"a\":3,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"other reasons\":2}}\n",
            output.ToString(),
            StringComparison.Ordinal);

        using var table = new StringWriter();
        TableOutput.Write(table, ReplayTable.Of(report));
        var rows = table.ToString().Split('\n').Select(row => string.Join(' ', row.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Superset(new HashSet<string> { "errors 9", "a 3", "other reasons 2", "nodes 3", "killed 2" }, rows.ToHashSet());
    }

    [Theory]
    [InlineData(0, false, true, true)]
    [InlineData(1, false, true, false)]
    [InlineData(0, true, true, true)]
    [InlineData(0, true, false, false)]
    [InlineData(1, true, true, false)]
    public void Failed_calls_are_excused_by_kills_when_an_outage_explains_them_and_wrong_bytes_never(
        long wrongBytes, bool fails, bool isOutage, bool isCleanWithKills)
    {
        var tally = new ReplayTally { WrongBytes = wrongBytes };
        if (fails)
            tally.Error("no answer", isOutage);
        var report = ReplayReport.Of(tally, default, null, TimeSpan.Zero);
        Assert.Equal(wrongBytes == 0 && !fails, report.IsClean);
        Assert.Equal(wrongBytes == 0 && !fails, (report with { Kills = 0 }).IsClean);
        Assert.Equal(isCleanWithKills, (report with { Kills = 1 }).IsClean);
    }

    [Fact]
    public void Figures_of_all_tiers_are_added_up()
    {
        var stat = new NodeStat(
            default,
            [
                Tier(TierKind.Gpu, evicted: 20, demoted: 300, promoted: 1),
                Tier(TierKind.Shm, evicted: 10, demoted: 100, promoted: 2),
                Tier(TierKind.Cold, evicted: 5, demoted: 0, promoted: 0),
            ],
            0, 0, 0);
        Assert.Equal(new NodeFigures(35, 400, 3), NodeFigures.Of(stat));
        Assert.Equal(new NodeFigures(30, 390, 2), NodeFigures.Of(stat).Since(new NodeFigures(5, 10, 1)));
    }

    private static TierReport Tier(TierKind kind, long evicted, long demoted, long promoted) =>
        new(kind, 0, 0, 0, 0, evicted, demoted, promoted, 0, 0, 0, 0);
}

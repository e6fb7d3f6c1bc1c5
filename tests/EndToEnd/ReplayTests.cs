using System.Text.Json;
using Cascade.Hosting;
using Cascade.Hosting.Replay;
using Cascade.Hosting.Tests.Embedding;

namespace Cascade.EndToEnd;

/// <summary>The <c>replay</c> verb as its users run it: what it prints, what it leaves, how it ends.</summary>
public sealed class ReplayTests
{
    /// <summary>Eight blocks asked: request 2 reads 0 and 1, request 3 reads 0, all others are misses and put.</summary>
    private const string Trace = """
        {"timestamp": 0, "input_length": 1000, "output_length": 5, "hash_ids": [0, 1]}
        {"timestamp": 9, "input_length": 1500, "output_length": 5, "hash_ids": [0, 1, 2]}
        {"timestamp": 9, "input_length": 1500, "output_length": 5, "hash_ids": [0, 3, 4]}
        """;

    private static readonly string[] Fields =
    [
        "requests", "blocks_asked", "hits", "misses", "hit_ratio", "blocks_put", "dedup_hits", "evicted", "demoted", "promoted", "wrong_bytes",
        "errors", "put_gbps", "get_gbps", "get_p50_us", "get_p99_us", "page_cache_growth_bytes", "seconds",
    ];

    [Fact]
    public async Task Generated_run_prints_one_document_with_all_fields_and_leaves_no_arena()
    {
        using var process = CascadeProcess.Start(" stopped", "replay", "--limit", "300", "--shm", "64MiB", "--json");
        var throwaway = TestNode.ArenaPath($"throwaway-{process.Id}");
        var (exitCode, output, error) = await process.EndAsync();
        Assert.Equal(0, exitCode);
        Assert.Contains($"Arena {throwaway} created", error, StringComparison.Ordinal);
        Assert.False(File.Exists(throwaway));

        using var report = Parse(output);
        Assert.Equal(Fields, report.RootElement.EnumerateObject().Select(field => field.Name));
        Assert.Equal(
            ["gpu", "shm", "remote", "cold"], report.RootElement.GetProperty("hits").EnumerateObject().Select(tier => tier.Name));
        Assert.Equal((300, 0, 0), (Number(report, "requests"), Number(report, "wrong_bytes"), Number(report, "errors")));
        Assert.Equal(Number(report, "blocks_asked"), ShmHits(report) + Number(report, "misses"));
        Assert.Equal(Number(report, "misses"), Number(report, "blocks_put"));
        Assert.All(
            ["hit_ratio", "put_gbps", "get_gbps", "get_p50_us", "get_p99_us", "seconds"],
            field => Assert.True(report.RootElement.GetProperty(field).GetDouble() > 0, field));
    }

    [Fact]
    public async Task Literal_trace_gives_the_hits_and_misses_that_were_worked_out_by_hand()
    {
        using var trace = new TemporaryFile(Trace);
        var (exitCode, output, _) = await CascadeProcess.RunAsync("replay", trace.Path, "--shm", "8MiB", "--json");
        Assert.Equal(0, exitCode);
        using var report = Parse(output);
        Assert.Equal(
            (3, 8, 3, 5, 5, 0),
            (Number(report, "requests"), Number(report, "blocks_asked"), ShmHits(report), Number(report, "misses"),
                Number(report, "blocks_put"), Number(report, "dedup_hits")));
        Assert.Equal(0.375, report.RootElement.GetProperty("hit_ratio").GetDouble());
    }

    [Fact]
    public async Task Malformed_line_is_told_with_file_and_line_before_a_node_starts()
    {
        using var trace = new TemporaryFile(Trace + "\n{\"timestamp\": 1, \"input_length\"\n");
        var (exitCode, output, error) = await CascadeProcess.RunAsync("replay", trace.Path, "--json");
        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith($"{trace.Path}:4: not a JSON object: malformed at column ", error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));
    }

    [Fact]
    public async Task Second_run_on_a_kept_arena_hits_what_the_first_one_left()
    {
        using var cluster = new TestCluster("keep");
        using var trace = new TemporaryFile("""{"timestamp": 0, "input_length": 9, "output_length": 5, "hash_ids": [0, 1, 2, 3]}""");
        var line = cluster.Line("replay", trace.Path, "--keep", "--json");
        using (var first = Parse((await CascadeProcess.RunAsync(line)).Output))
            Assert.Equal((0L, 4L), (ShmHits(first), Number(first, "blocks_put")));
        Assert.True(File.Exists(cluster.ArenaPath));

        var (exitCode, output, error) = await CascadeProcess.RunAsync(line);
        Assert.Equal(0, exitCode);
        Assert.Contains("taken over: 4 blocks", error, StringComparison.Ordinal);
        using var second = Parse(output);
        Assert.Equal((4L, 0L, 0L), (ShmHits(second), Number(second, "blocks_put"), Number(second, "wrong_bytes")));
    }

    [Theory]
    [InlineData(" serves;", "INT")]
    [InlineData("replay 0% (", "INT")]
    [InlineData("replay 0% (", "TERM")]
    public async Task Interrupt_at_any_moment_prints_the_report_so_far_and_removes_the_arena(string moment, string signal)
    {
        // A load of this length would take an hour.
        using var process = CascadeProcess.Start(moment, "replay", "--limit", "100000000", "--shm", "16MiB", "--json");
        var throwaway = TestNode.ArenaPath($"throwaway-{process.Id}");
        var (exitCode, output, error) = await process.EndBySignalAsync(signal);
        Assert.Equal(1, exitCode);
        Assert.Contains("interrupted: the report covers what was done until here", error, StringComparison.Ordinal);
        using var report = Parse(output);
        Assert.Equal(Fields, report.RootElement.EnumerateObject().Select(field => field.Name));
        Assert.Equal((0L, 0L), (Number(report, "wrong_bytes"), Number(report, "errors")));
        if (moment != " serves;")
            Assert.True(Number(report, "requests") > 0, "Progress was shown before a request was done.");
        Assert.False(File.Exists(throwaway));
    }

    [Fact]
    public async Task Nodes_that_are_processes_share_the_load_and_leave_nothing()
    {
        // All blocks stay in memory: what is asked for the first time is a miss, and nothing else is.
        const int Requests = 150;
        var load = ChatWorkload.Generate(ChatWorkloadSettings.Default with { Requests = Requests }, seed: 5).SelectMany(request => request.BlockIds.ToArray()).ToList();
        using var process = CascadeProcess.Start(
            "replay: all 3 nodes serve", "replay", "--nodes", "3", "--seed", "5", "--limit", "150", "--bytes-per-block", "16KiB", "--shm", "64MiB", "--json");
        var (exitCode, output, error) = await process.EndAsync();
        Assert.True(exitCode == 0, $"{exitCode}: {output}{error}");
        Assert.Empty(LeftBy(process.Id));

        using var report = Parse(output);
        Assert.Equal([.. Fields, "nodes", "kills", "errors_by_reason"], report.RootElement.EnumerateObject().Select(field => field.Name));
        Assert.Equal((Requests, load.Count, 0L, 0L), (Number(report, "requests"), Number(report, "blocks_asked"), Number(report, "wrong_bytes"), Number(report, "errors")));
        Assert.Equal((load.Distinct().Count(), load.Distinct().Count()), (Number(report, "misses"), Number(report, "blocks_put")));
        Assert.Equal(load.Count - load.Distinct().Count(), ShmHits(report) + RemoteHits(report));
        Assert.True(ShmHits(report) > 0 && RemoteHits(report) > ShmHits(report), $"{ShmHits(report)} hits at the host's own node, {RemoteHits(report)} at the others'");
        Assert.True(Number(report, "promoted") >= 0);
        Assert.Equal((3, 0), (Number(report, "nodes"), Number(report, "kills")));
    }

    [Fact]
    public async Task Nodes_that_are_killed_again_and_again_cost_no_wrong_byte_and_no_hang()
    {
        // A load of this length would take hours: it is interrupted after the fourth kill.
        using var process = CascadeProcess.Start(
            "replay: kill 4:", "replay", "--nodes", "3", "--kill-every", "2", "--limit", "100000000", "--bytes-per-block", "16KiB", "--shm", "16MiB", "--json");
        var (exitCode, output, error) = await process.EndBySignalAsync("INT");
        Assert.Equal(1, exitCode);
        Assert.Contains("interrupted: the report covers what was done until here", error, StringComparison.Ordinal);
        Assert.Empty(LeftBy(process.Id));
        Assert.True(output.Length > 0, error);

        using var report = Parse(output);
        Assert.Equal((0L, 3L, 4L), (Number(report, "wrong_bytes"), Number(report, "nodes"), Number(report, "kills")));
        Assert.True(Number(report, "requests") > 0 && RemoteHits(report) > 0);
        var reasons = report.RootElement.GetProperty("errors_by_reason").EnumerateObject().ToList();
        Assert.Equal(Number(report, "errors"), reasons.Sum(reason => reason.Value.GetInt64()));
        Assert.All(reasons, reason => Assert.True(
            reason.Name is "other reasons" || reason.Name.StartsWith("put: Busy", StringComparison.Ordinal)
                || reason.Name.Contains(nameof(CascadeUnavailableException), StringComparison.Ordinal),
            reason.Name));
    }

    [Theory]
    [InlineData("--kill-every is for nodes in processes of their own: say how many with --nodes.", "--kill-every", "2")]
    [InlineData("'0' is not good for --kill-every: expected a whole number from 1 to 86400.", "--nodes", "3", "--kill-every", "0")]
    [InlineData("'65' is not good for --nodes: expected a whole number from 1 to 64.", "--nodes", "65")]
    public async Task Nodes_and_kills_that_cannot_be_are_refused_before_anything_starts(string fault, params string[] options)
    {
        var (exitCode, output, error) = await CascadeProcess.RunAsync(["replay", .. options]);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains(fault, error, StringComparison.Ordinal);
    }

    /// <summary>Arenas and addresses that nodes of a replay left.</summary>
    private static string[] LeftBy(int process) => Directory.GetFiles("/dev/shm", $"cascade-throwaway-{process}-*");

    private static JsonDocument Parse(string output) => JsonDocument.Parse(Assert.Single(output.TrimEnd('\n').Split('\n')));

    private static long Number(JsonDocument report, string field) => report.RootElement.GetProperty(field).GetInt64();

    private static long RemoteHits(JsonDocument report) => report.RootElement.GetProperty("hits").GetProperty("remote").GetInt64();

    private static long ShmHits(JsonDocument report) => report.RootElement.GetProperty("hits").GetProperty("shm").GetInt64();
}

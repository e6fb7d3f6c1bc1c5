using System.Text.Json;
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

    private static JsonDocument Parse(string output) => JsonDocument.Parse(Assert.Single(output.TrimEnd('\n').Split('\n')));

    private static long Number(JsonDocument report, string field) => report.RootElement.GetProperty(field).GetInt64();

    private static long ShmHits(JsonDocument report) => report.RootElement.GetProperty("hits").GetProperty("shm").GetInt64();
}

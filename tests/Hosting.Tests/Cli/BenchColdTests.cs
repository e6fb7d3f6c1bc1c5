using Cascade.Hosting.Benchmarks;
using Cascade.Hosting.Cli;

namespace Cascade.Hosting.Tests.Cli;

public sealed class BenchColdTests : IDisposable
{
    private const int MemoryBlocks = 16;

    private static readonly ColdBenchmarkPlan Plan = new(
        BlockBytes: 4096, BlocksPerRound: 40, SmallBlockBytes: 8192, FilesPerRound: 5, Rounds: 3,
        Callers: 1, CallBytes: 4096, TimeSpan.Zero);

    private readonly CliTesting _cli = new();
    private readonly StandInTwoTiers _node = new(MemoryBlocks * 4096L);
    private readonly string _folder = Directory.CreateTempSubdirectory("cascade-bench-").FullName;

    public void Dispose()
    {
        _cli.Dispose();
        Directory.Delete(_folder);
    }

    [Fact]
    public async Task Every_round_demotes_and_reads_back_new_blocks_beside_its_yardstick()
    {
        var steps = new List<(long Done, long Total)>();
        var result = await RunAsync(new Steps(steps));
        foreach (var figure in (double[])[result.RawWriteGbps, result.RawReadGbps, result.DemoteGbps, result.DemoteByPutsGbps, result.ColdReadGbps, result.SmallBlocksPerS, result.SmallFilesPerS])
            Assert.InRange(figure, 0, double.MaxValue);
        Assert.InRange(result.SmallBlocksPerS, 1, double.MaxValue);
        Assert.InRange(result.SmallFilesPerS, 1, double.MaxValue);
        Assert.Equal([.. Enumerable.Range(1, 9).Select(done => ((long)done, 9L))], steps);

        // A round fills memory with 16 blocks and 8 more, then puts 40; none of them is in memory any more when it is read.
        Assert.Equal(3 * (16 + 24 + 24 + 40), _node.Puts);
        Assert.Equal(3 * (24 + 40), _node.ColdHits);
        Assert.Equal((0, 0, 0), (_node.Repeated, _node.LeasesOpen, _node.RoomsOpen));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void The_document_has_exactly_the_published_fields()
    {
        using var output = new StringWriter();
        JsonOutput.Write(output, new ColdBenchmarkResult(2.4, 1.5, 2.2, 2.1, 1.25, 20_000, 3_000, 4096, true));
        Assert.Equal(
            """
            {"raw_write_gbps":2.4,"raw_read_gbps":1.5,"demote_gbps":2.2,"demote_by_puts_gbps":2.1,"cold_read_gbps":1.25,"small_blocks_per_s":20000,
            "small_files_per_s":3000,"page_cache_growth_bytes":4096,"direct_io":true}

            """.Replace(",\n", ",", StringComparison.Ordinal),
            output.ToString());
    }

    [Fact]
    public async Task Node_that_does_not_demote_is_an_error_instead_of_a_figure()
    {
        _node.Drops = true;
        var failure = await Assert.ThrowsAsync<CliException>(() => RunAsync(null));
        Assert.StartsWith("to make room for 6 blocks in a full memory tier only 0 went to the cold tier: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Node_without_a_cold_tier_is_an_error()
    {
        _node.HasCold = false;
        Assert.StartsWith("the node has no cold tier", (await Assert.ThrowsAsync<CliException>(() => RunAsync(null))).Message, StringComparison.Ordinal);
        Assert.Equal(0, _node.Puts);
    }

    [Fact]
    public async Task Put_that_is_not_stored_is_an_error()
    {
        _node.Answer = PutStatus.Busy;
        Assert.Equal("a put of the benchmark ended as Busy: why", (await Assert.ThrowsAsync<CliException>(() => RunAsync(null))).Message);
    }

    [Fact]
    public async Task Verb_starts_a_node_with_a_cold_tier_in_a_folder_of_its_own()
    {
        Assert.Equal(0, await _cli.RunAsync("bench", "cold", "--dir", _folder, "--print-config", "--set", "a=b"));
        Assert.Equal(
            "config= settings=cascade.tiers.cold.capacity=30064771072;cascade.tiers.shm.capacity=1073741824;a=b;"
            + $"cascade.tiers.cold.directory=\"{_folder}/cascade-bench-{Environment.ProcessId}\"\n",
            _cli.Out);
        Assert.Empty(_cli.Started);
    }

    [Fact]
    public async Task Disk_with_too_little_room_is_a_clear_error()
    {
        Assert.Equal(1, await _cli.RunAsync("bench", "cold", "--dir", "/proc/none"));
        Assert.Equal("cascade: '/proc' has 0 B free, and the benchmark takes up to 29 GiB: name another disk with --dir\n", _cli.Error);
        Assert.Empty(_cli.Started);
    }

    private Task<ColdBenchmarkResult> RunAsync(IProgress<(long Done, long Total)>? progress) =>
        new ColdBenchmark(_node, _node.TakeRoomAsync, _folder, "/dev/shm", Plan, TimeProvider.System).RunAsync(progress, CancellationToken.None);

    private sealed class Steps(List<(long Done, long Total)> steps) : IProgress<(long Done, long Total)>
    {
        public void Report((long Done, long Total) value) => steps.Add(value);
    }
}

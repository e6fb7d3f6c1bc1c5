using Cascade.Gpu.Tests.Ptx;
using Cascade.Hosting.Benchmarks.Gpu;

namespace Cascade.Gpu.Tests.Verbs;

/// <summary><c>bench gpu</c> on devices of the stand-in: what it does, not how fast.</summary>
public sealed class BenchGpuTests
{
    private static readonly string[] Fields =
    [
        "device", "block_bytes", "in_flight", "hash_bytes", "raw_h2d_gbps", "raw_d2h_gbps", "put_gbps", "get_gbps", "device_hash_gbps", "cpu_hash_gbps",
        "lease_p50_us", "lease_allocated_bytes", "put_of_raw", "get_of_raw", "device_hash_of_cpu",
    ];

    [Fact]
    public async Task Document_has_every_figure_beside_its_yardstick()
    {
        var run = await VerbRun.RunAsync(1, ["bench", "gpu", "--json", "--quick", .. VerbRun.Small]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Null(PtxDevice.Trouble);
        var figures = run.Document;
        Assert.Equal(Fields, figures.EnumerateObject().Select(static field => field.Name));
        foreach (var field in Fields.Where(static field => field.EndsWith("_gbps", StringComparison.Ordinal) && field != "device_hash_gbps"))
            Assert.True(figures.GetProperty(field).GetDouble() > 0, field);
        Assert.Equal(0, figures.GetProperty("lease_allocated_bytes").GetDouble());
        Assert.Equal((64 << 10, 3), (figures.GetProperty("block_bytes").GetInt32(), figures.GetProperty("in_flight").GetInt32()));
    }

    [Fact]
    public async Task Table_names_device_and_ratios()
    {
        var run = await VerbRun.RunAsync(2, ["bench", "gpu", "--quick", "--device", "1", .. VerbRun.Small]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains(" x bare)", run.Output, StringComparison.Ordinal);
        Assert.Contains(" x one thread)", run.Output, StringComparison.Ordinal);
        Assert.Contains("Device 1", run.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("bench", "gpu")]
    [InlineData("bench", "gpu", "--churn", "1GiB")]
    public async Task Machine_without_a_device_is_a_clear_error(params string[] arguments)
    {
        DriverStandIn.Reset(devices: 0, manual: false);
        var run = await VerbRun.RunAsync(arguments);
        Assert.Equal((3, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("cascade: the CUDA driver (12.4) has no device that this process may use", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Device_that_is_not_there_is_a_clear_error()
    {
        var run = await VerbRun.RunAsync(1, ["bench", "gpu", "--device", "5", .. VerbRun.Small]);
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("There is no device 5", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Memory_that_is_too_small_for_the_blocks_is_an_error_instead_of_a_figure()
    {
        var run = await VerbRun.RunAsync(1, ["bench", "gpu", "--quick", .. VerbRun.Small, "--set", "cascade.tiers.shm.capacity=256KiB"]);
        Assert.NotEqual(0, run.ExitCode);
        Assert.Equal("", run.Output);
    }

    [Fact]
    public async Task Wrong_digest_of_the_device_is_an_error_instead_of_a_figure()
    {
        // Without the interpreter kernels are launched and do nothing.
        DriverStandIn.Reset(manual: false);
        var run = await VerbRun.RunAsync(["bench", "gpu", "--quick", .. VerbRun.Small]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("the device gives another digest of 8192 bytes than the processor", run.Error, StringComparison.Ordinal);
        DriverStandIn.AssertEmpty();
    }

    [Fact]
    public async Task Churn_brings_more_than_a_device_holds_and_every_byte_is_right()
    {
        var run = await VerbRun.RunAsync(1, ["bench", "gpu", "--json", "--quick", "--churn", "6MiB", .. VerbRun.Small]);
        Assert.True(run.ExitCode == 0, run.Error + run.Output);
        Assert.Null(PtxDevice.Trouble);
        var counts = run.Document;
        long Count(string field) => counts.GetProperty(field).GetInt64();
        Assert.Equal((1L << 20, 0L, 0L, 0L, 0L), (Count("slab_bytes"), Count("wrong_bytes"), Count("wrong_digests"), Count("errors"), Count("kept_bytes")));
        Assert.InRange(Count("bytes_in"), 6L << 20, 7L << 20);
        Assert.InRange(Count("bytes_out"), Count("bytes_in"), long.MaxValue);
        Assert.InRange(Count("puts"), 6 * 16, 6 * 64 + 3);
        Assert.InRange(Count("reads"), Count("puts"), 3 * Count("puts"));
        Assert.InRange(Count("device_digests"), Count("puts") / 4, Count("puts"));
        Assert.InRange(Count("evicted"), 1, long.MaxValue);
        Assert.InRange(Count("copies_at_once"), 1, long.MaxValue);
    }

    [Theory]
    [InlineData(0, 0, 0, 0, true)]
    [InlineData(1, 0, 0, 0, false)]
    [InlineData(0, 1, 0, 0, false)]
    [InlineData(0, 0, 1, 0, false)]
    [InlineData(0, 0, 0, 1, false)]
    [InlineData(0, 0, 0, -1, true)]
    internal void Churn_is_clean_when_nothing_was_wrong_and_all_memory_came_back(long digests, long bytes, long errors, long kept, bool isClean) =>
        Assert.Equal(isClean, new GpuChurnResult("", 1, 1, 1, 1, 1, 5, 1, 1, 1, digests, bytes, errors, kept, 1).IsClean);
}

using Cascade.Gpu.Tests.Nodes;
using Cascade.Hosting.Replay;
using Cascade.Hosting.Tests.Embedding;

namespace Cascade.Gpu.Tests.Verbs;

/// <summary><c>replay --gpu</c> on devices of the stand-in.</summary>
public sealed class ReplayGpuTests
{
    private static readonly string[] Load = ["replay", "--limit", "60", "--bytes-per-block", "4KiB", "--shm", "64MiB"];

    [Fact]
    public async Task Hits_are_read_on_the_device_with_their_own_bytes()
    {
        var run = await VerbRun.RunAsync(1, [.. Load, "--gpu", "32MiB", "--json"]);
        Assert.True(run.ExitCode == 0, run.Error);
        var hits = run.Document.GetProperty("hits");
        long Count(string field) => run.Document.GetProperty(field).GetInt64();
        Assert.Equal((0L, 0L), (Count("wrong_bytes"), Count("errors")));

        // A block counts for shared memory when it is read first, and for the device from then on.
        Assert.InRange(hits.GetProperty("shm").GetInt64(), 1, long.MaxValue);
        Assert.InRange(hits.GetProperty("gpu").GetInt64(), hits.GetProperty("shm").GetInt64(), long.MaxValue);
        Assert.Equal(Count("blocks_asked") - Count("misses"), hits.GetProperty("shm").GetInt64() + hits.GetProperty("gpu").GetInt64());
    }

    [Fact]
    public async Task Device_that_is_smaller_than_the_load_evicts_and_nothing_is_lost_by_that()
    {
        string[] load = ["replay", "--limit", "300", "--bytes-per-block", "4KiB", "--shm", "64MiB", "--json", "--set", "cascade.eviction.policy=lru"];
        var run = await VerbRun.RunAsync(1, [.. load, "--gpu", "1MiB"]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.NotEqual(0, run.Document.GetProperty("evicted").GetInt64());
        Assert.Equal(0, run.Document.GetProperty("wrong_bytes").GetInt64());
    }

    [Fact]
    public async Task Table_has_hits_in_device_memory()
    {
        var run = await VerbRun.RunAsync(1, [.. Load, "--gpu", "32MiB"]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Matches("hits in GPU memory +[1-9]", run.Output);
    }

    [Fact]
    public async Task Block_that_changed_on_the_device_is_counted_byte_by_byte()
    {
        GpuNode.ResetDriver();
        await using var node = await TestNode.StartAsync(GpuNode.Small);
        using var runner = new ReplayRunner([new ReplayHost(node.Cache, Devices: node.Parts.Gpu!.Pool)], 4096, TimeProvider.System);
        var request = new TraceRequest(0, 1, 1, new ulong[] { 7 });
        for (var pass = 0; pass < 2; pass++)
            Assert.True(await runner.RunAsync([request], static () => { }, CancellationToken.None));
        Assert.Equal((1L, 0L), (runner.Tally.HitsOf(Core.Identity.TierKind.Shm), runner.Tally.WrongBytes));

        var slab = node.Parts.Gpu!.Pool.Slabs.Single();
        slab.Visit((copy, _, _) => GpuSandbox.DeviceSpan(slab.AddressOf(copy), 4096)[100..103].Clear());
        Assert.True(await runner.RunAsync([request], static () => { }, CancellationToken.None));
        Assert.Equal(1, runner.Tally.HitsOf(Core.Identity.TierKind.Gpu));
        Assert.InRange(runner.Tally.WrongBytes, 1, 3);
    }

    [Fact]
    public async Task Device_that_fails_is_told_and_does_not_hang_the_replay()
    {
        GpuNode.ResetDriver();
        await using var node = await TestNode.StartAsync(GpuNode.Small);
        using var runner = new ReplayRunner([new ReplayHost(node.Cache, Devices: node.Parts.Gpu!.Pool)], 4096, TimeProvider.System);
        var request = new TraceRequest(0, 1, 1, new ulong[] { 7 });
        await runner.RunAsync([request, request], static () => { }, CancellationToken.None);
        DriverStandIn.Break(0, DriverStandIn.IllegalAddress);
        Assert.True(await runner.RunAsync([request], static () => { }, CancellationToken.None));
        Assert.Equal((1L, 1L), (runner.Tally.Hits, runner.Tally.Errors));
        Assert.StartsWith("get: InvalidOperationException: the device did not give the block: ", runner.Tally.Reasons.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Machine_without_a_device_is_a_clear_error()
    {
        DriverStandIn.Reset(devices: 0, manual: false);
        var run = await VerbRun.RunAsync([.. Load, "--gpu", "1MiB"]);
        Assert.Equal((3, ""), (run.ExitCode, run.Output));
        Assert.Contains("has no device that this process may use", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Device_with_less_memory_than_was_asked_for_is_refused()
    {
        var run = await VerbRun.RunAsync(1, [.. Load, "--gpu", "64GiB"]);
        Assert.Equal((3, ""), (run.ExitCode, run.Output));
        Assert.Contains("too little for a slab of 64 GiB", run.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("--nodes", "2", "--gpu is for a node in this process: leave out --nodes.")]
    [InlineData("--join", null, "--gpu is for nodes that the replay starts: leave it out, or --join.")]
    public async Task Options_that_do_not_go_together_are_a_usage_error(string option, string? value, string message)
    {
        var run = await VerbRun.RunAsync(value is null ? [.. Load[..1], "--gpu", "1MiB", option] : [.. Load[..1], "--gpu", "1MiB", option, value]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }
}

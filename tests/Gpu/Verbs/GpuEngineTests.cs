using System.Text.RegularExpressions;
using Cascade.Gpu.Tests.Nodes;
using Cascade.Hosting.Tests.Embedding;
using Cascade.Tiers.Gpu;

namespace Cascade.Gpu.Tests.Verbs;

/// <summary>The sample of an engine that reads a node's blocks on the device from another process.</summary>
public sealed partial class GpuEngineTests
{
    [Fact]
    public async Task Engine_reads_the_blocks_of_a_node_in_another_process_where_they_lie()
    {
        var run = await DeviceProcess.RunAsync("Cascade.GpuEngine.dll", "cascade.tiers.gpu.capacity=8MiB", "cascade.tiers.gpu.min-capacity=8MiB");
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        var lines = run.Output.TrimEnd().Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.All(lines, static line => Assert.Matches(Right(), line));
        Assert.Equal(4, lines.Select(static line => line.Split(' ')[5]).Distinct().Count());
    }

    [Fact]
    public async Task Without_the_device_that_is_asked_for_the_sample_says_so()
    {
        var run = await DeviceProcess.RunAsync("Cascade.GpuEngine.dll", "cascade.tiers.gpu.devices=[7]");
        Assert.Equal((3, ""), (run.ExitCode, run.Output));
        Assert.Contains("There is no device 7", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mapping_is_read_within_its_bounds_and_until_it_ends()
    {
        await using var node = await GpuNode.StartAsync();
        await GpuNode.PutAsync(node.Cache, 1);
        using var got = await node.Cache.GetAsync(Blocks.Key(1), Hosting.Tier.Gpu);
        using var mapping = GpuSlabMapping.Open(0, node.Cache.ExportSlab());
        var bytes = new byte[GpuNode.BlockBytes];
        mapping.Read(got.Lease.OffsetBytes, bytes);
        Assert.Equal(GpuNode.Bytes(1), bytes);
        mapping.Read(mapping.CapacityBytes, []);
        mapping.Read(mapping.CapacityBytes - 1, bytes.AsSpan(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => mapping.Read(mapping.CapacityBytes - 1, bytes.AsSpan(0, 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => mapping.Read(-1, bytes));
        mapping.Dispose();
        Assert.Throws<ObjectDisposedException>(() => mapping.Read(0, bytes));
    }

    [GeneratedRegex("^block [0-3]: 1048576 bytes at [0-9]+ of device 0, right$")]
    private static partial Regex Right();
}

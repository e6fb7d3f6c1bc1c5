using Cascade.Core.Identity;
using Cascade.Hosting;
using Cascade.LoadTests.Engine;
using Cascade.LoadTests.Scenarios;
using Cascade.LoadTests.Targets;

namespace Cascade.LoadTests.Tests;

/// <summary>Load on nodes in processes of their own.</summary>
[Collection(TargetFiles.Name)]
public sealed class ClusterTargetTests
{
    private const int BlockBytes = 40_000;
    private const long CapacityBytes = 16 << 20;

    /// <summary>What calls may end in while a node is dead.</summary>
    private static readonly string[] Excused = [nameof(CascadeUnavailableException), "busy", "lease_ended"];

    [Fact]
    public async Task Failure_of_one_node_of_three_costs_no_wrong_byte_and_leaves_nothing()
    {
        var pattern = $"cascade-load-{Environment.ProcessId}-*";
        var before = Directory.GetFiles("/dev/shm", pattern);
        var kind = ScenarioCatalog.Find("failure")!;
        var sizes = new ScenarioSizes(BlockBytes, CapacityBytes, 3, 20, Seed: 3);
        await using (var target = await StartAsync(sizes.Nodes))
        {
            var scenario = kind.Create(sizes).WithLoadSimulations(Simulation.KeepConstant(2, TimeSpan.FromSeconds(6)));
            var result = await new LoadRunner(new RealPace(), new RunSettings { Seed = 3 }).RunAsync(scenario, target, CancellationToken.None);
            Assert.True(result.IsComplete);
            Assert.Equal(["kill", "restart"], result.Events.Select(e => e.Name));
            Assert.Equal((0, 0), (result.Stats.WrongBytes, result.Stats.WrongBlocks));
            Assert.True(result.Stats.CheckedBlocks > 100);
            Assert.All(result.Stats.Whole.Snapshot().Statuses.Where(status => status.IsError), status => Assert.Contains(status.Code, Excused));
            var last = result.Timeline.Last(point => point.Step == ScenarioStats.WholeName);
            Assert.True(last.Latency.Count > 0, "after the restart calls are answered");
        }

        Assert.Empty(Directory.GetFiles("/dev/shm", pattern).Except(before));
    }

    [Fact]
    public async Task Node_keeps_its_interface_and_its_blocks_when_it_is_killed_and_restarted()
    {
        await using var target = await StartAsync(2);
        var nodes = target.Nodes;
        var set = new BlockSet("test", 40, BlockBytes);
        await set.StoreAllAsync(target, CancellationToken.None);
        await target.KillAsync(1);
        await target.RestartAsync(1);
        Assert.Same(nodes, target.Nodes);

        // The cluster may be moving what the node is in charge of: a miss is for a while, and never for good.
        foreach (var node in nodes)
        {
            for (var n = 0; n < set.Keys.Length; n++)
                Assert.True(await IsFoundAsync(node, set.Keys.Span[n]), $"block {n}");
        }
    }

    private static async Task<ILoadTarget> StartAsync(int nodes)
    {
        var target = await new TargetRequest(nodes, CapacityBytes, BlockBytes, []).StartAsync(CancellationToken.None);
        Assert.True(target.CanKill);
        Assert.Equal(nodes, target.Nodes.Count);
        return target;
    }

    private static async Task<bool> IsFoundAsync(ICascade node, CacheKey key)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(20))
        {
            using var got = await node.GetAsync(key);
            if (got.IsHit)
                return got.Lease.LengthBytes == BlockBytes;
        }

        return false;
    }
}

/// <summary>Classes that look at the files of all targets of this process: one after the other.</summary>
internal static class TargetFiles
{
    public const string Name = "files of targets";
}

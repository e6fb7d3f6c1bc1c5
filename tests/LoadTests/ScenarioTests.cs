using Cascade.Hosting;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Node;
using Cascade.LoadTests.Engine;
using Cascade.LoadTests.Scenarios;
using Cascade.LoadTests.Targets;

namespace Cascade.LoadTests.Tests;

/// <summary>Each scenario for a second, at tiny sizes, against a real node in this process.</summary>
[Collection(TargetFiles.Name)]
public sealed class ScenarioTests
{
    private const int BlockBytes = 40_000;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static TheoryData<string> Names => [.. ScenarioCatalog.All.Where(kind => !kind.Kills).Select(kind => kind.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Scenario_runs_without_an_error_or_a_wrong_byte(string name)
    {
        var kind = ScenarioCatalog.Find(name)!;
        var sizes = Sizes(kind, 8 << 20);
        await using var target = await new TargetRequest(1, sizes.CapacityBytes, sizes.BlockBytes, []).StartAsync(CancellationToken.None);
        var result = await RunAsync(kind.Create(sizes).WithLoadSimulations(Simulation.KeepConstant(2, Second)), target);
        AssertClean(result);
        Assert.Equal(0, result.Stats.Whole.Snapshot().Errors);
        Assert.All(result.Stats.Steps, step => Assert.Equal(0, step.Snapshot().Errors));
    }

    [Fact]
    public async Task Open_load_on_a_real_node_begins_every_arrival()
    {
        var kind = ScenarioCatalog.Find("mixed")!;
        var sizes = Sizes(kind, 8 << 20);
        await using var target = await new TargetRequest(1, sizes.CapacityBytes, sizes.BlockBytes, []).StartAsync(CancellationToken.None);
        var result = await RunAsync(kind.Create(sizes).WithLoadSimulations(Simulation.Inject(200, Second, Second)), target);
        AssertClean(result);
        Assert.Equal(200, result.Stats.Whole.Snapshot().Ok);
        Assert.Equal(200, result.Stats.Lag.Snapshot().Count);
    }

    [Fact]
    public async Task Failure_goes_on_after_the_node_is_back_and_no_byte_is_wrong()
    {
        var kind = ScenarioCatalog.Find("failure")!;
        await using var target = await RestartableTarget.StartAsync();
        var result = await RunAsync(kind.Create(Sizes(kind, 8 << 20)).WithLoadSimulations(Simulation.Inject(300, Second, Second)), target);
        AssertClean(result);
        Assert.Equal(["kill", "restart"], result.Events.Select(e => e.Name));
        var statuses = result.Stats.Whole.Snapshot().Statuses;
        Assert.Contains(statuses, status => status is { IsError: true, Code: "no_node" });
        var last = result.Timeline.Last(point => point.Step == ScenarioStats.WholeName);
        Assert.True(last.Latency.Count > 100, "before the kill and after the restart the node answers");
    }

    [Fact]
    public async Task Wrong_bytes_are_found_and_counted()
    {
        const int Blocks = 4;
        await using var target = await new TargetRequest(1, 8 << 20, BlockBytes, []).StartAsync(CancellationToken.None);
        var set = new BlockSet("test", Blocks, BlockBytes);
        var bytes = new byte[BlockBytes];
        for (var i = 0; i < Blocks; i++)
        {
            // The block of another key under each key.
            BlockPattern.Fill(BlockPattern.Mix((ulong)(i + 1)), 0, bytes);
            await target.Nodes[0].PutAsync(set.Keys.Span[i], bytes);
        }

        var result = await RunAsync(
            Scenario.Create("wrong", context => set.ReadAsync(context, target.Nodes[0], context.Random.Next(Blocks), missIsError: true))
                .WithLoadSimulations(Simulation.Inject(50, Second, Second)),
            target);
        Assert.Equal(50, result.Stats.WrongBlocks);
        Assert.True(result.Stats.WrongBytes > 50 * BlockPattern.ChunkBytes);
        Assert.Equal([("wrong_bytes", 50)], result.Stats.Whole.Snapshot().Statuses.Select(status => (status.Code, status.Count)));
    }

    [Fact]
    public async Task Miss_is_an_error_where_nothing_may_be_lost()
    {
        await using var target = await new TargetRequest(1, 8 << 20, BlockBytes, []).StartAsync(CancellationToken.None);
        var set = new BlockSet("test", 1, BlockBytes);
        foreach (var isError in (bool[])[true, false])
        {
            var result = await RunAsync(
                Scenario.Create("miss", context => set.ReadAsync(context, target.Nodes[0], 0, isError)).WithLoadSimulations(Simulation.Inject(10, Second, Second / 10)),
                target);
            Assert.Equal(new StatusCount(isError, "miss", 1, ""), result.Stats.Whole.Snapshot().Statuses.Single());
        }
    }

    [Fact]
    public async Task Target_leaves_no_arena_and_refuses_what_does_not_fit()
    {
        var pattern = $"cascade-load-{Environment.ProcessId}-*";
        var before = Directory.GetFiles("/dev/shm", pattern);
        await using (var target = await new TargetRequest(1, 8 << 20, BlockBytes, ["cascade.leases.max=100"]).StartAsync(CancellationToken.None))
        {
            Assert.Single(Directory.GetFiles("/dev/shm", pattern).Except(before), file => !file.EndsWith(".address", StringComparison.Ordinal));
            Assert.False(target.CanKill);
            await Assert.ThrowsAsync<NotSupportedException>(() => target.KillAsync(0));
        }

        Assert.Empty(Directory.GetFiles("/dev/shm", pattern).Except(before));
        foreach (var nodes in (int[])[1, 3])
        {
            var tooMuch = await Assert.ThrowsAsync<TargetException>(() => new TargetRequest(nodes, 1L << 48, BlockBytes, []).StartAsync(CancellationToken.None));
            Assert.False(tooMuch.IsMistake);
        }
    }

    private static ScenarioSizes Sizes(ScenarioKind kind, long capacityBytes) => new(BlockBytes, capacityBytes, 1, kind.WritesPercent ?? 0, Seed: 3);

    private static Task<RunResult> RunAsync(Scenario scenario, ILoadTarget target) =>
        new LoadRunner(new RealPace(), new RunSettings { Seed = 3 }).RunAsync(scenario, target, CancellationToken.None);

    private static void AssertClean(RunResult result)
    {
        Assert.True(result.IsComplete);
        Assert.Equal((0, 0), (result.Stats.WrongBytes, result.Stats.WrongBlocks));
        Assert.True(result.Stats.CheckedBlocks > 0);
        Assert.True(result.Stats.Whole.Snapshot().Ok > 0);
    }

    /// <summary>Stands in for a node in a process of its own: stopped where that would be killed, and started on the arena it left.</summary>
    private sealed class RestartableTarget : ILoadTarget
    {
        private readonly string _cluster = $"load-test-{Environment.ProcessId}";
        private CascadeNode? _node;

        public IReadOnlyList<ICascade> Nodes { get; private set; } = [];

        public bool CanKill => true;

        public static async Task<RestartableTarget> StartAsync()
        {
            var target = new RestartableTarget();
            await target.RestartAsync(0);
            return target;
        }

        public async Task KillAsync(int node)
        {
            await _node!.DisposeAsync();
            _node = null;
        }

        public async Task RestartAsync(int node)
        {
            var options = CascadeConfiguration.Load(new ConfigurationSources
            {
                Overrides = ["cascade.tiers.shm.capacity=8MiB", $"cascade.cluster.name={_cluster}"],
            }).Options;
            _node = await CascadeNode.StartAsync(options, new NodeStartup(), CancellationToken.None);
            Nodes = [_node.Cache];
        }

        public async ValueTask DisposeAsync()
        {
            if (_node is not null)
                await _node.DisposeAsync();
            File.Delete($"/dev/shm/cascade-{_cluster}-0");
        }
    }
}

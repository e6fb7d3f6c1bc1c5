using Cascade.Core.Fabric;
using Cascade.Core.Identity;
using Cascade.Core.Ports;
using Cascade.Tiers.Fabric;
using static Cascade.Tiers.Tests.Shm.ArenaSandbox;

namespace Cascade.Tiers.Tests.Fabric;

public sealed class FabricRouterTests
{
    [Fact]
    public async Task Pull_falls_back_from_the_mapping_to_the_stream_and_back()
    {
        await using var node = new BulkSandbox();
        using var tcp = node.Client();
        var (clock, mapping) = (new ManualClock(), new StandInFabric(PullResult.Unreachable("unplugged")));
        var router = new FabricRouter(new FabricChooserSettings(), clock, mapping, tcp);
        using var into = new TargetMemory(5000);
        var copy = node.Box.Put(1);
        Assert.Equal(PullOutcome.Unreachable, (await router.PullAsync(into.Want(copy))).Outcome);
        Assert.True(router.TryAdd(BulkSandbox.Holder));
        Assert.Equal(PullResult.Done, await router.PullAsync(into.Want(copy)));
        into.AssertIs(Bytes(1, 5000));
        Assert.Equal((1, 5000), (mapping.Pulls, node.Server.SentBytes));

        mapping.Answer = PullResult.Done;
        Assert.Equal(PullResult.Done, await router.PullAsync(into.Want(copy)));
        Assert.Equal((1, 10_000), (mapping.Pulls, node.Server.SentBytes));
        clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(PullResult.Done, await router.PullAsync(into.Want(copy)));
        Assert.Equal((2, 10_000), (mapping.Pulls, node.Server.SentBytes));
        router.Forget(BulkSandbox.Holder);
        Assert.Equal(PullOutcome.Unreachable, (await router.PullAsync(into.Want(copy))).Outcome);
    }

    [Fact]
    public async Task Fabrics_are_tried_in_the_order_in_which_they_are_given_and_what_came_is_counted()
    {
        var (mapping, tcp) = (new StandInFabric(PullResult.Done), new StandInFabric(PullResult.Unreachable("unplugged")) { Kind = FabricKind.Tcp });
        var router = new FabricRouter(new FabricChooserSettings(), new ManualClock(), tcp, mapping);
        using var into = new TargetMemory(10);
        Assert.True(router.TryAdd(BulkSandbox.Holder));
        Assert.Equal(PullResult.Done, await router.PullAsync(into.Want(new Core.Placement.CopyLocation(BulkSandbox.Holder, TierKind.Shm, 0, 2, 0, 10))));
        Assert.Equal((1, 1), (tcp.Pulls, mapping.Pulls));
        Assert.Equal([new FabricTraffic(FabricKind.Tcp, 0, 0), new FabricTraffic(FabricKind.Mapping, 1, 10)], router.Traffic);
    }

    [Fact]
    public async Task All_fabrics_share_the_time_of_one_pull()
    {
        var clock = new ManualClock();
        var (mapping, tcp) = (new StandInFabric(PullResult.Unreachable("slow")), new StandInFabric(PullResult.Done) { Kind = FabricKind.Tcp });
        var router = new FabricRouter(new FabricChooserSettings { FirstBackOff = TimeSpan.FromTicks(1) }, clock, mapping, tcp);
        using var into = new TargetMemory(10);
        var request = into.Want(new Core.Placement.CopyLocation(BulkSandbox.Holder, TierKind.Shm, 0, 2, 0, 10), timeout: TimeSpan.FromSeconds(3));
        Assert.True(router.TryAdd(BulkSandbox.Holder));
        mapping.OnPull = () => clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(PullResult.Done, await router.PullAsync(request));
        Assert.Equal((TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(2)), (mapping.LastTimeout, tcp.LastTimeout));
        clock.Advance(TimeSpan.FromTicks(1));
        mapping.OnPull = () => clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(PullResult.TimedOut, await router.PullAsync(request));
        Assert.Equal(1, tcp.Pulls);
    }

    private sealed class StandInFabric(PullResult answer) : IPayloadFabric
    {
        public FabricKind Kind { get; init; } = FabricKind.Mapping;

        public PullResult Answer { get; set; } = answer;

        public Action? OnPull { get; set; }

        public int Pulls { get; private set; }

        public TimeSpan LastTimeout { get; private set; }

        public bool CanReach(NodeId peer) => true;

        public Task<PullResult> PullAsync(PullRequest request, CancellationToken cancellation = default)
        {
            OnPull?.Invoke();
            Pulls++;
            LastTimeout = request.Timeout;
            return Task.FromResult(Answer);
        }
    }
}

using Cascade.Core.Identity;
using Cascade.Hosting.Cli;
using Cascade.Tiers.Gpu;

namespace Cascade.Hosting.Benchmarks.Gpu;

/// <summary>One churn from before its node starts to after it has stopped.</summary>
internal static class GpuChurnRun
{
    /// <summary>Churns.</summary>
    /// <param name="start">Starts the node, with memory of the one device.</param>
    /// <param name="device">The device.</param>
    /// <param name="totalBytes">Bytes to bring into its memory.</param>
    /// <param name="plan">Length of the largest blocks, and how many callers there are.</param>
    /// <param name="console">Where to tell reasons of errors.</param>
    /// <param name="progress">Told of bytes.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="CliException">The node has no memory of the device.</exception>
    public static async Task<GpuChurnResult> RunAsync(
        Func<Task<INodeSession>> start, int device, long totalBytes, GpuBenchmarkPlan plan, CliConsole console,
        IProgress<(long Done, long Total)> progress, CancellationToken cancellationToken)
    {
        var freeBefore = GpuDeviceInfo.FreeBytesOf(device);
        var begun = console.Time.GetTimestamp();
        GpuChurnResult result;
        await using (var node = await start())
        {
            var slab = DeviceNeed.Of(node).Slabs.Single();
            using var memory = GpuScratch.Open(device, plan.BlockBytes, plan.InFlight, plan.InFlight, console.Time);
            var tally = new GpuChurnTally(slab, totalBytes, progress);
            var callers = Enumerable.Range(0, plan.InFlight).Select(number => new GpuChurnCaller(node.Cache, slab, memory, number, plan.BlockBytes, tally));
            await Task.WhenAll(callers.Select(caller => Task.Run(() => caller.RunAsync(cancellationToken), cancellationToken)));
            foreach (var reason in tally.Reasons)
                console.Say($"error: {reason}");
            var tiers = (await node.Cache.StatAsync(cancellationToken)).Tiers;
            result = tally.ResultOf(tiers.First(static tier => tier.Tier == TierKind.Gpu).Evicted);
        }

        var elapsed = console.Time.GetElapsedTime(begun);
        return result with { KeptBytes = freeBefore - GpuDeviceInfo.FreeBytesOf(device), Seconds = Math.Round(elapsed.TotalSeconds, 3) };
    }
}

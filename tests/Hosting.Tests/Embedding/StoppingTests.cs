using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Cascade.Hosting.Tests.Embedding;

/// <summary>What callers and readers see of a node that stops under them.</summary>
public sealed class StoppingTests
{
    [Fact]
    public async Task Call_under_way_while_the_node_stops_is_answered_or_unavailable()
    {
        for (var round = 0; round < 40; round++)
        {
            var node = await TestNode.StartAsync("cascade.tiers.shm.capacity=1MiB");
            var callers = Enumerable.Range(0, 4).Select(caller => Task.Run(() => CallUntilRefusedAsync(node.Cache, caller))).ToArray();
            await Patience.UntilAsync(async () => (await node.Cache.StatAsync()).Tiers[0].Published > 0);
            await node.DisposeAsync();
            foreach (var refusal in await Task.WhenAll(callers))
                Assert.IsType<CascadeUnavailableException>(refusal);
        }
    }

    /// <summary>A process that is being started has, for a moment, all files of the one that starts it.</summary>
    [Fact]
    public async Task Stopped_node_lets_the_next_one_in_while_its_program_starts_processes()
    {
        var cluster = TestNode.UniqueName("fork");
        using var enough = new CancellationTokenSource();
        var starting = Task.Run(() => StartProcessesAsync(enough.Token));
        try
        {
            for (var round = 0; round < 100; round++)
                await (await TestNode.AttachAsync(cluster, "cascade.tiers.shm.capacity=1MiB")).DisposeAsync();
        }
        finally
        {
            await enough.CancelAsync();
            await starting;
            TestNode.RemoveArena(cluster);
        }
    }

    [Fact]
    public async Task Lease_held_while_the_node_is_disposed_stays_readable()
    {
        var node = await TestNode.StartAsync();
        await node.Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1, 1 << 20));
        var got = await node.Cache.GetAsync(Blocks.Key(1));
        await node.DisposeAsync();
        node = null;
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.False(got.Lease.IsHeld);
        Assert.Equal(Blocks.Bytes(1, 1 << 20), got.Lease.Span);
        Assert.Equal(Blocks.Bytes(1, 1 << 20), MemoryMarshal.ToEnumerable(got.Lease.AsMemory()));
        Assert.False(got.Lease.TryRenew(TimeSpan.FromSeconds(1)));
        got.Dispose();
    }

    private static async Task StartProcessesAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            using var process = Process.Start("true");
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>One half of the callers put and delete; the other does what asks an actor and is not waited for by the stop.</summary>
    private static async Task<Exception> CallUntilRefusedAsync(ICascade cache, int caller)
    {
        var bytes = Blocks.Bytes(caller, 4096);
        try
        {
            for (var n = 0; ; n++)
            {
                if (caller % 2 == 0)
                {
                    await cache.PutAsync(Blocks.Key(caller), bytes);
                    await cache.DeleteAsync(Blocks.Key(caller));
                }
                else
                {
                    Assert.False((await cache.GetAsync(Blocks.Key(100 + n))).IsHit);
                }
            }
        }
        catch (Exception e)
        {
            return e;
        }
    }
}

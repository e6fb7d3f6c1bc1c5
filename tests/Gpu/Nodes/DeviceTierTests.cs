using Cascade.Core.Identity;
using Cascade.Hosting;
using Cascade.Hosting.Node;
using Cascade.Hosting.Tests.Cluster;
using Cascade.Hosting.Tests.Embedding;

namespace Cascade.Gpu.Tests.Nodes;

/// <summary>Device memory among the other tiers, of this node and of others.</summary>
public sealed class DeviceTierTests
{
    /// <summary>Blocks that push all others out of 2 MiB of shared memory, and those that do so on a device while shared memory keeps what came last.</summary>
    private const int Flood = 60, DeviceFlood = 20;

    private static readonly string[] SmallMemory = ["cascade.tiers.shm.capacity=2MiB", "cascade.eviction.policy=lru"];

    private int _next = 2000;

    [Fact]
    public async Task Block_that_is_left_on_a_device_alone_is_read_on_the_host_with_its_bytes()
    {
        await using var node = await GpuNode.StartAsync(SmallMemory);
        await LeaveOnDeviceAsync(node, 1);
        using var got = await node.Cache.GetAsync(Blocks.Key(1));
        Assert.True(got.IsHit, got.MissReason);
        Assert.Equal(GpuNode.Bytes(1), got.Lease.Span.ToArray());
        await AssertCopiesAsync(node, 1, TierKind.Gpu, TierKind.Shm);
    }

    [Fact]
    public async Task Last_copy_that_has_to_leave_a_device_goes_to_shared_memory_with_all_its_keys()
    {
        await using var node = await GpuNode.StartAsync(SmallMemory);
        Assert.True((await node.Cache.PutAsync(Blocks.Key(1001), GpuNode.Bytes(1))).IsReadable);
        await LeaveOnDeviceAsync(node, 1);
        await PushOffDeviceAsync(node);
        var device = (await node.Cache.StatAsync()).Tiers[0];
        Assert.True(device.Demoted > 0, device.ToString());
        foreach (var key in new[] { 1, 1001 })
        {
            using var got = await node.Cache.GetAsync(Blocks.Key(key));
            Assert.True(got.IsHit, got.MissReason);
            Assert.Equal(GpuNode.Bytes(1), got.Lease.Span.ToArray());
        }
    }

    [Fact]
    public async Task Last_copy_on_a_device_goes_on_to_files_when_shared_memory_is_full()
    {
        using var folder = new ColdFolder();
        GpuNode.ResetDriver();
        await using var node = await TestNode.StartAsync(folder.Settings([.. GpuNode.Small, .. SmallMemory, "cascade.tiers.cold.admit-reads=0"]));
        for (var n = 0; n < 200; n++)
        {
            await GpuNode.PutAsync(node.Cache, n);
            (await node.Cache.GetAsync(Blocks.Key(n), Tier.Gpu)).Dispose();
        }

        for (var n = 0; n < 200; n++)
        {
            using var got = await node.Cache.GetAsync(Blocks.Key(n), Tier.Gpu);
            Assert.True(got.IsHit, got.MissReason);
            Assert.Equal(GpuNode.Bytes(n), GpuNode.BytesOf(got.Lease));
        }
    }

    [Fact]
    public async Task Block_left_on_a_device_is_put_again_without_being_taken_for_gone()
    {
        await using var node = await GpuNode.StartAsync(SmallMemory);
        await LeaveOnDeviceAsync(node, 1);
        Assert.Equal(PutStatus.AlreadyPresent, (await node.Cache.PutAsync(Blocks.Key(77), GpuNode.Bytes(1))).Status);
        using var got = await node.Cache.GetAsync(Blocks.Key(77));
        Assert.Equal(GpuNode.Bytes(1), got.Lease.Span.ToArray());
        await AssertCopiesAsync(node, 1, TierKind.Gpu, TierKind.Shm);
    }

    [Fact]
    public async Task Deleted_key_of_a_block_left_on_a_device_alone_is_gone()
    {
        await using var node = await GpuNode.StartAsync(SmallMemory);
        await LeaveOnDeviceAsync(node, 1);
        Assert.True(await node.Cache.DeleteAsync(Blocks.Key(1)));
        Assert.False((await node.Cache.GetAsync(Blocks.Key(1))).IsHit);
        Assert.False((await node.Cache.GetAsync(Blocks.Key(1), Tier.Gpu)).IsHit);
        await Patience.UntilAsync(async () => (await node.Cache.StatAsync()).Tiers[0].Blocks == 0);
    }

    [Fact]
    public async Task Protected_block_stays_in_shared_memory_while_it_is_on_a_device_too()
    {
        await using var node = await GpuNode.StartAsync(SmallMemory);
        await LeaveOnDeviceAsync(node, 1);
        Assert.Equal(ProtectStatus.Protected, (await node.Cache.ProtectAsync(new[] { Blocks.Key(1) })).Status);
        await FloodAsync(node);
        await AssertCopiesAsync(node, 1, TierKind.Gpu, TierKind.Shm);
        await PushOffDeviceAsync(node);
        using var got = await node.Cache.GetAsync(Blocks.Key(1));
        Assert.Equal(TierKind.Shm, got.Lease.Tier);
    }

    [Fact]
    public async Task Block_left_on_a_device_of_one_node_is_read_by_another()
    {
        GpuNode.ResetDriver();
        await using var nodes = await TestNodes.StartAsync(2, SmallMemory);
        await nodes.StopAsync(1);
        await nodes.AddAsync(1, GpuNode.Small);
        await nodes.AgreeAsync();
        await GpuNode.PutAsync(nodes[1].Cache, 1);
        (await nodes[1].Cache.GetAsync(Blocks.Key(1), Tier.Gpu)).Dispose();
        await Patience.UntilAsync(async () =>
        {
            await FloodAsync(nodes[1]);
            return (await nodes[0].Cache.StatAsync(Blocks.Key(1)))!.Block.Copies.All(static copy => copy.Tier == TierKind.Gpu);
        });
        using var got = await nodes[0].Cache.GetAsync(Blocks.Key(1));
        Assert.True(got.IsHit, got.MissReason);
        Assert.Equal(GpuNode.Bytes(1), got.Lease.Span.ToArray());
        using var onDevice = await nodes[1].Cache.GetAsync(Blocks.Key(1), Tier.Gpu);
        Assert.Equal(GpuNode.Bytes(1), GpuNode.BytesOf(onDevice.Lease));
    }

    [Fact]
    public async Task Block_of_another_node_comes_up_on_this_ones_device_and_is_deleted_from_there_too()
    {
        GpuNode.ResetDriver();
        await using var nodes = await TestNodes.StartAsync(2);
        await nodes.StopAsync(1);
        await nodes.AddAsync(1, GpuNode.Small);
        await nodes.AgreeAsync();
        await GpuNode.PutAsync(nodes[0].Cache, 1);
        using (var got = await nodes[1].Cache.GetAsync(Blocks.Key(1), Tier.Gpu))
            Assert.Equal(GpuNode.Bytes(1), GpuNode.BytesOf(got.Lease));
        Assert.True(await nodes[0].Cache.DeleteAsync(Blocks.Key(1)));
        Assert.False((await nodes[1].Cache.GetAsync(Blocks.Key(1), Tier.Gpu)).IsHit);
    }

    [Fact]
    public async Task Device_that_fails_takes_its_copies_along_and_the_node_goes_on()
    {
        await using var node = await GpuNode.StartAsync();
        for (var n = 0; n < 10; n++)
        {
            await GpuNode.PutAsync(node.Cache, n);
            (await node.Cache.GetAsync(Blocks.Key(n), Tier.Gpu)).Dispose();
        }

        DriverStandIn.Break(0, DriverStandIn.IllegalAddress);
        await GpuNode.PutAsync(node.Cache, 10);
        Assert.False((await node.Cache.GetAsync(Blocks.Key(10), Tier.Gpu)).IsHit);
        await Patience.UntilAsync(async () => (await node.Cache.StatAsync()).Tiers[0].Blocks == 0);
        Assert.Contains("illegal", (await node.Cache.GetAsync(Blocks.Key(10), Tier.Gpu)).MissReason, StringComparison.OrdinalIgnoreCase);
        for (var n = 0; n <= 10; n++)
        {
            await AssertCopiesAsync(node, n, TierKind.Shm);
            using var got = await node.Cache.GetAsync(Blocks.Key(n));
            Assert.Equal(GpuNode.Bytes(n), got.Lease.Span.ToArray());
        }

        Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(Blocks.Key(50), GpuNode.Bytes(50))).Status);
    }

    [Fact]
    public async Task One_device_of_two_that_fails_leaves_the_other_at_work()
    {
        GpuNode.ResetDriver(devices: 2);
        await using var node = await TestNode.StartAsync(GpuNode.Small);
        for (var n = 0; n < 10; n++)
        {
            await GpuNode.PutAsync(node.Cache, n);
            (await node.Cache.GetAsync(Blocks.Key(n), Tier.Gpu)).Dispose();
        }

        DriverStandIn.Break(1, DriverStandIn.IllegalAddress);
        for (var n = 0; n < 30; n++)
        {
            await node.Cache.PutAsync(Blocks.Key(n), GpuNode.Bytes(n));
            using var got = await node.Cache.GetAsync(Blocks.Key(n), Tier.Gpu);
            if (got.IsHit && got.Lease.Device == 0)
                Assert.Equal(GpuNode.Bytes(n), GpuNode.BytesOf(got.Lease));
        }

        using var last = await node.Cache.GetAsync(Blocks.Key(29), Tier.Gpu);
        Assert.True(last.IsHit, last.MissReason);
        Assert.Equal(0, last.Lease.Device);
    }

    /// <summary>Has a block on the device whose copy in shared memory was evicted.</summary>
    private async Task LeaveOnDeviceAsync(CascadeNode node, int n)
    {
        await GpuNode.PutAsync(node.Cache, n);
        (await node.Cache.GetAsync(Blocks.Key(n), Tier.Gpu)).Dispose();
        await Patience.UntilAsync(async () =>
        {
            await FloodAsync(node);
            return (await node.Cache.StatAsync(Blocks.Key(n)))!.Block.Copies.All(static copy => copy.Tier == TierKind.Gpu);
        });
    }

    private async Task FloodAsync(CascadeNode node)
    {
        for (var n = 0; n < Flood; n++)
            await GpuNode.PutAsync(node.Cache, _next++);
    }

    /// <summary>Asks for so much on the device that nothing stays there.</summary>
    private async Task PushOffDeviceAsync(CascadeNode node)
    {
        var id = GpuSandbox.IdOf(GpuNode.Bytes(1));
        await Patience.UntilAsync(async () =>
        {
            for (var n = 0; n < DeviceFlood; n++)
            {
                await GpuNode.PutAsync(node.Cache, _next);
                (await node.Cache.GetAsync(Blocks.Key(_next++), Tier.Gpu)).Dispose();
            }

            return !node.Parts.Gpu!.Pool.TryDescribe(id, out _);
        });
    }

    private static async Task AssertCopiesAsync(CascadeNode node, int n, params TierKind[] tiers) =>
        Assert.Equal(tiers, (await node.Cache.StatAsync(Blocks.Key(n)))!.Block.Copies.Select(static copy => copy.Tier).Order());
}

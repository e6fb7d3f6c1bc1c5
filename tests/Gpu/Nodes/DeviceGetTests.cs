using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Hosting;
using Cascade.Hosting.Tests.Embedding;
using Cascade.Tiers.Gpu;

namespace Cascade.Gpu.Tests.Nodes;

/// <summary>A node whose blocks are read in device memory.</summary>
public sealed class DeviceGetTests
{
    [Fact]
    public async Task Block_comes_up_when_it_is_asked_for_on_a_device_and_is_found_there_from_then_on()
    {
        await using (var node = await GpuNode.StartAsync())
        {
            await GpuNode.PutAsync(node.Cache, 1);
            using (var first = await node.Cache.GetAsync(Blocks.Key(1), Tier.Gpu))
            {
                Assert.True(first.IsHit, first.MissReason);
                Assert.Equal(GpuNode.Bytes(1), GpuNode.BytesOf(first.Lease));
                Assert.Equal(0, first.Lease.Device);
            }

            var again = node.Cache.GetAsync(Blocks.Key(1), Tier.Gpu);
            Assert.True(again.IsCompletedSuccessfully);
            (await again).Dispose();
            var tiers = (await node.Cache.StatAsync()).Tiers;
            Assert.Equal([TierKind.Gpu, TierKind.Shm], tiers.Select(static tier => tier.Tier));
            Assert.Equal(1, tiers[0].Blocks);
            Assert.Equal([TierKind.Gpu, TierKind.Shm], (await node.Cache.StatAsync(Blocks.Key(1)))!.Block.Copies.Select(static copy => copy.Tier).Order());
            Assert.Equal((GpuNode.BlockBytes, 0L), node.Parts.Gpu!.Pool.Slabs.Single().CopiedBytes(GpuCopyKind.ToDevice));
        }

        DriverStandIn.AssertEmpty();
    }

    [Fact]
    public async Task Lease_of_a_block_on_a_device_allocates_nothing()
    {
        await using var node = await GpuNode.StartAsync();
        await GpuNode.PutAsync(node.Cache, 1);
        var key = Blocks.Key(1);
        (await node.Cache.GetAsync(key, Tier.Gpu)).Dispose();
        for (var warm = 0; warm < 2; warm++)
            Lease(100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Lease(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Lease(int times)
        {
            for (var n = 0; n < times; n++)
            {
                var got = node.Cache.GetAsync(key, Tier.Gpu);
                Assert.True(got.IsCompletedSuccessfully);
#pragma warning disable xUnit1031 // It has completed: awaiting it is what would allocate.
                got.Result.Dispose();
#pragma warning restore xUnit1031
            }
        }
    }

    [Fact]
    public async Task Block_that_many_ask_for_at_once_comes_up_once()
    {
        GpuNode.ResetDriver(delayMicroseconds: 200);
        await using var node = await TestNode.StartAsync(GpuNode.Small);
        await GpuNode.PutAsync(node.Cache, 1);
        var all = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () => await node.Cache.GetAsync(Blocks.Key(1), Tier.Gpu))));
        Assert.All(all, got => Assert.Equal(GpuNode.Bytes(1), GpuNode.BytesOf(got.Lease)));
        Assert.Equal((GpuNode.BlockBytes, 0L), node.Parts.Gpu!.Pool.Slabs.Single().CopiedBytes(GpuCopyKind.ToDevice));
        Assert.Equal(1, (await node.Cache.StatAsync()).Tiers[0].Published);
        foreach (var got in all)
            got.Dispose();
    }

    [Fact]
    public async Task Bytes_that_were_given_up_while_they_were_copied_are_not_published()
    {
        await using var node = await GpuNode.StartAsync();
        await GpuNode.PutAsync(node.Cache, 1);
        using var host = await node.Cache.GetAsync(Blocks.Key(1));
        var answer = await node.Parts.Gpu!.Mover!.BringUpAsync(
            host.Lease.Id, default, host.Lease.Address, host.Lease.LengthBytes, fromDevice: false, static () => false, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));
        Assert.IsType<Busy>(answer);
        await Patience.UntilAsync(async () => (await node.Cache.StatAsync()).Tiers[0] is { Blocks: 0 } tier && tier.FreeBytes == tier.CapacityBytes);
    }

    [Fact]
    public async Task Unknown_key_is_a_plain_miss_on_a_device_too()
    {
        await using var node = await GpuNode.StartAsync();
        var got = await node.Cache.GetAsync(Blocks.Key(1), Tier.Gpu);
        Assert.False(got.IsHit);
        Assert.Null(got.MissReason);
    }

    [Fact]
    public async Task Node_without_device_memory_says_so()
    {
        GpuNode.ResetDriver();
        await using var node = await TestNode.StartAsync();
        await GpuNode.PutAsync(node.Cache, 1);
        Assert.Contains("cascade.tiers.gpu.capacity", (await node.Cache.GetAsync(Blocks.Key(1), Tier.Gpu)).MissReason, StringComparison.Ordinal);
        Assert.Contains("cascade.tiers.gpu.capacity", (await node.Cache.GetIntoDeviceAsync(Blocks.Key(1), new DeviceMemory(4096, 4096))).MissReason, StringComparison.Ordinal);
        var put = await node.Cache.PutFromDeviceAsync(Blocks.Key(1), new DeviceMemory(4096, 4096));
        Assert.Equal(PutStatus.Refused, put.Status);
        Assert.Throws<InvalidOperationException>(() => node.Cache.ExportSlab());
    }

    [Fact]
    public async Task More_blocks_than_a_device_holds_are_all_read_there_with_their_own_bytes()
    {
        await using (var node = await GpuNode.StartAsync())
        {
            for (var n = 0; n < 60; n++)
                await GpuNode.PutAsync(node.Cache, n);
            for (var round = 0; round < 3; round++)
            {
                for (var n = 0; n < 60; n++)
                {
                    using var got = await node.Cache.GetAsync(Blocks.Key(n), Tier.Gpu);
                    Assert.True(got.IsHit, got.MissReason);
                    Assert.Equal(GpuNode.Bytes(n), GpuNode.BytesOf(got.Lease));
                }
            }

            var device = (await node.Cache.StatAsync()).Tiers[0];
            Assert.True(device.Evicted > 0);
            Assert.Equal(0, device.Demoted);
        }

        DriverStandIn.AssertEmpty();
    }

    [Fact]
    public async Task Leased_blocks_stay_where_they_are_and_a_full_device_is_a_miss_in_time()
    {
        await using var node = await GpuNode.StartAsync();
        var held = new List<GpuGetResult>();
        for (var n = 0; n < 20; n++)
        {
            await GpuNode.PutAsync(node.Cache, n);
            held.Add(await node.Cache.GetAsync(Blocks.Key(n), Tier.Gpu, new GetOptions { Deadline = TimeSpan.FromMilliseconds(n < 12 ? 5000 : 100) }));
        }

        Assert.Contains(held, static got => !got.IsHit && got.MissReason is not null);
        foreach (var (n, got) in held.Index().Where(static got => got.Item.IsHit))
            Assert.Equal(GpuNode.Bytes(n), GpuNode.BytesOf(got.Lease));
        foreach (var got in held)
            got.Dispose();
        using var after = await node.Cache.GetAsync(Blocks.Key(19), Tier.Gpu);
        Assert.True(after.IsHit, after.MissReason);
    }

    [Fact]
    public async Task Blocks_spread_over_devices_and_each_lease_says_which()
    {
        GpuNode.ResetDriver(devices: 2);
        await using (var node = await TestNode.StartAsync(GpuNode.Small))
        {
            var devices = new HashSet<int>();
            for (var n = 0; n < 10; n++)
            {
                await GpuNode.PutAsync(node.Cache, n);
                using var got = await node.Cache.GetAsync(Blocks.Key(n), Tier.Gpu);
                Assert.Equal(GpuNode.Bytes(n), GpuNode.BytesOf(got.Lease));
                devices.Add(got.Lease.Device);
            }

            Assert.Equal([0, 1], devices.Order());
            Assert.Equal(2 << 20, (await node.Cache.StatAsync()).Tiers[0].CapacityBytes);
        }

        DriverStandIn.AssertEmpty();
    }

    [Fact]
    public async Task Two_keys_of_one_block_share_its_copy()
    {
        await using var node = await GpuNode.StartAsync();
        Assert.True((await node.Cache.PutAsync(Blocks.Key(1), GpuNode.Bytes(7))).IsReadable);
        Assert.True((await node.Cache.PutAsync(Blocks.Key(2), GpuNode.Bytes(7))).IsReadable);
        using var one = await node.Cache.GetAsync(Blocks.Key(1), Tier.Gpu);
        using var two = await node.Cache.GetAsync(Blocks.Key(2), Tier.Gpu);
        Assert.Equal(one.Lease.DevicePointer, two.Lease.DevicePointer);
        var again = node.Cache.GetAsync(Blocks.Key(2), Tier.Gpu);
        Assert.True(again.IsCompletedSuccessfully);
        (await again).Dispose();
    }

    [Fact]
    public async Task Deleted_key_is_found_on_no_device()
    {
        await using var node = await GpuNode.StartAsync();
        await GpuNode.PutAsync(node.Cache, 1);
        (await node.Cache.GetAsync(Blocks.Key(1), Tier.Gpu)).Dispose();
        Assert.True(await node.Cache.DeleteAsync(Blocks.Key(1)));
        Assert.False((await node.Cache.GetAsync(Blocks.Key(1), Tier.Gpu)).IsHit);
        Assert.Null(await node.Cache.StatAsync(Blocks.Key(1)));
        await Patience.UntilAsync(async () => (await node.Cache.StatAsync()).Tiers.All(static tier => tier.Blocks == 0));
    }

    [Fact]
    public async Task Key_that_is_put_with_other_bytes_gives_these_on_the_device()
    {
        await using var node = await GpuNode.StartAsync();
        await GpuNode.PutAsync(node.Cache, 1);
        (await node.Cache.GetAsync(Blocks.Key(1), Tier.Gpu)).Dispose();
        Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(Blocks.Key(1), GpuNode.Bytes(2))).Status);
        using var got = await node.Cache.GetAsync(Blocks.Key(1), Tier.Gpu);
        Assert.Equal(GpuNode.Bytes(2), GpuNode.BytesOf(got.Lease));
    }

    [Fact]
    public async Task Slab_that_is_exported_has_a_block_where_its_lease_says()
    {
        await using var node = await GpuNode.StartAsync();
        await GpuNode.PutAsync(node.Cache, 1);
        using var got = await node.Cache.GetAsync(Blocks.Key(1), Tier.Gpu);
        var export = node.Cache.ExportSlab();
        using var mapping = GpuSlabMapping.Open(0, export);
        Assert.Equal(GpuNode.Bytes(1), GpuSandbox.DeviceSpan(mapping.DevicePointer + (nint)got.Lease.OffsetBytes, GpuNode.BlockBytes).ToArray());
        Assert.Throws<InvalidOperationException>(() => node.Cache.ExportSlab(3));
    }
}

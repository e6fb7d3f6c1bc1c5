using Cascade.Core.Identity;
using Cascade.Gpu.Tests.Ptx;
using Cascade.Hosting;
using Cascade.Hosting.Tests.Embedding;
using Cascade.Tiers.Gpu;

namespace Cascade.Gpu.Tests.Nodes;

/// <summary>Blocks that come from, and go to, device memory of the caller's own.</summary>
public sealed class DevicePutTests
{
    [Fact]
    public async Task Put_from_a_device_is_named_there_and_read_from_either_memory()
    {
        await using (var node = await GpuNode.StartAsync())
        {
            using var buffer = GpuNode.Take(GpuNode.Bytes(1));
            var put = await node.Cache.PutFromDeviceAsync(Blocks.Key(1), buffer.Memory);
            Assert.Null(PtxDevice.Trouble);
            Assert.Equal((PutStatus.Stored, GpuSandbox.IdOf(GpuNode.Bytes(1))), (put.Status, put.Id));
            using var host = await node.Cache.GetAsync(Blocks.Key(1));
            Assert.Equal(GpuNode.Bytes(1), host.Lease.Span.ToArray());
            var device = node.Cache.GetAsync(Blocks.Key(1), Tier.Gpu);
            Assert.True(device.IsCompletedSuccessfully);
            using var got = await device;
            Assert.Equal(GpuNode.Bytes(1), GpuNode.BytesOf(got.Lease));
        }

        DriverStandIn.AssertEmpty();
    }

    [Fact]
    public async Task Bytes_that_are_here_already_do_not_leave_the_device()
    {
        await using var node = await GpuNode.StartAsync();
        await GpuNode.PutAsync(node.Cache, 1);
        using var buffer = GpuNode.Take(GpuNode.Bytes(1));
        var put = await node.Cache.PutFromDeviceAsync(Blocks.Key(2), buffer.Memory);
        Assert.Equal((PutStatus.AlreadyPresent, GpuSandbox.IdOf(GpuNode.Bytes(1))), (put.Status, put.Id));
        Assert.Equal((0L, 0L), node.Parts.Gpu!.Pool.Slabs.Single().CopiedBytes(GpuCopyKind.CallerToHost));
        using var got = await node.Cache.GetAsync(Blocks.Key(2));
        Assert.Equal(GpuNode.Bytes(1), got.Lease.Span.ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public async Task Bytes_at_any_address_are_put_right(int offset)
    {
        await using var node = await GpuNode.StartAsync();
        using var buffer = GpuNode.Take(GpuNode.Bytes(1));
        var memory = buffer.Memory with { Pointer = buffer.Memory.Pointer + offset, LengthBytes = 10_001 };
        var put = await node.Cache.PutFromDeviceAsync(Blocks.Key(1), memory);
        Assert.Equal(PutStatus.Stored, put.Status);
        using var got = await node.Cache.GetAsync(Blocks.Key(1));
        Assert.Equal(GpuNode.Bytes(1)[offset..(offset + 10_001)], got.Lease.Span.ToArray());
        Assert.Equal(GpuSandbox.IdOf(got.Lease.Span), put.Id);
    }

    [Fact]
    public async Task Wrong_id_is_refused_and_nothing_is_stored()
    {
        await using var node = await GpuNode.StartAsync();
        using var buffer = GpuNode.Take(GpuNode.Bytes(1));
        foreach (var memory in new[] { buffer.Memory, buffer.Memory with { Pointer = buffer.Memory.Pointer + 1, LengthBytes = 1000 } })
        {
            await Assert.ThrowsAsync<ArgumentException>(
                async () => await node.Cache.PutFromDeviceAsync(Blocks.Key(1), memory, new PutOptions { Id = GpuSandbox.IdOf(GpuNode.Bytes(2)) }));
        }

        Assert.False((await node.Cache.GetAsync(Blocks.Key(1))).IsHit);
        Assert.Equal(2, (await node.Cache.StatAsync()).Tiers.Count(static tier => tier.FreeBytes == tier.CapacityBytes));
    }

    [Fact]
    public async Task Calls_that_can_never_work_say_why()
    {
        await using var node = await GpuNode.StartAsync();
        await GpuNode.PutAsync(node.Cache, 1);
        using var buffer = GpuNode.Take(GpuNode.Bytes(1));
        var other = await Assert.ThrowsAsync<ArgumentException>(async () => await node.Cache.PutFromDeviceAsync(Blocks.Key(2), buffer.Memory with { Device = 3 }));
        Assert.Contains("device 3", other.Message, StringComparison.Ordinal);
        var small = await Assert.ThrowsAsync<ArgumentException>(
            async () => await node.Cache.GetIntoDeviceAsync(Blocks.Key(1), buffer.Memory with { LengthBytes = 100 }));
        Assert.Contains("65536 bytes and the destination 100", small.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(async () => await node.Cache.GetIntoDeviceAsync(Blocks.Key(1), default));
        Assert.Equal(PutStatus.Refused, (await node.Cache.PutFromDeviceAsync(Blocks.Key(2), buffer.Memory with { LengthBytes = 0 })).Status);
    }

    [Fact]
    public async Task Put_does_not_wait_for_room_on_a_device_whose_blocks_are_all_leased()
    {
        await using var node = await GpuNode.StartAsync();
        var held = new List<GpuGetResult>();
        for (var n = 0; n < 20; n++)
        {
            await GpuNode.PutAsync(node.Cache, n);
            held.Add(await node.Cache.GetAsync(Blocks.Key(n), Tier.Gpu, new GetOptions { Deadline = TimeSpan.FromMilliseconds(100) }));
        }

        using var buffer = GpuNode.Take(GpuNode.Bytes(99));
        Assert.Equal(PutStatus.Stored, (await node.Cache.PutFromDeviceAsync(Blocks.Key(99), buffer.Memory)).Status);
        using var got = await node.Cache.GetAsync(Blocks.Key(99));
        Assert.Equal(GpuNode.Bytes(99), got.Lease.Span.ToArray());
        held.ForEach(static lease => lease.Dispose());
    }

    [Fact]
    public async Task Block_is_copied_into_memory_of_the_caller_and_comes_to_stay_when_that_is_often()
    {
        await using var node = await GpuNode.StartAsync("cascade.tracker.promote-after-hits=3");
        await GpuNode.PutAsync(node.Cache, 1);
        using var buffer = GpuNode.Take(new byte[GpuNode.BlockBytes + 5]);
        for (var read = 1; read <= 3; read++)
        {
            Assert.False(node.Parts.Gpu!.Pool.TryDescribe(GpuSandbox.IdOf(GpuNode.Bytes(1)), out _));
            var got = await node.Cache.GetIntoDeviceAsync(Blocks.Key(1), buffer.Memory);
            Assert.Equal(new GetIntoDeviceResult(true, GpuNode.BlockBytes, TierKind.Shm), got);
            Assert.Equal(GpuNode.Bytes(1), buffer.Bytes[..GpuNode.BlockBytes].ToArray());
            Assert.Equal(new byte[5], buffer.Bytes[GpuNode.BlockBytes..].ToArray());
        }

        await Patience.UntilAsync(async () => (await node.Cache.StatAsync()).Tiers[0].Blocks == 1);
        await Patience.UntilAsync(async () => (await node.Cache.GetIntoDeviceAsync(Blocks.Key(1), buffer.Memory)).Tier == TierKind.Gpu);
        Assert.Equal(GpuNode.Bytes(1), buffer.Bytes[..GpuNode.BlockBytes].ToArray());
    }

    [Fact]
    public async Task Many_puts_and_gets_at_once_through_small_device_memory_are_all_right()
    {
        await using (var node = await GpuNode.StartAsync("cascade.tiers.shm.capacity=2MiB"))
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() => WorkAsync(node.Cache, worker))));
            Assert.Null(PtxDevice.Trouble);
            Assert.Equal(0, (await node.Cache.StatAsync()).Tiers.Sum(static tier => tier.Corrupt));
        }

        DriverStandIn.AssertEmpty();

        static async Task WorkAsync(ICascade cache, int worker)
        {
            var random = new Random(worker);
            using var buffer = new DeviceBuffer(8192);
            for (var step = 0; step < 300; step++)
            {
                var n = random.Next(400);
                var bytes = Blocks.Bytes(n, 1 + (n * 20));
                switch (random.Next(4))
                {
                    case 0:
                        await cache.PutAsync(Blocks.Key(n), bytes);
                        break;
                    case 1:
                        bytes.CopyTo(GpuSandbox.DeviceSpan(buffer.Memory.Pointer, bytes.Length));
                        await cache.PutFromDeviceAsync(Blocks.Key(n), buffer.Memory with { LengthBytes = bytes.Length });
                        break;
                    case 2:
                        using (var got = await cache.GetAsync(Blocks.Key(n), Tier.Gpu))
                        {
                            if (got.IsHit)
                                Assert.Equal(bytes, GpuNode.BytesOf(got.Lease));
                        }

                        break;
                    default:
                        if (await cache.GetIntoDeviceAsync(Blocks.Key(n), buffer.Memory) is { IsHit: true })
                            Assert.True(buffer.Bytes[..bytes.Length].SequenceEqual(bytes));
                        break;
                }
            }
        }
    }
}

using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Tiers.Gpu;
using Cascade.Tiers.Shm;

namespace Cascade.Gpu.Tests;

public sealed class GpuSlabTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Block_comes_back_as_it_was_put_and_is_found_by_id_and_key()
    {
        using (var box = new GpuSandbox())
        {
            var bytes = GpuSandbox.Bytes(200_001, seed: 1);
            var copy = box.Put(bytes, "k");
            Assert.Equal((GpuSandbox.Node, TierKind.Gpu, 200_001L), (copy.Node, copy.Tier, copy.LengthBytes));
            Assert.Equal(LeaseOutcome.Leased, box.Slab.Directory.Lease(GpuSandbox.KeyOf("k"), Minute, out var lease));
            Assert.Equal((box.Slab.AddressOf(copy), 200_001L, GpuSandbox.IdOf(bytes), 0), (lease.DevicePointer, lease.LengthBytes, lease.Id, lease.Device));
            Assert.True(GpuSandbox.DeviceSpan(lease.DevicePointer, bytes.Length).SequenceEqual(bytes));

            var back = box.Start(GpuCopyKind.ToHost, lease.DevicePointer, box.Host + 1_000_003, bytes.Length);
            box.Finish();
            Assert.True(back.Only.Succeeded);
            Assert.True(box.HostSpan(1_000_003, bytes.Length).SequenceEqual(bytes));
            Assert.Equal((0L, 200_001L), box.Slab.CopiedBytes(GpuCopyKind.ToHost));
            lease.Dispose();
            Assert.Equal(LeaseOutcome.Leased, box.Slab.Directory.Lease(GpuSandbox.IdOf(bytes), Minute, out lease));
            Assert.Equal(LeaseOutcome.Leased, box.Slab.Directory.Lease(copy, Minute, out var second));
            Assert.Equal(2, box.Slab.Directory.HeldLeases);
            Assert.NotEqual(lease, second);
        }

        DriverStandIn.AssertEmpty();
    }

    [Fact]
    public void Leased_copy_is_not_freed_until_its_lease_ends()
    {
        using var box = new GpuSandbox();
        var copy = box.Put(GpuSandbox.Bytes(5_000, seed: 2));
        Assert.Equal(LeaseOutcome.Leased, box.Slab.Directory.Lease(copy, Minute, out var lease));
        Assert.False(box.Slab.TryFree(copy.Slot, copy.Generation));
        lease.Dispose();
        Assert.True(box.Slab.TryFree(copy.Slot, copy.Generation));
        Assert.Equal(LeaseOutcome.Missing, box.Slab.Directory.Lease(copy, Minute, out _));
        Assert.Equal(box.Slab.CapacityBytes, box.Slab.FreeBytes);
    }

    [Fact]
    public void Lease_and_look_up_allocate_nothing()
    {
        using var box = new GpuSandbox();
        var copy = box.Put(GpuSandbox.Bytes(5_000, seed: 3), "k");
        var key = GpuSandbox.KeyOf("k");
        LeaseAndEnd(box.Slab.Directory, key, copy, 100);

        // The runtime may charge the thread for recompiling what has become hot; what leasing itself allocated would show in every round.
        var allocatedBytesMin = long.MaxValue;
        for (var round = 0; round < 10; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            LeaseAndEnd(box.Slab.Directory, key, copy, 1_000);
            allocatedBytesMin = Math.Min(allocatedBytesMin, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, allocatedBytesMin);
    }

    [Fact]
    public void Size_by_share_follows_what_is_free()
    {
        DriverStandIn.Reset(bytesADevice: 100 << 20);
        using var box = new GpuSandbox(o => o with { CapacityBytes = 0, FreeShare = 0.5 }, reset: false);
        Assert.Equal(50 << 20, box.Slab.CapacityBytes);
    }

    [Fact]
    public void Slab_shrinks_to_what_can_be_had()
    {
        DriverStandIn.Reset(bytesADevice: 6 << 20);
        using var box = new GpuSandbox(reset: false);

        // 8, 7 and 6.125 MiB are too much.
        Assert.Equal((8 << 20) / 8 * 7 / 8 * 7 / 8 * 7, box.Slab.CapacityBytes);
    }

    [Fact]
    public void Slab_that_may_not_shrink_is_refused_in_words_and_leaves_nothing()
    {
        DriverStandIn.Reset(bytesADevice: 6 << 20);
        var refusal = Assert.Throws<GpuRefusedException>(() => new GpuSandbox(o => o with { AllowSmaller = false }, reset: false));
        Assert.Equal("Device 0 (Stand-in 0) has 6 MiB of 6 MiB free, too little for a slab of 8 MiB: ask for less, or start before what else uses it.", refusal.Message);
        refusal = Assert.Throws<GpuRefusedException>(() => new GpuSandbox(o => o with { MinCapacityBytes = 7 << 20 }, reset: false));
        Assert.Contains("8 MiB or down to 7 MiB", refusal.Message, StringComparison.Ordinal);
        DriverStandIn.AssertEmpty();
    }

    [Fact]
    public void Share_of_too_little_memory_is_refused()
    {
        DriverStandIn.Reset(bytesADevice: 1 << 20);
        Assert.Throws<GpuRefusedException>(() => new GpuSandbox(o => o with { CapacityBytes = 0 }, reset: false));
        DriverStandIn.AssertEmpty();
    }

    [Fact]
    public void Device_that_is_not_there_is_refused_in_words()
    {
        DriverStandIn.Reset(devices: 2);
        var refusal = Assert.Throws<GpuRefusedException>(() => new GpuSandbox(o => o with { Device = 2 }, reset: false));
        Assert.Equal("There is no device 2: this process sees 2, counted from 0. See CUDA_VISIBLE_DEVICES.", refusal.Message);
    }

    [Fact]
    public void Devices_are_listed_with_what_tells_them_apart()
    {
        DriverStandIn.Reset(devices: 2);
        var devices = GpuDeviceInfo.List();
        Assert.Equal(2, devices.Count);
        Assert.Equal(new GpuDeviceInfo(1, "Stand-in 1", "10111213-1415-1617-1819-1a1b1c1d1e1f", 1L << 30, 90, 2), devices[1]);
        DriverStandIn.AssertEmpty();
    }

    [Fact]
    public void Slabs_of_several_devices_keep_apart()
    {
        DriverStandIn.Reset(devices: 2);
        using (var first = new GpuSandbox(reset: false))
        using (var second = new GpuSandbox(o => o with { Device = 1 }, reset: false))
        {
            var copy = second.Put(GpuSandbox.Bytes(9_000, seed: 4), "k");
            Assert.False(first.Slab.Directory.Contains(GpuSandbox.KeyOf("k")));
            Assert.Equal(LeaseOutcome.Leased, second.Slab.Directory.Lease(copy, Minute, out var lease));
            Assert.Equal(1, lease.Device);
            DriverStandIn.Break(1, DriverStandIn.IllegalAddress);
            second.Start(GpuCopyKind.ToHost, lease.DevicePointer, second.Host, 100);
            second.Finish();
            Assert.NotNull(second.Slab.Failure);
            first.Put(GpuSandbox.Bytes(9_000, seed: 5));
            Assert.Null(first.Slab.Failure);
        }

        DriverStandIn.AssertEmpty();
    }

    [Fact]
    public void Exported_slab_is_mapped_by_its_handle()
    {
        using var box = new GpuSandbox();
        var bytes = GpuSandbox.Bytes(9_000, seed: 6);
        var copy = box.Put(bytes);
        var export = box.Slab.Export();
        Assert.Equal((64, box.Slab.CapacityBytes, box.Slab.Device.Uuid), (export.Handle.Length, export.CapacityBytes, export.DeviceUuid));
        using var mapping = GpuSlabMapping.Open(0, export);
        Assert.Equal(1, DriverStandIn.Count("imports"));
        Assert.True(GpuSandbox.DeviceSpan(mapping.DevicePointer + (nint)copy.OffsetBytes, bytes.Length).SequenceEqual(bytes));
        mapping.Dispose();
        Assert.Equal(0, DriverStandIn.Count("imports"));
        Assert.Throws<GpuRefusedException>(() => GpuSlabMapping.Open(0, export with { DeviceUuid = "other" }));
    }

    [Fact]
    public void Option_outside_its_range_is_refused_in_words()
    {
        DriverStandIn.Reset();
        var wrong = new Func<GpuSlabOptions, GpuSlabOptions>[]
        {
            o => o with { CapacityBytes = 4095 }, o => o with { CapacityBytes = -4096 }, o => o with { FreeShare = 0 }, o => o with { FreeShare = 1.1 },
            o => o with { MinCapacityBytes = 0 }, o => o with { SlotCount = -1 }, o => o with { MaxLeases = 0 }, o => o with { CopiesMax = 0 },
            o => o with { PiecesInFlight = 1 }, o => o with { PieceBytes = 100 }, o => o with { StreamsPerDirection = 0 }, o => o with { StallLimit = default },
        };
        Assert.All(wrong, change =>
        {
            var refusal = Assert.Throws<ArgumentException>(() => new GpuSandbox(change, reset: false));
            Assert.StartsWith("Device memory cannot have", refusal.Message, StringComparison.Ordinal);
        });
        DriverStandIn.AssertEmpty();
    }

    private static void LeaseAndEnd(GpuDirectory directory, KeyDigest key, in CopyLocation copy, int times)
    {
        for (var time = 0; time < times; time++)
        {
            if (directory.Lease(key, Minute, out var lease) != LeaseOutcome.Leased || !lease.IsHeld || !lease.TryRenew(Minute))
                throw new InvalidOperationException("The block is not leased.");
            lease.Dispose();
            if (directory.Lease(copy, Minute, out lease) != LeaseOutcome.Leased || !directory.Contains(key))
                throw new InvalidOperationException("The copy is not leased.");
            lease.Dispose();
        }
    }
}

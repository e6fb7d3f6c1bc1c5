using Cascade.Core.Placement;
using Cascade.Tiers.Gpu;
using Cascade.Tiers.Native;
using Cascade.Tiers.Shm;

namespace Cascade.Gpu.Tests;

public sealed class GpuCopyTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Staged_copy_has_several_pieces_in_flight_and_no_more_than_its_ring()
    {
        using var box = new GpuSandbox();
        Assert.True(box.Slab.TryReserve(10 * GpuSandbox.PieceBytes, out var room));
        var copy = box.Start(GpuCopyKind.ToDevice, box.Host, box.Slab.AddressOf(room), 10 * GpuSandbox.PieceBytes);
        Assert.Equal(GpuPace.Moving, box.Slab.Copier.Turn());
        Assert.Equal(4, DriverStandIn.Calls("cuMemcpyHtoDAsync_v2"));
        Assert.Equal(GpuPace.Waiting, box.Slab.Copier.Turn());
        Assert.Equal(4, DriverStandIn.Calls("cuMemcpyHtoDAsync_v2"));
        box.Finish();
        Assert.True(copy.Only.Succeeded);
        Assert.Equal(10, DriverStandIn.Calls("cuMemcpyHtoDAsync_v2"));
        Assert.Equal((0L, 10L * GpuSandbox.PieceBytes), box.Slab.CopiedBytes(GpuCopyKind.ToDevice));
        Assert.Equal(GpuPace.Idle, box.Slab.Copier.Turn());
        box.Slab.Cancel(room);
    }

    [Fact]
    public void Copy_ends_only_when_its_last_piece_has_arrived()
    {
        using var box = new GpuSandbox();
        Assert.True(box.Slab.TryReserve(2 * GpuSandbox.PieceBytes, out var room));
        GpuSandbox.Bytes(2 * GpuSandbox.PieceBytes, seed: 1).CopyTo(box.HostSpan(0, 2 * GpuSandbox.PieceBytes));
        var copy = box.Start(GpuCopyKind.ToDevice, box.Host, box.Slab.AddressOf(room), 2 * GpuSandbox.PieceBytes);
        box.Slab.Copier.Turn();

        // Two copies and two events, on two streams.
        for (var step = 0; step < 3; step++)
        {
            Assert.Equal(1, DriverStandIn.Step(1));
            box.Slab.Copier.Turn();
            Assert.Empty(copy.Results);
        }

        Assert.Equal(1, DriverStandIn.Step(1));
        box.Slab.Copier.Turn();
        Assert.True(copy.Only.Succeeded);
        Assert.True(GpuSandbox.DeviceSpan(box.Slab.AddressOf(room), 2 * GpuSandbox.PieceBytes).SequenceEqual(box.HostSpan(0, 2 * GpuSandbox.PieceBytes)));
    }

    [Fact]
    public void Registered_memory_is_copied_straight_and_no_copy_leaves_a_registration()
    {
        using var box = new GpuSandbox();
        using var region = GpuHostRegion.Create(0, box.Host, GpuSandbox.HostBytes, pieceBytes: 1 << 20);
        var told = new List<(long, long)>();
        Assert.True(region.Register(new Told(told)));
        Assert.Equal([(1L << 20, 4L << 20), (2L << 20, 4L << 20), (3L << 20, 4L << 20), (4L << 20, 4L << 20)], told);
        Assert.Equal(4, DriverStandIn.Count("registrations"));
        box.Slab.Use(region);
        var bytes = GpuSandbox.Bytes(1_500_000, seed: 2);
        bytes.CopyTo(box.HostSpan(1_000_000, bytes.Length));
        Assert.True(box.Slab.TryReserve(bytes.Length, out var room));
        var copy = box.Start(GpuCopyKind.ToDevice, box.Host + 1_000_000, box.Slab.AddressOf(room), bytes.Length);
        box.Finish();
        Assert.True(copy.Only.Succeeded);
        Assert.Equal(3, DriverStandIn.Calls("cuMemcpyHtoDAsync_v2"));
        Assert.Equal((1_500_000L, 0L), box.Slab.CopiedBytes(GpuCopyKind.ToDevice));
        Assert.True(GpuSandbox.DeviceSpan(box.Slab.AddressOf(room), bytes.Length).SequenceEqual(bytes));
        box.HostSpan(0, GpuSandbox.HostBytes).Clear();
        copy = box.Start(GpuCopyKind.ToHost, box.Slab.AddressOf(room), box.Host + 2_000_000, bytes.Length);
        box.Finish();
        Assert.True(copy.Only.Succeeded);
        Assert.True(box.HostSpan(2_000_000, bytes.Length).SequenceEqual(bytes));
    }

    [Fact]
    public void Memory_registered_in_part_serves_as_far_as_it_came()
    {
        using (var box = new GpuSandbox())
        {
            using var region = GpuHostRegion.Create(0, box.Host, GpuSandbox.HostBytes, pieceBytes: 1 << 20);
            DriverStandIn.Fail("cuMemHostRegister_v2", CudaCode.OutOfMemory, nth: 2);
            Assert.False(region.Register());
            Assert.Equal(1 << 20, region.RegisteredBytes);
            Assert.Equal(
                "3145728 of 4194304 bytes of host memory are copied by way of staging memory: "
                + "cuMemHostRegister_v2 failed: out of memory (CUDA_ERROR_OUT_OF_MEMORY, 2)",
                region.Trouble);
            box.Slab.Use(region);
            var bytes = GpuSandbox.Bytes(200_000, seed: 3);
            bytes.CopyTo(box.HostSpan((1 << 20) - 100_000, bytes.Length));
            Assert.True(box.Slab.TryReserve(bytes.Length, out var room));
            var copy = box.Start(GpuCopyKind.ToDevice, box.Host + (1 << 20) - 100_000, box.Slab.AddressOf(room), bytes.Length);
            box.Finish();
            Assert.True(copy.Only.Succeeded);
            Assert.Equal((100_000L, 100_000L), box.Slab.CopiedBytes(GpuCopyKind.ToDevice));
            Assert.True(GpuSandbox.DeviceSpan(box.Slab.AddressOf(room), bytes.Length).SequenceEqual(bytes));
            box.Slab.Dispose();
        }

        DriverStandIn.AssertEmpty();
    }

    [Fact]
    public void Registering_stops_when_it_is_to_and_goes_on_later()
    {
        using var box = new GpuSandbox();
        using var region = GpuHostRegion.Create(0, box.Host, GpuSandbox.HostBytes, pieceBytes: 1 << 20);
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => region.Register(new Told([], stop.Cancel), stop.Token));
        Assert.Equal(1 << 20, region.RegisteredBytes);
        Assert.True(region.Register());
        Assert.Throws<ArgumentException>(() => GpuHostRegion.Create(0, box.Host + 1, 4096));
    }

    [Fact]
    public void Copy_on_the_device_waits_for_the_stream_that_it_comes_after()
    {
        using var box = new GpuSandbox();
        using var context = GpuContext.Open(0);
        using var holdings = new GpuHoldings(context);
        var (stream, source, pinned) = (holdings.Stream(), holdings.Memory(100_000), holdings.Pinned(100_000));
        var bytes = GpuSandbox.Bytes(100_000, seed: 4);
        bytes.CopyTo(GpuSandbox.DeviceSpan(pinned, bytes.Length));
        Assert.True(box.Slab.TryReserve(bytes.Length, out var room));
        using (context.Enter())
            CudaException.Check(Cuda.cuMemcpyHtoDAsync_v2(source, pinned, 100_000, stream), "copy");
        var copy = box.Start(GpuCopyKind.OnDevice, source, box.Slab.AddressOf(room), bytes.Length, stream);
        box.Finish();
        Assert.True(copy.Only.Succeeded);
        Assert.True(GpuSandbox.DeviceSpan(box.Slab.AddressOf(room), bytes.Length).SequenceEqual(bytes));
        Assert.Equal(1, DriverStandIn.Calls("cuStreamWaitEvent"));
    }

    [Fact]
    public void Copies_beyond_the_limit_are_refused_and_taken_again_when_there_is_room()
    {
        using var box = new GpuSandbox(o => o with { CopiesMax = 2 });
        var copy = box.Put(GpuSandbox.Bytes(5_000, seed: 5));
        var started = Enumerable.Range(0, 3).Select(n => box.Start(GpuCopyKind.ToHost, box.Slab.AddressOf(copy), box.Host, 5_000).Start).ToList();
        Assert.Equal([GpuCopyStart.Started, GpuCopyStart.Started, GpuCopyStart.Busy], started);
        box.Finish();
        Assert.Equal(0, box.Slab.OpenCopies);
        Assert.Equal(GpuCopyStart.Started, box.Start(GpuCopyKind.ToHost, box.Slab.AddressOf(copy), box.Host, 5_000).Start);
        box.Finish();
    }

    [Fact]
    public void Copy_outside_of_the_slab_is_refused()
    {
        using var box = new GpuSandbox();
        var copy = box.Put(GpuSandbox.Bytes(5_000, seed: 6));
        var (slab, end) = (box.Slab.AddressOf(copy) - (nint)copy.OffsetBytes, (nint)box.Slab.CapacityBytes);
        var wrong = new GpuCopy[]
        {
            new(GpuCopyKind.ToDevice, box.Host, slab - 1, 10), new(GpuCopyKind.ToDevice, box.Host, slab + end - 9, 10), new(GpuCopyKind.ToHost, slab, 0, 10),
            new(GpuCopyKind.ToHost, slab, box.Host, 0), new(GpuCopyKind.ToHost, slab, box.Host, -1), new(GpuCopyKind.ToHost, slab, box.Host, 10, AfterStream: 1),
            new(GpuCopyKind.OnDevice, box.Host, box.Host, 10), new((GpuCopyKind)9, slab, slab, 10), new(GpuCopyKind.ToDevice, box.Host, slab, long.MaxValue),
        };
        Assert.All(wrong, refused => Assert.Throws<ArgumentException>(() => box.Slab.TryStart(refused, _ => { })));
        Assert.Equal(0, box.Slab.OpenCopies);
    }

    [Fact]
    public void Refused_copy_fails_alone_once_what_the_driver_has_of_it_is_done()
    {
        using var box = new GpuSandbox();
        var kept = box.Put(GpuSandbox.Bytes(5_000, seed: 7));
        Assert.True(box.Slab.TryReserve(3 * GpuSandbox.PieceBytes, out var room));
        DriverStandIn.Fail("cuMemcpyHtoDAsync_v2", CudaCode.InvalidValue, nth: 3);
        var copy = box.Start(GpuCopyKind.ToDevice, box.Host, box.Slab.AddressOf(room), 3 * GpuSandbox.PieceBytes);
        var after = box.Start(GpuCopyKind.ToDevice, box.Host, box.Slab.AddressOf(room), 100);
        box.Slab.Copier.Turn();
        Assert.Empty(copy.Results);
        box.Finish();
        Assert.Equal("cuMemcpyHtoDAsync_v2 failed: invalid argument (CUDA_ERROR_INVALID_VALUE, 1)", copy.Only.Failure!.Message);
        Assert.False(copy.Only.MayStillMove);
        Assert.True(after.Only.Succeeded);
        Assert.Null(box.Slab.Failure);
        Assert.Equal(LeaseOutcome.Leased, box.Slab.Directory.Lease(kept, Minute, out _));
    }

    [Fact]
    public void Device_that_fails_closes_the_slab_once_and_ends_every_copy_with_the_error()
    {
        using (var box = new GpuSandbox())
        {
            var kept = box.Put(GpuSandbox.Bytes(500_000, seed: 8), "k");
            Assert.Equal(LeaseOutcome.Leased, box.Slab.Directory.Lease(kept, Minute, out var lease));
            var copies = Enumerable.Range(0, 3).Select(_ => box.Start(GpuCopyKind.ToHost, lease.DevicePointer, box.Host, 500_000)).ToList();
            box.Slab.Copier.Turn();
            copies.Add(box.Start(GpuCopyKind.ToHost, lease.DevicePointer, box.Host, 500_000));
            DriverStandIn.Break(0, DriverStandIn.IllegalAddress);
            box.Slab.Copier.Turn();
            Assert.All(copies, copy => Assert.Equal((DriverStandIn.IllegalAddress, false), (copy.Only.Failure!.Code, copy.Only.MayStillMove)));
            Assert.Equal(box.Slab.Failure, Assert.Single(box.Failures));
            Assert.False(lease.IsHeld);
            Assert.Equal(LeaseOutcome.Missing, box.Slab.Directory.Lease(kept, Minute, out _));
            Assert.False(box.Slab.Directory.Contains(GpuSandbox.KeyOf("k")));
            Assert.False(box.Slab.TryReserve(100, out _));
            Assert.Equal(GpuCopyStart.Closed, box.Start(GpuCopyKind.ToHost, box.Slab.AddressOf(kept), box.Host, 100).Start);
            Assert.Equal(GpuPace.Idle, box.Slab.Copier.Turn());

            // What was there can still be told of, and let go.
            var seen = new List<CopyLocation>();
            box.Slab.Visit((copy, _, _) => seen.Add(copy));
            Assert.Equal([kept], seen);
            Assert.True(box.Slab.TryFree(kept.Slot, kept.Generation));
            Assert.Single(box.Failures);
        }

        DriverStandIn.AssertEmpty();
    }

    [Fact]
    public void Device_that_does_not_answer_counts_as_failed_and_its_memory_as_in_doubt()
    {
        using var box = new GpuSandbox();
        var kept = box.Put(GpuSandbox.Bytes(5_000, seed: 9));
        var copy = box.Start(GpuCopyKind.ToHost, box.Slab.AddressOf(kept), box.Host, 5_000);
        box.Slab.Copier.Turn();
        box.Time.Advance(GpuSandbox.Options.StallLimit);
        Assert.Equal(GpuPace.Waiting, box.Slab.Copier.Turn());
        box.Time.Advance(TimeSpan.FromMilliseconds(1));
        box.Slab.Copier.Turn();
        Assert.Equal("the device has not ended a copy of 5000 bytes within 00:00:30", copy.Only.Failure!.Message);
        Assert.True(copy.Only.MayStillMove);
        Assert.NotNull(box.Slab.Failure);
    }

    [Fact]
    public void Copy_that_waits_for_a_callers_stream_may_take_its_time()
    {
        using var box = new GpuSandbox();
        using var context = GpuContext.Open(0);
        using var holdings = new GpuHoldings(context);
        var (stream, source) = (holdings.Stream(), holdings.Memory(4096));
        Assert.True(box.Slab.TryReserve(4096, out var room));
        var ordered = box.Start(GpuCopyKind.OnDevice, source, box.Slab.AddressOf(room), 4096, stream);
        var behind = box.Start(GpuCopyKind.OnDevice, source, box.Slab.AddressOf(room), 4096);
        box.Slab.Copier.Turn();
        box.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(GpuPace.Waiting, box.Slab.Copier.Turn());

        // The order, the wait, the copy and its event: the second is the oldest from now on, and its time begins.
        Assert.Equal(4, DriverStandIn.Step(4));
        Assert.Equal(GpuPace.Moving, box.Slab.Copier.Turn());
        Assert.True(ordered.Only.Succeeded);
        box.Finish();
        Assert.True(behind.Only.Succeeded);
    }

    [Fact]
    public void Closing_ends_what_waits_and_lets_the_device_finish_what_it_has()
    {
        DriverStandIn.Reset(manual: false);
        using (var box = new GpuSandbox(reset: false))
        {
            Assert.True(box.Slab.TryReserve(6 * GpuSandbox.PieceBytes, out var room));
            var begun = box.Start(GpuCopyKind.ToDevice, box.Host, box.Slab.AddressOf(room), 2 * GpuSandbox.PieceBytes);
            box.Slab.Copier.Turn();
            var waits = box.Start(GpuCopyKind.ToDevice, box.Host, box.Slab.AddressOf(room), 6 * GpuSandbox.PieceBytes);
            box.Slab.Dispose();
            Assert.True(begun.Only.Succeeded);
            Assert.Equal("the slab was closed before the copy began", waits.Only.Failure!.Message);
            Assert.Equal(GpuCopyStart.Closed, box.Start(GpuCopyKind.ToDevice, box.Host, box.Slab.AddressOf(room), 10).Start);
        }

        DriverStandIn.AssertEmpty();
    }

    private sealed class Told(List<(long, long)> steps, Action? then = null) : IProgress<(long DoneBytes, long TotalBytes)>
    {
        public void Report((long DoneBytes, long TotalBytes) value)
        {
            steps.Add(value);
            then?.Invoke();
        }
    }
}

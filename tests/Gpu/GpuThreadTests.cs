using System.Runtime.InteropServices;
using Cascade.Tiers.Gpu;
using Cascade.Tiers.Native;

namespace Cascade.Gpu.Tests;

/// <summary>The slab on its own thread, with a device that runs by itself.</summary>
public sealed class GpuThreadTests : IDisposable
{
    private const int Length = 300_000;
    private const int Writers = 4;

    private readonly nint _host = Allocate(2 * Writers * Length);

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    public async Task Copies_of_many_threads_all_end_with_every_byte(uint delayMicroseconds)
    {
        DriverStandIn.Reset(manual: false, delayMicroseconds: delayMicroseconds);
        using (var slab = GpuSlab.Open(GpuSandbox.Options with { PieceBytes = 64 << 10 }, TimeProvider.System))
        {
            var rooms = Enumerable.Range(0, Writers).Select(_ => slab.TryReserve(Length, out var room) ? room : throw new InvalidOperationException()).ToArray();
            await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
            {
                var (from, to) = (_host + (2 * writer * Length), _host + (((2 * writer) + 1) * Length));
                for (var round = 0; round < 10; round++)
                {
                    var bytes = GpuSandbox.Bytes(Length, (writer * 100) + round);
                    bytes.CopyTo(GpuSandbox.DeviceSpan(from, Length));
                    Assert.True((await slab.CopyAsync(new GpuCopy(GpuCopyKind.ToDevice, from, slab.AddressOf(rooms[writer]), Length)))!.Value.Succeeded);
                    Assert.True((await slab.CopyAsync(new GpuCopy(GpuCopyKind.ToHost, slab.AddressOf(rooms[writer]), to, Length)))!.Value.Succeeded);
                    Assert.True(GpuSandbox.DeviceSpan(to, Length).SequenceEqual(bytes));
                }
            })));
            Assert.Equal(0, slab.OpenCopies);
        }

        DriverStandIn.AssertEmpty();
    }

    [Fact]
    public async Task Slab_that_is_closed_under_way_ends_every_copy()
    {
        DriverStandIn.Reset(manual: false, delayMicroseconds: 20);
        var slab = GpuSlab.Open(GpuSandbox.Options, TimeProvider.System);
        Assert.True(slab.TryReserve(Length, out var room));
        var copies = Enumerable.Range(0, 50)
            .Select(_ => slab.CopyAsync(new GpuCopy(GpuCopyKind.ToDevice, _host, slab.AddressOf(room), Length)).AsTask())
            .ToArray();
        slab.Dispose();
        var ended = await Task.WhenAll(copies);
        Assert.All(ended, result => Assert.False(result!.Value.MayStillMove));
        Assert.Contains(ended, result => !result!.Value.Succeeded);
        Assert.Equal("the slab is closed", (await slab.CopyAsync(new GpuCopy(GpuCopyKind.ToDevice, _host, slab.AddressOf(room), Length)))!.Value.Failure!.Message);
        DriverStandIn.AssertEmpty();
    }

    [Fact]
    public async Task Device_that_fails_under_way_is_told_of_on_its_thread()
    {
        DriverStandIn.Reset(manual: false);
        var told = new TaskCompletionSource<CudaException>(TaskCreationOptions.RunContinuationsAsynchronously);
        using (var slab = GpuSlab.Open(GpuSandbox.Options, TimeProvider.System, new GpuSlabHooks { OnFailed = told.SetResult }))
        {
            Assert.True(slab.TryReserve(Length, out var room));
            DriverStandIn.Break(0, DriverStandIn.IllegalAddress);
            var result = await slab.CopyAsync(new GpuCopy(GpuCopyKind.ToDevice, _host, slab.AddressOf(room), Length));
            Assert.Equal(await told.Task, result!.Value.Failure);
            Assert.Equal(DriverStandIn.IllegalAddress, slab.Failure!.Code);
        }

        DriverStandIn.AssertEmpty();
    }

    public unsafe void Dispose() => NativeMemory.AlignedFree((void*)_host);

    private static unsafe nint Allocate(int bytes) => (nint)NativeMemory.AlignedAlloc((nuint)bytes, 4096);
}

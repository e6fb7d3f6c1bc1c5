using Cascade.Tiers.Gpu;
using Cascade.Tiers.Native;
using Cascade.Tiers.Shm;

namespace Cascade.Gpu.Tests;

/// <summary>One scenario that uses everything, run once for each call of the driver that it makes, which then fails.</summary>
public sealed class EveryCallFailsTests
{
    private const int Length = 3 * GpuSandbox.PieceBytes;

    private static readonly byte[] Content = GpuSandbox.Bytes(GpuSandbox.HostBytes, seed: 1);

    private readonly List<CopyWitness> _copies = [];
    private readonly List<CudaException> _failures = [];
    private long _callsBefore;
    private long _callsBeforeClosing;

    [Fact]
    public void Scenario_succeeds_when_no_call_fails()
    {
        var calls = RunWith(0, sticky: false);
        Assert.InRange(calls, 100, 400);
        Assert.Empty(_failures);
        Assert.All(_copies, copy => Assert.True(copy.Only.Succeeded));
        Assert.Equal(6, _copies.Count);
        DriverStandIn.AssertEmpty();
    }

    [Theory]
    [InlineData(CudaCode.OutOfMemory, false)]
    [InlineData(CudaCode.InvalidValue, false)]
    [InlineData(DriverStandIn.IllegalAddress, true)]
    public void Whichever_call_fails_every_copy_ends_once_and_nothing_is_left(int code, bool sticky)
    {
        var calls = RunWith(0, sticky: false);
        var failed = 0;
        for (var nth = 1L; nth <= calls; nth++)
        {
            _copies.Clear();
            _failures.Clear();
            RunWith(nth, sticky, code);
            Assert.All(_copies, copy => Assert.Equal(copy.Start == GpuCopyStart.Started ? 1 : 0, copy.Results.Count));
            Assert.InRange(_failures.Count, 0, 1);
            failed += _copies.Count(copy => copy.Results is [{ Succeeded: false }]);

            // What the driver refuses to take back stays with it.
            if (nth <= _callsBeforeClosing)
                DriverStandIn.AssertEmpty();
        }

        Assert.NotEqual(0, failed);
    }

    /// <summary>Gives how many calls the scenario made.</summary>
    private long RunWith(long failing, bool sticky, int code = 0)
    {
        DriverStandIn.Reset();
        _callsBefore = DriverStandIn.Calls();
        if (failing > 0)
            DriverStandIn.Fail("*", code, failing, sticky);
        _callsBeforeClosing = long.MaxValue;
        try
        {
            Play();
        }
        catch (CudaException failure) when (failing > 0)
        {
            Assert.Equal(code, failure.Code);
        }
        catch (GpuRefusedException) when (failing > 0)
        {
            // The driver was found unusable, or to have no memory.
        }

        return DriverStandIn.Calls() - _callsBefore;
    }

    private void Play()
    {
        using var box = new GpuSandbox(reset: false);
        using var region = new Closing<GpuHostRegion>(GpuHostRegion.Create(0, box.Host + (GpuSandbox.HostBytes / 2), GpuSandbox.HostBytes / 2, 1 << 20));
        using var slab = new Closing<GpuSlab>(box.Slab, () =>
        {
            _callsBeforeClosing = DriverStandIn.Calls() - _callsBefore;
            DriverStandIn.RunByItself();
        });
        region.Value.Register();
        box.Slab.Use(region.Value);
        Content.CopyTo(box.HostSpan(0, GpuSandbox.HostBytes));
        Carry(box, region: box.Host);
        Carry(box, region: box.Host + (GpuSandbox.HostBytes / 2) + (1 << 20) - 1000);
        if (box.Slab.Failure is null)
            box.Slab.Export();
        _failures.AddRange(box.Failures);
    }

    /// <summary>Brings a block in and out again, and checks it unless something failed.</summary>
    private void Carry(GpuSandbox box, nint region)
    {
        if (!box.Slab.TryReserve(Length, out var room))
            return;
        var there = Run(box, GpuCopyKind.ToDevice, region, box.Slab.AddressOf(room));
        if (there.Results is not [{ Succeeded: true }])
        {
            if (box.Slab.Failure is null)
                box.Slab.Cancel(room);
            return;
        }

        var bytes = box.HostSpan((int)(region - box.Host), Length).ToArray();
        var copy = box.Slab.Publish(room, GpuSandbox.IdOf(bytes), default);
        var back = Run(box, GpuCopyKind.ToHost, box.Slab.AddressOf(copy), region + 500_000);
        if (back.Results is [{ Succeeded: true }])
            Assert.True(box.HostSpan((int)(region - box.Host) + 500_000, Length).SequenceEqual(bytes));
        if (region == box.Host && box.Slab.TryReserve(Length, out var second))
        {
            Run(box, GpuCopyKind.OnDevice, box.Slab.AddressOf(copy), box.Slab.AddressOf(second));
            box.Slab.Cancel(second);
            if (box.Slab.DigestTrouble is null)
                Run(box, GpuCopyKind.Digest, box.Slab.AddressOf(copy), box.Host);
        }

        if (box.Slab.Directory.Lease(copy, TimeSpan.FromMinutes(1), out var lease) == LeaseOutcome.Leased)
            lease.Dispose();
        Assert.True(box.Slab.TryFree(copy.Slot, copy.Generation));
    }

    private CopyWitness Run(GpuSandbox box, GpuCopyKind kind, nint from, nint to)
    {
        var copy = box.Start(kind, from, to, Length);
        _copies.Add(copy);
        box.Finish();
        return copy;
    }

    /// <summary>Disposes of what it holds, after an action.</summary>
    private sealed class Closing<T>(T value, Action? before = null) : IDisposable
        where T : IDisposable
    {
        public T Value { get; } = value;

        public void Dispose()
        {
            before?.Invoke();
            Value.Dispose();
        }
    }
}

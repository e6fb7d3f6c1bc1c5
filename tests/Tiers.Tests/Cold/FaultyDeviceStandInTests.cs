using Cascade.Core.Cold;
using Cascade.Core.Log;

namespace Cascade.Tiers.Tests.Cold;

/// <summary>That the stand-in brings forth each of its faults, and that the real device sees them for what they are.</summary>
public sealed class FaultyDeviceStandInTests : IDisposable
{
    private const int Length = 70_001;
    private const long There = 1 << 20;

    private readonly ColdSandbox _box;
    private FaultyDeviceStandIn _faulty = null!;

    public FaultyDeviceStandInTests()
    {
        _box = new ColdSandbox(wrap: (box, real) =>
        {
            _faulty = new FaultyDeviceStandIn(real, box.Directory, box.Area, (completion, _) => box.Answer(completion));
            box.OnCompletion = completion => _faulty.Complete(completion, null);
            return _faulty;
        });
        _box.CreateFile(1);
    }

    [Theory]
    [InlineData(false, DeviceStatus.IoError)]
    [InlineData(true, DeviceStatus.NoSpace)]
    public void Request_that_fails_does_nothing(bool full, DeviceStatus expected)
    {
        var kind = full ? DeviceFaultKind.NoSpace : DeviceFaultKind.IoError;
        _faulty.FailNext<WriteRecord>(kind);
        _faulty.FailNext<Flush>(kind);
        Assert.Equal(expected, Write(out var header));
        Assert.Equal(expected, _box.StatusOf(n => new Flush(n, 1)));
        Assert.Empty(_box.Headers(1).Headers);
        Assert.Equal(DeviceStatus.Ok, Write(out header));
        Assert.Equal(DeviceStatus.Ok, _box.StatusOf(n => new Flush(n, 1)));
        Assert.Equal([header], _box.Headers(1).Headers);
    }

    [Fact]
    public void Short_write_leaves_a_torn_record_that_is_not_found()
    {
        _faulty.FailNext<WriteRecord>(DeviceFaultKind.ShortWrite);
        Assert.Equal(DeviceStatus.IoError, Write(out var header));
        Assert.Equal(DeviceStatus.Gone, _box.Get(header, There));
        var run = _box.Headers(1);
        Assert.Equal((0, HeaderRunEnd.Damaged), (run.Headers.Count, run.End));
    }

    [Fact]
    public void File_removed_underneath_is_noticed_at_the_flush()
    {
        Assert.Equal(DeviceStatus.Ok, Write(out _));
        _faulty.FailNext<Flush>(DeviceFaultKind.FileRemoved);
        Assert.Equal(DeviceStatus.Gone, _box.StatusOf(n => new Flush(n, 1)));
    }

    [Fact]
    public void Bit_flipped_after_a_write_or_before_a_read_is_a_mismatch()
    {
        _faulty.FailNext<WriteRecord>(DeviceFaultKind.FlippedBit);
        Assert.Equal(DeviceStatus.Ok, Write(out var header));
        Assert.Equal(DeviceStatus.DigestMismatch, _box.Get(header, There));
        _faulty.FailNext<ReadPayload>(DeviceFaultKind.FlippedBit);
        Assert.Equal(DeviceStatus.Ok, _box.Get(header, There));
        _faulty.FailNext<ReadPayload>(DeviceFaultKind.FlippedBit);
        Assert.Equal(DeviceStatus.DigestMismatch, _box.Get(header, There));
    }

    [Fact]
    public async Task Held_request_is_carried_out_when_released_and_answered_when_the_device_closes()
    {
        _faulty.FailNext<Flush>(DeviceFaultKind.Held);
        var flush = _box.Begin(n => new Flush(n, 1));
        Assert.Equal(DeviceStatus.Ok, Write(out _));
        Assert.False(flush.IsCompleted);
        _faulty.ReleaseHeld();
        Assert.Equal(DeviceStatus.Ok, (await flush).Status);
        _faulty.FailNext<Flush>(DeviceFaultKind.Held);
        flush = _box.Begin(n => new Flush(n, 1));
        _faulty.Dispose();
        Assert.Equal(DeviceStatus.IoError, (await flush).Status);
    }

    public void Dispose() => _box.Dispose();

    private DeviceStatus Write(out LogRecordHeader header)
    {
        var block = header = _box.Block(1, Length, 1, 0);
        return _box.StatusOf(n => new WriteRecord(n, block, new PayloadMemory(0, Length), default));
    }
}

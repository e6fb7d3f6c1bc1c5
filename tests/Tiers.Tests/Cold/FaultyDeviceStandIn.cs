using Cascade.Core.Cold;
using Cascade.Core.Log;
using Cascade.Tiers.Cold;

namespace Cascade.Tiers.Tests.Cold;

/// <summary>What goes wrong with a request.</summary>
internal enum DeviceFaultKind
{
    /// <summary>Nothing is done; the answer is an I/O error.</summary>
    IoError,

    /// <summary>Nothing is done; the answer is a full disk.</summary>
    NoSpace,

    /// <summary>The header and half of the payload get to the file; the answer is an I/O error.</summary>
    ShortWrite,

    /// <summary>The file loses its name, then the request is carried out.</summary>
    FileRemoved,

    /// <summary>One bit of the payload changes in the file: after a write, before a read.</summary>
    FlippedBit,

    /// <summary>The request is held back until <see cref="FaultyDeviceStandIn.ReleaseHeld"/>.</summary>
    Held,
}

/// <summary>
/// A stand-in for a disk that fails: a real device behind a plan of what goes wrong with which request. What is not planned is carried
/// out. Thread-safe.
/// </summary>
internal sealed class FaultyDeviceStandIn(
    IColdDevice real, ColdDirectory directory, PayloadArea area, Action<DeviceCompletion, string?> onCompletion)
    : IColdDevice
{
    private readonly Lock _gate = new();
    private readonly List<(Type Request, DeviceFaultKind Kind)> _plan = [];
    private readonly Dictionary<long, WriteRecord> _toSpoil = [];
    private readonly List<DeviceRequest> _held = [];

    /// <summary>Lets something go wrong with the next request of a type that nothing is planned for yet.</summary>
    public void FailNext<TRequest>(DeviceFaultKind kind)
        where TRequest : DeviceRequest
    {
        lock (_gate)
            _plan.Add((typeof(TRequest), kind));
    }

    public void Submit(DeviceRequest request)
    {
        switch (Take(request))
        {
            case DeviceFaultKind.IoError:
                onCompletion(DeviceWorker.Answer(request, DeviceStatus.IoError), null);
                return;
            case DeviceFaultKind.NoSpace:
                onCompletion(DeviceWorker.Answer(request, DeviceStatus.NoSpace), null);
                return;
            case DeviceFaultKind.ShortWrite:
                WriteHalf((WriteRecord)request);
                onCompletion(DeviceWorker.Answer(request, DeviceStatus.IoError), null);
                return;
            case DeviceFaultKind.FileRemoved:
                File.Delete(directory.PathOf(FileOf(request)));
                break;
            case DeviceFaultKind.FlippedBit when request is ReadPayload read:
                FlipBit(read.Header);
                break;
            case DeviceFaultKind.FlippedBit:
                lock (_gate)
                    _toSpoil.Add(request.Number, (WriteRecord)request);
                break;
            case DeviceFaultKind.Held:
                lock (_gate)
                    _held.Add(request);
                return;
        }

        real.Submit(request);
    }

    /// <summary>What the real device's completions go through.</summary>
    public void Complete(DeviceCompletion completion, string? reason)
    {
        WriteRecord? spoiled;
        lock (_gate)
            _toSpoil.Remove(completion.Number, out spoiled);
        if (spoiled is not null)
            FlipBit(spoiled.Header);
        onCompletion(completion, reason);
    }

    /// <summary>Carries out what was held back.</summary>
    public void ReleaseHeld()
    {
        DeviceRequest[] held;
        lock (_gate)
        {
            held = [.. _held];
            _held.Clear();
        }

        foreach (var request in held)
            real.Submit(request);
    }

    /// <summary>Answers what is held back, as a real device does, and closes it.</summary>
    public void Dispose()
    {
        real.Dispose();
        ReleaseHeld();
    }

    private DeviceFaultKind? Take(DeviceRequest request)
    {
        lock (_gate)
        {
            var at = _plan.FindIndex(p => p.Request == request.GetType());
            if (at < 0)
                return null;
            var kind = _plan[at].Kind;
            _plan.RemoveAt(at);
            return kind;
        }
    }

    private static uint FileOf(DeviceRequest request) => request switch
    {
        WriteRecord write => write.Header.Place.File,
        ReadPayload read => read.Header.Place.File,
        ReadHeaders read => read.From.File,
        Flush flush => flush.File,
        TruncateFile truncate => truncate.File,
        DeleteFile delete => delete.File,
        _ => throw new ArgumentException($"{request.GetType().Name} names no file that is there.", nameof(request)),
    };

    private unsafe void WriteHalf(WriteRecord write)
    {
        var header = new byte[LogRecordHeader.SizeBytes];
        write.Header.Encode(header);
        var half = new ReadOnlySpan<byte>((void*)(area.Address + (nint)write.Memory.Address), (int)(write.Memory.LengthBytes / 2));
        using var file = File.OpenHandle(directory.PathOf(write.Header.Place.File), access: FileAccess.ReadWrite);
        RandomAccess.Write(file, header, write.Header.Place.OffsetBytes);
        RandomAccess.Write(file, half, write.Header.Place.OffsetBytes + header.Length);
    }

    private void FlipBit(in LogRecordHeader header)
    {
        var at = header.Place.OffsetBytes + LogRecordHeader.SizeBytes + (header.PayloadBytes / 2);
        using var file = File.OpenHandle(directory.PathOf(header.Place.File), access: FileAccess.ReadWrite);
        Span<byte> one = stackalloc byte[1];
        Assert.Equal(1, RandomAccess.Read(file, one, at));
        one[0] ^= 1;
        RandomAccess.Write(file, one, at);
    }
}

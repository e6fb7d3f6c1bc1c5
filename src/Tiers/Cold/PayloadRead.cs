using Cascade.Core.Log;
using Cascade.Tiers.Native;
using Cascade.Tiers.Payload;

namespace Cascade.Tiers.Cold;

/// <summary>Reads the payload of a record straight to where it is to be.</summary>
internal static unsafe class PayloadRead
{
    /// <summary>How much is read at a time: longer transfers are hardly faster.</summary>
    private const int PieceBytes = 4 << 20;

    /// <summary>Reads a payload. A piece is checked as soon as it is read: what the disk has just brought is still near the processor.</summary>
    /// <param name="file">The file of the record.</param>
    /// <param name="header">What the payload is, and where its record begins.</param>
    /// <param name="address">Where it goes: whole pages at a page boundary.</param>
    /// <param name="isToBeChecked">True to hold it against the block's id.</param>
    /// <param name="isOver">Asked before each piece whether to give up; null never to.</param>
    public static DeviceFault Run(DirectFile file, in LogRecordHeader header, nint address, bool isToBeChecked, Func<bool>? isOver = null)
    {
        var from = header.Place.OffsetBytes + LogRecordHeader.SizeBytes;
        using var digest = isToBeChecked ? new IncrementalBlockDigest(header.Algorithm) : null;
        for (var done = 0L; done < header.PayloadBytes;)
        {
            if (isOver?.Invoke() == true)
                return new DeviceFault(Core.Cold.DeviceStatus.IoError, $"{file.Path} was not read in time.");
            var step = (int)Math.Min(PieceBytes, header.PayloadBytes - done);
            var result = file.Read([new Libc.Iovec { iov_base = address + (nint)done, iov_len = (nuint)Pages.Padded(step) }], from + done);
            if (!result.Succeeded)
                return DeviceFault.Of(result.Error, "Reading", file.Path);
            if (result.Bytes < step)
                return PayloadCheck.Short(file, header);
            digest?.Append(new ReadOnlySpan<byte>((byte*)address + done, step));
            done += step;
        }

        return digest is null || digest.Finish() == header.Id ? DeviceFault.None : PayloadCheck.Mismatch(header);
    }
}

using Cascade.Core.Cold;
using Cascade.Core.Log;
using Cascade.Tiers.Native;
using Cascade.Tiers.Payload;

namespace Cascade.Tiers.Cold;

/// <summary>Compares the payload of a record in a file with the id that it goes by, a buffer full at a time.</summary>
internal static class PayloadCheck
{
    /// <summary>Reads the payload through; <see cref="LogRecordHeader.Place"/> says where its record begins.</summary>
    public static DeviceFault Run(DirectFile file, in LogRecordHeader header, AlignedMemory buffer)
    {
        var from = header.Place.OffsetBytes + LogRecordHeader.SizeBytes;
        using var digest = new IncrementalBlockDigest(header.Algorithm);
        for (var done = 0L; done < header.PayloadBytes;)
        {
            var step = (int)Math.Min(buffer.LengthBytes, header.PayloadBytes - done);
            var read = file.Read([new Libc.Iovec { iov_base = buffer.Address, iov_len = (nuint)Pages.Padded(step) }], from + done);
            if (!read.Succeeded)
                return DeviceFault.Of(read.Error, "Reading", file.Path);
            if (read.Bytes < step)
                return Short(file, header);
            digest.Append(buffer.Span(0, step));
            done += step;
        }

        return header.PayloadBytes == 0 || digest.Finish() == header.Id ? DeviceFault.None : Mismatch(header);
    }

    /// <summary>The file ends within the payload.</summary>
    public static DeviceFault Short(DirectFile file, in LogRecordHeader header) =>
        new(DeviceStatus.Gone, $"{file.Path} ends within the record at {header.Place}.");

    /// <summary>The bytes are another block's, or nobody's.</summary>
    public static DeviceFault Mismatch(in LogRecordHeader header) =>
        new(DeviceStatus.DigestMismatch, $"The bytes of the record at {header.Place} are not those of block {header.Id}.");
}

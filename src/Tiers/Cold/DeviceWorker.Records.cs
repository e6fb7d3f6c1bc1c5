using Cascade.Core.Cold;
using Cascade.Core.Log;
using Cascade.Tiers.Native;
using Cascade.Tiers.Payload;

namespace Cascade.Tiers.Cold;

/// <summary>Records: written from memory, copied from another place of the log, and read back.</summary>
internal sealed unsafe partial class DeviceWorker
{
    private DeviceFault Write(WriteRecord write) => With(write.Header.Place.File, file =>
    {
        write.Header.Encode(_header.Span(0, Pages.SizeBytes));
        return write.Source.File != 0
            ? CopyFromLog(write, file)
            : DeviceFault.Of(WriteFromMemory(write, file).Error, "Writing", file.Path);
    });

    /// <summary>One call for header, whole pages and padded last page.</summary>
    private TransferResult WriteFromMemory(WriteRecord write, DirectFile file)
    {
        Span<Libc.Iovec> pieces = stackalloc Libc.Iovec[3];
        var count = 0;
        pieces[count++] = Piece(_header.Address, Pages.SizeBytes);
        var length = write.Header.PayloadBytes;
        if (length > 0)
        {
            var address = payload.AddressOf(write.Memory);
            var whole = Pages.Whole(length);
            if (whole > 0)
                pieces[count++] = Piece(address, whole);
            if (whole < length)
            {
                var tail = _tail.Span(0, Pages.SizeBytes);
                new ReadOnlySpan<byte>((byte*)address + whole, (int)(length - whole)).CopyTo(tail);
                tail[(int)(length - whole)..].Clear();
                pieces[count++] = Piece(_tail.Address, Pages.SizeBytes);
            }
        }

        return file.Write(pieces[..count], write.Header.Place.OffsetBytes);
    }

    /// <summary>
    /// Copies a payload by way of the buffer and checks it on the way: a rotten source is found while a sound copy may be left elsewhere.
    /// </summary>
    private DeviceFault CopyFromLog(WriteRecord write, DirectFile target)
    {
        var number = write.Source.File;
        var opening = DeviceFault.Of(files.Borrow(number, out var source), "Opening", directory.PathOf(number));
        if (opening.Occurred)
            return opening with { Status = DeviceStatus.SourceFailed };
        try
        {
            return Copy(write, source, target);
        }
        finally
        {
            files.Return(number);
        }
    }

    private DeviceFault Copy(WriteRecord write, DirectFile source, DirectFile target)
    {
        var header = write.Header;
        using var digest = new IncrementalBlockDigest(header.Algorithm);
        for (var done = 0L; done < header.PayloadBytes;)
        {
            var step = (int)Math.Min(BufferBytes, header.PayloadBytes - done);
            var padded = Pages.Padded(step);
            var read = source.Read([Piece(_buffer.Address, padded)], write.Source.OffsetBytes + LogRecordHeader.SizeBytes + done);
            if (!read.Succeeded)
                return DeviceFault.Of(read.Error, "Reading", source.Path) with { Status = DeviceStatus.SourceFailed };
            if (read.Bytes < step)
                return new DeviceFault(DeviceStatus.SourceFailed, $"{source.Path} ends within the record at {write.Source}.");
            digest.Append(_buffer.Span(0, step));
            _buffer.Span(step, (int)padded - step).Clear();
            var written = done == 0
                ? target.Write([Piece(_header.Address, Pages.SizeBytes), Piece(_buffer.Address, padded)], header.Place.OffsetBytes)
                : target.Write([Piece(_buffer.Address, padded)], header.Place.OffsetBytes + LogRecordHeader.SizeBytes + done);
            if (!written.Succeeded)
                return DeviceFault.Of(written.Error, "Writing", target.Path);
            done += step;
        }

        return digest.Finish() == header.Id
            ? DeviceFault.None
            : new DeviceFault(DeviceStatus.SourceFailed, $"The bytes of the record at {write.Source} are not those of block {header.Id}.");
    }

    private DeviceFault Read(ReadPayload read) => With(read.Header.Place.File, file =>
    {
        var length = read.Header.PayloadBytes;
        var address = payload.AddressOf(read.Destination);
        var result = file.Read([Piece(address, Pages.Padded(length))], read.Header.Place.OffsetBytes + LogRecordHeader.SizeBytes);
        if (!result.Succeeded)
            return DeviceFault.Of(result.Error, "Reading", file.Path);
        if (result.Bytes < length)
            return PayloadCheck.Short(file, read.Header);
        return IsToBeChecked() && !BlockVerifier.Matches(read.Header.Algorithm, (byte*)address, length, read.Header.Id)
            ? PayloadCheck.Mismatch(read.Header)
            : DeviceFault.None;
    });

    private bool IsToBeChecked()
    {
        if (++_uncheckedReads < options.VerifyEvery)
            return false;
        _uncheckedReads = 0;
        return true;
    }

    private static Libc.Iovec Piece(nint address, long lengthBytes) => new() { iov_base = address, iov_len = (nuint)lengthBytes };
}

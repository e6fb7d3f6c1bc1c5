using Cascade.Core.Cold;
using Cascade.Core.Log;
using Cascade.Tiers.Native;
using Cascade.Tiers.Payload;

namespace Cascade.Tiers.Cold;

/// <summary>Records: written from memory, copied from another place of the log, and read back.</summary>
internal sealed unsafe partial class DeviceWorker
{
    /// <summary>
    /// Writes records that adjoin each other in a file by one call: of each the header, its whole pages from where they lie, and a last page that
    /// is padded.
    /// </summary>
    /// <param name="run">At most <see cref="RequestQueue.RunRecordsMax"/> requests to write from memory.</param>
    /// <param name="written">How many of them, from the first on, are written; those behind ended with the fault.</param>
    public DeviceFault WriteRun(List<DeviceRequest> run, out int written)
    {
        var first = ((WriteRecord)run[0]).Header.Place;
        var done = 0L;
        var fault = With(first.File, file =>
        {
            Span<Libc.Iovec> pieces = stackalloc Libc.Iovec[DirectFile.MaxPieces];
            var count = 0;
            for (var i = 0; i < run.Count; i++)
                AddRecord((WriteRecord)run[i], 2 * i, pieces, ref count);
            var result = file.Write(pieces[..count], first.OffsetBytes);
            done = result.Bytes;
            return DeviceFault.Of(result.Error, "Writing", file.Path);
        });
        for (written = 0; written < run.Count && (done -= ((WriteRecord)run[written]).Header.RecordBytes) >= 0; written++)
        {
        }

        return fault;
    }

    /// <summary>The pieces of one record; two pages of the buffer are its own.</summary>
    private void AddRecord(WriteRecord write, int page, Span<Libc.Iovec> pieces, ref int count)
    {
        var header = _buffer.Span((long)page * Pages.SizeBytes, Pages.SizeBytes);
        write.Header.Encode(header);
        pieces[count++] = Piece(_buffer.Address + (page * Pages.SizeBytes), Pages.SizeBytes);
        var length = write.Header.PayloadBytes;
        if (length == 0)
            return;
        var address = payload.AddressOf(write.Memory);
        var whole = Pages.Whole(length);
        if (whole > 0)
            pieces[count++] = Piece(address, whole);
        if (whole == length)
            return;
        var tail = _buffer.Span((page + 1L) * Pages.SizeBytes, Pages.SizeBytes);
        new ReadOnlySpan<byte>((byte*)address + whole, (int)(length - whole)).CopyTo(tail);
        tail[(int)(length - whole)..].Clear();
        pieces[count++] = Piece(_buffer.Address + ((page + 1) * Pages.SizeBytes), Pages.SizeBytes);
    }

    private DeviceFault CopyRecord(WriteRecord write) => With(write.Header.Place.File, file =>
    {
        write.Header.Encode(_header.Span(0, Pages.SizeBytes));
        return CopyFromLog(write, file);
    });

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

    private DeviceFault Read(ReadPayload read) => With(
        read.Header.Place.File, file => PayloadRead.Run(file, read.Header, payload.AddressOf(read.Destination), IsToBeChecked()));

    private bool IsToBeChecked()
    {
        if (++_uncheckedReads < options.VerifyEvery)
            return false;
        _uncheckedReads = 0;
        return true;
    }

    private static Libc.Iovec Piece(nint address, long lengthBytes) => new() { iov_base = address, iov_len = (nuint)lengthBytes };
}

using Cascade.Core.Cold;
using Cascade.Core.Log;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Cold;

/// <summary>One run over the record headers of a file, hopping over payloads.</summary>
/// <remarks>
/// Between large records a page is read for each header; where records are small, or pages are looked through one by one, a buffer
/// full at a time.
/// </remarks>
internal sealed class HeaderRun(DirectFile file, uint number, AlignedMemory buffer)
{
    private readonly List<LogRecordHeader> _headers = [];
    private long _fileBytes;
    private long _bufferedFrom;
    private long _bufferedBytes;

    /// <summary>The headers found, in their order.</summary>
    public IReadOnlyList<LogRecordHeader> Headers => _headers;

    /// <summary>Why the run stopped, unless it failed.</summary>
    public HeaderRunEnd End { get; private set; }

    /// <summary>Offset of the page at which it stopped.</summary>
    public long EndBytes { get; private set; }

    /// <summary>Reads headers from an offset on.</summary>
    public DeviceFault Go(long from, int headersMax, bool resynchronise)
    {
        (EndBytes, _bufferedBytes) = (from, 0);
        _headers.Clear();
        var fault = DeviceFault.Of(file.GetLength(out _fileBytes), "Examining", file.Path);
        if (!fault.Occurred && resynchronise)
            fault = Resynchronise();
        var readAhead = false;
        while (!fault.Occurred && _headers.Count < headersMax)
        {
            fault = Load(EndBytes, readAhead, out var page);
            if (fault.Occurred)
                return fault;
            var end = Judge(page, EndBytes, out var header);
            if (end != HeaderRunEnd.Full)
            {
                End = end;
                return fault;
            }

            _headers.Add(header);
            EndBytes += header.RecordBytes;

            // Most of a buffer would be payload: then single pages are less to read.
            readAhead = header.RecordBytes <= buffer.LengthBytes / 16;
        }

        End = HeaderRunEnd.Full;
        return fault;
    }

    /// <summary>Leaves the page at which the run stopped behind.</summary>
    public void StepOver() => EndBytes += Pages.SizeBytes;

    /// <summary>Looks for the next page that is a whole header, of whatever version, for its place.</summary>
    private DeviceFault Resynchronise()
    {
        for (; EndBytes < _fileBytes; EndBytes += Pages.SizeBytes)
        {
            var fault = Load(EndBytes, readAhead: true, out var page);
            if (fault.Occurred)
                return fault;
            var status = LogRecordHeader.TryDecode(page, out var header);
            if (status == LogRecordStatus.UnknownVersion || (status == LogRecordStatus.Ok && IsAt(header, EndBytes)))
                break;
        }

        return DeviceFault.None;
    }

    /// <summary>What a page says about going on: <see cref="HeaderRunEnd.Full"/> for a header, and room for the next.</summary>
    private HeaderRunEnd Judge(ReadOnlySpan<byte> page, long offset, out LogRecordHeader header)
    {
        var status = LogRecordHeader.TryDecode(page, out header);
        if (status == LogRecordStatus.Ok)
            return IsAt(header, offset) && header.RecordBytes <= _fileBytes - offset ? HeaderRunEnd.Full : HeaderRunEnd.Damaged;
        if (status == LogRecordStatus.UnknownVersion)
            return HeaderRunEnd.UnknownVersion;
        return page.ContainsAnyExcept((byte)0) ? HeaderRunEnd.Damaged : HeaderRunEnd.EndOfFile;
    }

    private bool IsAt(in LogRecordHeader header, long offset) => header.Place == LogPosition.At(number, offset);

    /// <summary>Gives the page at an offset: shorter than a page, or empty, at the end of the file.</summary>
    private DeviceFault Load(long offset, bool readAhead, out ReadOnlySpan<byte> page)
    {
        page = default;
        if (offset < _bufferedFrom || offset >= _bufferedFrom + _bufferedBytes)
        {
            if (offset >= _fileBytes)
                return DeviceFault.None;
            var length = Math.Min(readAhead ? buffer.LengthBytes : Pages.SizeBytes, Pages.Padded(_fileBytes - offset));
            var read = file.Read([new Libc.Iovec { iov_base = buffer.Address, iov_len = (nuint)length }], offset);
            (_bufferedFrom, _bufferedBytes) = (offset, read.Bytes);
            if (!read.Succeeded)
                return DeviceFault.Of(read.Error, "Reading", file.Path);
        }

        var at = offset - _bufferedFrom;
        page = buffer.Span(at, (int)Math.Min(Pages.SizeBytes, _bufferedBytes - at));
        return DeviceFault.None;
    }
}

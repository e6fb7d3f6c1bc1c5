namespace Cascade.Hosting.Replay;

/// <summary>Reads a trace line by line: memory does not grow with its length.</summary>
/// <param name="stream">JSON lines in UTF-8. Stays open.</param>
/// <param name="name">What errors call the trace: its path.</param>
/// <param name="lineBytesMax">Longest line.</param>
internal sealed class TraceReader(Stream stream, string name, int lineBytesMax = TraceReader.LineBytesMaxDefault)
{
    /// <summary>A prompt of a million blocks fits: nobody writes one by hand, so a longer line is another kind of file.</summary>
    public const int LineBytesMaxDefault = 16 << 20;

    private const int FirstBufferBytes = 64 << 10;

    private readonly List<ulong> _ids = [];
    private byte[] _buffer = new byte[Math.Min(FirstBufferBytes, lineBytesMax + 1)];
    private int _start, _end;
    private long _line;
    private bool _atEnd;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The next request; null at the end.</summary>
    /// <exception cref="TraceFormatException">The line is not a request.</exception>
    public TraceRequest? Next()
    {
        while (TryReadLine(out var line))
        {
            if (line.TrimEnd(" \t\r"u8).IsEmpty)
                continue;
            return TraceLine.TryParse(line, _ids, out var request, out var problem)
                ? request
                : throw new TraceFormatException(name, _line, problem);
        }

        return null;
    }

    private bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        var scanned = 0;
        while (true)
        {
            var pending = _buffer.AsSpan(_start, _end - _start);
            var length = pending[scanned..].IndexOf((byte)'\n');
            if (length >= 0 || (_atEnd && !pending.IsEmpty))
            {
                line = Take(length >= 0 ? scanned + length : pending.Length);
                return true;
            }

            if (_atEnd)
            {
                line = default;
                return false;
            }

            scanned = pending.Length;
            Refill();
        }
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        var line = _buffer.AsSpan(_start, length);
        _start = Math.Min(_end, _start + length + 1);
        return ++_line == 1 && line.StartsWith(ByteOrderMark) ? line[ByteOrderMark.Length..] : line;
    }

    private void Refill()
    {
        var pending = _end - _start;
        if (pending > lineBytesMax)
            throw new TraceFormatException(name, _line + 1, $"the line is longer than {lineBytesMax} bytes");
        if (pending == _buffer.Length)
            Array.Resize(ref _buffer, (int)Math.Min(2L * pending, lineBytesMax + 1L));
        else if (_start > 0)
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, pending);
        _start = 0;
        _end = pending;
        var read = stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _atEnd = read == 0;
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Cascade.Actors.Remoting.Frames;

/// <summary>What <see cref="FrameDecoder.TryRead"/> found.</summary>
internal enum DecodeResult
{
    /// <summary>No whole frame is there yet.</summary>
    NeedsMore,

    /// <summary>A frame was read.</summary>
    Frame,

    /// <summary>The bytes are no frames; the connection is of no more use. See <see cref="FrameDecoder.Error"/>.</summary>
    Error,
}

/// <summary>Finds frames in a stream of bytes that may be anything, in pieces of any size. Never throws on bytes; for one thread at a time.</summary>
/// <remarks>
/// A frame is a little-endian u32 length of what follows, u8 version, u8 kind, the kind's fields. The buffer grows with the bytes that have
/// come, not with the length that was announced, and never beyond the largest frame and one receive.
/// </remarks>
internal sealed class FrameDecoder(int frameBytesMax)
{
    public const byte Version = 1;

    /// <summary>The length field.</summary>
    public const int PrefixBytes = 4;

    private const int ReceiveBytesMin = 16 << 10;
    private const int BufferBytesAtFirst = 64 << 10;

    private byte[] _buffer = [];
    private int _start;
    private int _end;

    /// <summary>Why the stream is broken; null while it is not.</summary>
    public string? Error { get; private set; }

    /// <summary>Bytes that the buffer takes.</summary>
    public int CapacityBytes => _buffer.Length;

    /// <summary>Where the next bytes go; at least one byte. Ends the life of the last frame's spans.</summary>
    public Memory<byte> GetMemory()
    {
        var held = _end - _start;
        if (held == 0) (_start, _end) = (0, 0);
        if (_buffer.Length - _end < ReceiveBytesMin) MakeRoom(held);
        return _buffer.AsMemory(_end);
    }

    /// <summary>So many bytes were put where <see cref="GetMemory"/> said.</summary>
    public void Commit(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_buffer.Length - _end));
        _end += count;
    }

    /// <summary>Reads the next frame. Its spans live until the next <see cref="GetMemory"/>.</summary>
    public DecodeResult TryRead(out Frame frame)
    {
        frame = default;
        if (Error is not null) return DecodeResult.Error;
        var held = _buffer.AsSpan(_start, _end - _start);
        if (held.Length < PrefixBytes) return DecodeResult.NeedsMore;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(held);
        if (length < 2 || length > (uint)frameBytesMax)
            return Fail(string.Create(CultureInfo.InvariantCulture, $"a frame of {length} bytes; 2 to {frameBytesMax} are taken"));
        if (held.Length >= PrefixBytes + 1 && held[PrefixBytes] != Version)
            return Fail(string.Create(CultureInfo.InvariantCulture, $"protocol version {held[PrefixBytes]}; this node speaks {Version}"));
        if (held.Length - PrefixBytes < (int)length) return DecodeResult.NeedsMore;
        frame.LengthBytes = PrefixBytes + (int)length;
        _start += frame.LengthBytes;
        return Parse(held.Slice(PrefixBytes + 1, (int)length - 1), ref frame) ? DecodeResult.Frame : Fail($"a malformed frame of kind {(byte)frame.Kind}");
    }

    private static bool Parse(ReadOnlySpan<byte> bytes, ref Frame frame)
    {
        var reader = new FrameReader(bytes);
        frame.Kind = (FrameKind)reader.U8();
        switch (frame.Kind)
        {
            case FrameKind.Message:
                frame.Recipient = reader.Ref();
                frame.Sender = reader.Ref();
                frame.Type = reader.U32();
                frame.Body = reader.Rest();
                return reader.IsOk && frame.Recipient.Kind is RefKind.Path or RefKind.Ask;
            case FrameKind.Reject:
                frame.Ask = reader.U64();
                frame.Code = reader.U8();
                frame.Body = reader.Rest();
                return reader.IsOk;
            case FrameKind.Watch or FrameKind.Unwatch or FrameKind.Terminated:
                frame.Recipient = reader.Ref();
                return reader.IsOk && reader.IsEmpty && frame.Recipient.Kind == RefKind.Path;
            case FrameKind.Heartbeat:
                return reader.IsEmpty;
            case FrameKind.Bye:
                frame.Code = reader.U8();
                frame.Body = reader.Rest();
                return reader.IsOk;
            case FrameKind.Hello:
                frame.Hello = new Hello(
                    reader.U8() != 0, Encoding.UTF8.GetString(reader.Text()), Encoding.UTF8.GetString(reader.Text()), reader.U64(), reader.U64(), reader.U64());
                return reader.IsOk && reader.IsEmpty && frame.Hello.Incarnation != 0;
            default:
                return false;
        }
    }

    private DecodeResult Fail(string reason)
    {
        Error = reason;
        (_start, _end) = (0, 0);
        return DecodeResult.Error;
    }

    /// <summary>Moves what is held to the front, into a larger buffer when less than a quarter would be free.</summary>
    private void MakeRoom(int held)
    {
        var enough = Math.Max(BufferBytesAtFirst, held * 2);
        var larger = Math.Min(enough, frameBytesMax + PrefixBytes + ReceiveBytesMin);
        var target = larger > _buffer.Length || held == 0 ? new byte[held == 0 ? BufferBytesAtFirst : larger] : _buffer;
        _buffer.AsSpan(_start, held).CopyTo(target);
        (_buffer, _start, _end) = (target, 0, held);
    }
}

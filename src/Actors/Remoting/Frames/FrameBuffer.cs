using System.Buffers;
using System.Buffers.Binary;

namespace Cascade.Actors.Remoting.Frames;

/// <summary>Frames on their way out, one behind the other in one array. A frame is begun, written, and ended or taken back.</summary>
/// <remarks>Not thread-safe. Grows as needed up to what one frame beyond the queue's bound takes; shrinks when it was large and is cleared.</remarks>
internal sealed class FrameBuffer(int frameBytesMax) : IBufferWriter<byte>
{
    private const int BytesAtFirst = 16 << 10;
    private const int BytesKept = 1 << 20;

    private byte[] _bytes = [];
    private int _frameStart = -1;

    /// <summary>Bytes of ended frames, and of the one being written.</summary>
    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    public void Begin(FrameKind kind)
    {
        _frameStart = Length;
        var span = GetSpan(FrameDecoder.PrefixBytes + 2);
        span[FrameDecoder.PrefixBytes] = FrameDecoder.Version;
        span[FrameDecoder.PrefixBytes + 1] = (byte)kind;
        Length += FrameDecoder.PrefixBytes + 2;
    }

    /// <summary>Fills in the frame's length, and gives all its bytes, those of the length among them.</summary>
    public int End()
    {
        var bytes = Length - _frameStart;
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(_frameStart), bytes - FrameDecoder.PrefixBytes);
        _frameStart = -1;
        return bytes;
    }

    /// <summary>Forgets what was written since <see cref="Begin"/>.</summary>
    public void TakeBack()
    {
        if (_frameStart < 0) return;
        Length = _frameStart;
        _frameStart = -1;
    }

    public void Clear()
    {
        (Length, _frameStart) = (0, -1);
        if (_bytes.Length > BytesKept) _bytes = [];
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_bytes.Length - Length));
        Length += count;
        CheckFrame(0);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(Length);
    }

    public void U8(byte value)
    {
        GetSpan(1)[0] = value;
        Length++;
    }

    public void U16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(GetSpan(2), value);
        Length += 2;
    }

    public void U32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(GetSpan(4), value);
        Length += 4;
    }

    public void U64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(GetSpan(8), value);
        Length += 8;
    }

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Length += bytes.Length;
    }

    /// <summary>A u16 length and UTF-8, cut at <paramref name="bytesMax"/> bytes.</summary>
    public void Text(string text, int bytesMax = ushort.MaxValue)
    {
        U16(0);
        var written = RawText(text, bytesMax);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(Length - written - 2), (ushort)written);
    }

    /// <summary>UTF-8 without a length, cut at <paramref name="bytesMax"/> bytes.</summary>
    public int RawText(string text, int bytesMax)
    {
        System.Text.Unicode.Utf8.FromUtf16(text, GetSpan(Math.Min(bytesMax, text.Length * 3))[..Math.Min(bytesMax, text.Length * 3)], out _, out var written);
        Length += written;
        return written;
    }

    /// <summary>Fills in a number that was left open at <paramref name="offset"/>.</summary>
    public void PatchU32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(offset), value);

    private void Reserve(int sizeHint)
    {
        CheckFrame(sizeHint);
        var needed = (long)Length + Math.Max(sizeHint, 1);
        if (needed <= _bytes.Length) return;
        Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(needed, Math.Max(BytesAtFirst, _bytes.Length * 2L))));
    }

    private void CheckFrame(int more)
    {
        if (_frameStart >= 0 && (long)Length - _frameStart - FrameDecoder.PrefixBytes + more > frameBytesMax)
            throw new UncodedMessageException($"The message takes more than the frame limit of {frameBytesMax} bytes; send bulk bytes another way.");
    }
}

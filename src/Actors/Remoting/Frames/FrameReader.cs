using System.Buffers.Binary;

namespace Cascade.Actors.Remoting.Frames;

/// <summary>Reads fields off a frame; once one does not fit, <see cref="IsOk"/> is false and the rest reads as zero and empty.</summary>
internal ref struct FrameReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _left = bytes;

    public bool IsOk { get; private set; } = true;

    public readonly bool IsEmpty => _left.IsEmpty;

    public byte U8() => Take(1) is [var value] ? value : default;

    public ushort U16() => Take(2) is { Length: 2 } taken ? BinaryPrimitives.ReadUInt16LittleEndian(taken) : default;

    public uint U32() => Take(4) is { Length: 4 } taken ? BinaryPrimitives.ReadUInt32LittleEndian(taken) : default;

    public ulong U64() => Take(8) is { Length: 8 } taken ? BinaryPrimitives.ReadUInt64LittleEndian(taken) : default;

    /// <summary>A u16 length and so many bytes.</summary>
    public ReadOnlySpan<byte> Text() => Take(U16());

    public ReadOnlySpan<byte> Rest() => Take(_left.Length);

    public WireRef Ref()
    {
        var start = _left;
        var read = new WireRef { Kind = (RefKind)U8() };
        if (read.Kind is RefKind.ForeignPath or RefKind.ForeignAsk)
        {
            read.Address = Text();
            read.Incarnation = U64();
        }

        if (read.Kind is RefKind.Path or RefKind.ForeignPath)
        {
            read.Uid = U32();
            read.Path = Text();
        }
        else if (read.Kind is RefKind.Ask or RefKind.ForeignAsk)
        {
            read.Ask = U64();
        }
        else if (read.Kind != RefKind.None)
        {
            IsOk = false;
        }

        read.Raw = start[..(start.Length - _left.Length)];
        return read;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (!IsOk || count > _left.Length)
        {
            IsOk = false;
            return default;
        }

        var taken = _left[..count];
        _left = _left[count..];
        return taken;
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;

namespace Cascade.Core.Wire;

/// <summary>
/// Writes the fields of one message, or measures what they would take: first the one, then the other, by the same calls. The first value that a receiver would not
/// take is kept in <see cref="Why"/>. Defaults are left out, as proto3 wants it.
/// </summary>
internal ref struct WireWriter
{
    private readonly Span<byte> _bytes;
    private readonly bool _measures;

    private WireWriter(Span<byte> bytes, bool measures)
    {
        _bytes = bytes;
        _measures = measures;
    }

    /// <summary>Bytes so far.</summary>
    public int Position { get; private set; }

    /// <summary>Why it cannot be sent, in words for a person; null when it can.</summary>
    public string? Why { get; private set; }

    /// <summary>Measures only.</summary>
    public static WireWriter Measure() => new(default, measures: true);

    /// <summary>Writes into a span of just the length that was measured.</summary>
    public static WireWriter Into(Span<byte> bytes) => new(bytes, measures: false);

    /// <summary>Says why it cannot be sent.</summary>
    public void Fail(string why) => Why ??= why;

    /// <summary>A block, written even when it is zero.</summary>
    public void Block(int field, in BlockId id)
    {
        Head(field, WireKind.Bytes);
        Varint(BlockId.SizeBytes);
        if (!_measures)
            id.CopyTo(_bytes[Position..]);
        Position += BlockId.SizeBytes;
    }

    /// <summary>A block; left out when it is zero.</summary>
    public void BlockOrNone(int field, in BlockId id)
    {
        if (!id.IsZero)
            Block(field, id);
    }

    /// <summary>A key, written even when it is zero.</summary>
    public void Key(int field, in KeyDigest key)
    {
        Head(field, WireKind.Bytes);
        Varint(KeyDigest.SizeBytes);
        if (!_measures)
            key.CopyTo(_bytes[Position..]);
        Position += KeyDigest.SizeBytes;
    }

    /// <summary>A key; left out when it is zero.</summary>
    public void KeyOrNone(int field, in KeyDigest key)
    {
        if (!key.IsZero)
            Key(field, key);
    }

    /// <summary>The number of a node.</summary>
    public void Node(int field, NodeId node) => UInt64(field, node.Value);

    /// <summary>The number of a node, or none.</summary>
    public void NodeOrNone(int field, NodeId? node)
    {
        if (node is not { } present)
            return;
        Head(field, WireKind.Varint);
        Varint(present.Value);
    }

    /// <summary>A stamp.</summary>
    public void Stamp(int field, HybridTimestamp stamp) => Fixed64(field, stamp.Value);

    /// <summary>Any number.</summary>
    public void UInt64(int field, ulong value)
    {
        if (value == 0)
            return;
        Head(field, WireKind.Varint);
        Varint(value);
    }

    /// <summary>Any number, in eight bytes.</summary>
    public void Fixed64(int field, ulong value)
    {
        if (value == 0)
            return;
        Head(field, WireKind.Fixed64);
        if (!_measures)
            BinaryPrimitives.WriteUInt64LittleEndian(_bytes[Position..], value);
        Position += sizeof(ulong);
    }

    /// <summary>A number from 0 to <paramref name="last"/>.</summary>
    public void Amount(int field, long value, long last = long.MaxValue)
    {
        if (value < 0 || value > last)
            Fail(string.Create(CultureInfo.InvariantCulture, $"Field {field} is {value}, and may be 0 to {last}."));
        UInt64(field, (ulong)value);
    }

    /// <summary>The length of a block: 0 to <see cref="WireLimits.BlockBytesMax"/> bytes.</summary>
    public void Length(int field, long bytes) => Amount(field, bytes, WireLimits.BlockBytesMax);

    /// <summary>A duration of 0 or more.</summary>
    public void Duration(int field, TimeSpan duration) => Amount(field, duration.Ticks);

    /// <summary>Yes or no.</summary>
    public void Flag(int field, bool value) => UInt64(field, value ? 1UL : 0);

    /// <summary>A number of either sign from <paramref name="first"/> on.</summary>
    public void Signed(int field, int value, int first)
    {
        if (value < first)
            Fail(string.Create(CultureInfo.InvariantCulture, $"Field {field} is {value}, and may be {first} or more."));
        UInt64(field, WireFraming.ZigZag(value));
    }

    /// <summary>A text of so many bytes in UTF-8 at most.</summary>
    public void Text(int field, string text, int bytesMax = WireLimits.TextBytesMax)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        if (length > bytesMax)
            Fail(string.Create(CultureInfo.InvariantCulture, $"Field {field} takes {length} bytes in UTF-8, and may take {bytesMax}."));
        else
            Characters(field, text, length);
    }

    /// <summary>Words for a person: what is beyond <see cref="WireLimits.TextBytesMax"/> is left out, rather than the whole message.</summary>
    public void Reason(int field, string reason)
    {
        int characters = 0, length = 0;
        foreach (var rune in reason.EnumerateRunes())
        {
            if (length + rune.Utf8SequenceLength > WireLimits.TextBytesMax)
                break;
            length += rune.Utf8SequenceLength;
            characters += rune.Utf16SequenceLength;
        }
        Characters(field, reason.AsSpan(0, characters), length);
    }

    /// <summary>A message within this one, written even when it is empty.</summary>
    public void Nested<T>(int field, T value, WriteFields<T> write)
    {
        Head(field, WireKind.Bytes);
        Position++;
        var start = Position;
        write(ref this, value);
        var length = Position - start;
        // Most messages are short: one byte was left for the length, and what came after it makes way for more.
        var more = WireFraming.VarintBytes((ulong)length) - 1;
        if (!_measures && more > 0)
            _bytes.Slice(start, length).CopyTo(_bytes[(start + more)..]);
        Position = start - 1;
        Varint((ulong)length);
        Position += length;
    }

    /// <summary>The messages of a list.</summary>
    public void List<T>(int field, IReadOnlyList<T> list, int entriesMax, WriteFields<T> write)
    {
        if (list.Count > entriesMax)
        {
            Fail(string.Create(CultureInfo.InvariantCulture, $"Field {field} has {list.Count} entries, and may have {entriesMax}."));
            return;
        }
        for (var i = 0; i < list.Count; i++)
            Nested(field, list[i], write);
    }

    /// <summary>Numbers of eight bytes, packed.</summary>
    public void Packed(int field, ReadOnlySpan<ulong> numbers)
    {
        BytesHead(field, numbers.Length * sizeof(ulong));
        foreach (var number in numbers)
        {
            if (!_measures)
                BinaryPrimitives.WriteUInt64LittleEndian(_bytes[Position..], number);
            Position += sizeof(ulong);
        }
    }

    /// <summary>The head of bytes of which <see cref="Raw"/> and <see cref="Varint"/> write so many.</summary>
    public void BytesHead(int field, int length)
    {
        Head(field, WireKind.Bytes);
        Varint((ulong)length);
    }

    /// <summary>Part of a text, without its length.</summary>
    public void Raw(ReadOnlySpan<char> text, int length)
    {
        if (!_measures)
            Encoding.UTF8.GetBytes(text, _bytes.Slice(Position, length));
        Position += length;
    }

    /// <summary>A number without a tag.</summary>
    public void Varint(ulong value)
    {
        var length = WireFraming.VarintBytes(value);
        if (!_measures)
        {
            var destination = _bytes.Slice(Position, length);
            for (var i = 0; i < length - 1; i++, value >>= 7)
                destination[i] = (byte)(value | 0x80);
            destination[length - 1] = (byte)value;
        }
        Position += length;
    }

    private void Characters(int field, ReadOnlySpan<char> text, int length)
    {
        if (length == 0)
            return;
        BytesHead(field, length);
        Raw(text, length);
    }

    private void Head(int field, WireKind kind)
    {
        if (!_measures)
            _bytes[Position] = (byte)(field << WireFraming.KindBits | (byte)kind);
        Position++;
    }
}

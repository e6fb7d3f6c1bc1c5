using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;

namespace Cascade.Core.Wire;

// The values of single fields. One that is absent has its default, as proto3 wants it.
internal ref partial struct WireFields
{
    /// <summary>A block, which has to be there.</summary>
    public BlockId Block(int field)
    {
        var digest = Digest(field, isOptional: false);
        return digest.IsEmpty ? default : new BlockId(digest);
    }

    /// <summary>A block; zero when it is absent.</summary>
    public BlockId BlockOrNone(int field)
    {
        var digest = Digest(field, isOptional: true);
        return digest.IsEmpty ? default : new BlockId(digest);
    }

    /// <summary>A key, which has to be there.</summary>
    public KeyDigest Key(int field)
    {
        var digest = Digest(field, isOptional: false);
        return digest.IsEmpty ? default : new KeyDigest(digest);
    }

    /// <summary>A key; zero when it is absent.</summary>
    public KeyDigest KeyOrNone(int field)
    {
        var digest = Digest(field, isOptional: true);
        return digest.IsEmpty ? default : new KeyDigest(digest);
    }

    /// <summary>The number of a node.</summary>
    public NodeId Node(int field) => new(UInt32(field));

    /// <summary>A stamp.</summary>
    public HybridTimestamp Stamp(int field) => new(Fixed64(field));

    /// <summary>Any number of 32 bits.</summary>
    public uint UInt32(int field) => (uint)Ranged(field, uint.MaxValue);

    /// <summary>Any number of 64 bits.</summary>
    public ulong UInt64(int field) => Number(field, WireKind.Varint);

    /// <summary>Any number of 64 bits, framed as eight bytes.</summary>
    public ulong Fixed64(int field) => Number(field, WireKind.Fixed64);

    /// <summary>A number from 0 to <paramref name="last"/>.</summary>
    public int Count(int field, int last = int.MaxValue) => (int)Ranged(field, (ulong)last);

    /// <summary>A number from 0 to <paramref name="last"/>.</summary>
    public long Amount(int field, long last = long.MaxValue) => (long)Ranged(field, (ulong)last);

    /// <summary>The length of a block: 0 to <see cref="WireLimits.BlockBytesMax"/> bytes.</summary>
    public long Length(int field) => Amount(field, WireLimits.BlockBytesMax);

    /// <summary>A duration of 0 or more.</summary>
    public TimeSpan Duration(int field) => new(Amount(field));

    /// <summary>Yes or no.</summary>
    public bool Flag(int field) => Ranged(field, 1) != 0;

    /// <summary>A number of either sign from <paramref name="first"/> on.</summary>
    public int Signed(int field, int first)
    {
        var folded = UInt32(field);
        var value = (int)(folded >> 1) ^ -(int)(folded & 1);
        if (value < first)
            Fail(field, "is out of its range");
        return value;
    }

    /// <summary>A text of so many bytes in UTF-8 at most.</summary>
    public string Text(int field, int bytesMax = WireLimits.TextBytesMax) => Text(field, Bytes(field), bytesMax);

    /// <summary>A text that takes all of some bytes of a field.</summary>
    public string Text(int field, ReadOnlySpan<byte> bytes, int bytesMax = WireLimits.TextBytesMax)
    {
        if (bytes.Length > bytesMax)
            Fail(field, string.Create(CultureInfo.InvariantCulture, $"is a text of {bytes.Length} bytes, more than {bytesMax}"));
        else if (!Utf8.IsValid(bytes))
            Fail(field, "is no UTF-8");
        return Why is null ? Encoding.UTF8.GetString(bytes) : "";
    }

    /// <summary>The bytes of a field, where they lie.</summary>
    public ReadOnlySpan<byte> Bytes(int field)
    {
        var place = _places[field];
        if (!place.IsThere)
            return default;
        if (place.Kind == WireKind.Bytes)
            return _bytes.Slice(place.Start, place.Length);
        Fail(field, "has no bytes");
        return default;
    }

    /// <summary>Numbers from 0 to <paramref name="last"/>, packed; how many there are.</summary>
    public int Packed(int field, int last, scoped Span<int> numbers)
    {
        var bytes = Bytes(field);
        int at = 0, taken = 0;
        while (at < bytes.Length)
        {
            if (!WireFraming.TryVarint(bytes, ref at, out var value) || value > (ulong)last || taken == numbers.Length)
            {
                Fail(field, "has a number out of its range, or too many");
                return 0;
            }
            numbers[taken++] = (int)value;
        }
        return taken;
    }

    /// <summary>Numbers of eight bytes, packed: just as many as there is room for.</summary>
    public void Packed(int field, scoped Span<ulong> numbers)
    {
        var bytes = Bytes(field);
        if (bytes.Length != numbers.Length * sizeof(ulong))
        {
            Fail(field, string.Create(CultureInfo.InvariantCulture, $"is not {numbers.Length} numbers of eight bytes"));
            return;
        }
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(i * sizeof(ulong))..]);
    }

    private ReadOnlySpan<byte> Digest(int field, bool isOptional)
    {
        var bytes = Bytes(field);
        if (bytes.Length == BlockId.SizeBytes || (isOptional && !Has(field)))
            return bytes;
        Fail(field, string.Create(CultureInfo.InvariantCulture, $"is no digest: {bytes.Length} bytes instead of {BlockId.SizeBytes}"));
        return default;
    }

    private ulong Ranged(int field, ulong last)
    {
        var value = Number(field, WireKind.Varint);
        if (value <= last)
            return value;
        Fail(field, string.Create(CultureInfo.InvariantCulture, $"is out of its range: more than {last}, or negative"));
        return 0;
    }

    private ulong Number(int field, WireKind kind)
    {
        var place = _places[field];
        if (!place.IsThere)
            return 0;
        if (place.Kind == kind)
            return place.Value;
        Fail(field, "is no such number");
        return 0;
    }
}

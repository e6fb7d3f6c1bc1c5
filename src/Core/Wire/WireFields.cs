using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Cascade.Core.Wire;

/// <summary>
/// The fields of one message, found in one run over its bytes and looked at where they lie. The first thing that is wrong is kept in <see cref="Why"/>; from
/// then on what is asked for has no meaning, and nothing throws.
/// </summary>
/// <remarks>Known fields have numbers up to <see cref="NumberMax"/>; those beyond are of a newer version and skipped.</remarks>
internal ref partial struct WireFields
{
    /// <summary>Greatest number of a field that can be asked for: one byte holds the tag.</summary>
    public const int NumberMax = 15;

    private readonly ReadOnlySpan<byte> _bytes;
    private Places _places;

    /// <summary>Finds the fields.</summary>
    public WireFields(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        var at = 0;
        while (at < bytes.Length)
        {
            if (!TryNext(bytes, ref at, out var number, out var place))
            {
                Why = string.Create(CultureInfo.InvariantCulture, $"What begins before byte {at} is no whole field.");
                return;
            }
            if (number <= NumberMax)
                _places[(int)number] = place;
        }
    }

    /// <summary>What is wrong, in words for a person; null when nothing is known to be.</summary>
    public string? Why { get; private set; }

    /// <summary>True when the field is there.</summary>
    public readonly bool Has(int field) => _places[field].IsThere;

    /// <summary>Says what is wrong.</summary>
    public void Fail(string what) => Why ??= what;

    /// <summary>Says what is wrong with a field.</summary>
    public void Fail(int field, string what) => Why ??= string.Create(CultureInfo.InvariantCulture, $"Field {field} {what}.");

    /// <summary>A message within this one.</summary>
    public T Nested<T>(int field, ReadFields<T> read)
    {
        if (!Has(field))
            Fail(field, "is missing");
        return Inner(Bytes(field), read);
    }

    /// <summary>The messages of a list, in order.</summary>
    public T[] List<T>(int field, int entriesMax, ReadFields<T> read)
    {
        var count = Count(field);
        if (count > entriesMax)
            Fail(field, string.Create(CultureInfo.InvariantCulture, $"has {count} entries, more than {entriesMax}"));
        if (Why is not null || count == 0)
            return [];
        // Room is made as entries turn out to be sound, so that a list of empty ones costs nothing.
        var list = new T[Math.Min(count, 16)];
        int at = 0, taken = 0;
        while (at < _bytes.Length && TryNext(_bytes, ref at, out var number, out var place) && Why is null)
        {
            if (number != field)
                continue;
            if (taken == list.Length)
                Array.Resize(ref list, Math.Min(count, 2 * taken));
            list[taken++] = Inner(_bytes.Slice(place.Start, place.Length), read);
        }
        return list;
    }

    private T Inner<T>(ReadOnlySpan<byte> bytes, ReadFields<T> read)
    {
        if (Why is not null)
            return default!;
        var inner = new WireFields(bytes);
        var made = inner.Why is null ? read(ref inner) : default!;
        if (inner.Why is { } fault)
            Fail(fault);
        return made;
    }

    private int Count(int field)
    {
        int at = 0, count = 0;
        while (at < _bytes.Length && TryNext(_bytes, ref at, out var number, out var place))
        {
            if (number != field)
                continue;
            count++;
            if (place.Kind != WireKind.Bytes)
                Fail(field, "is no message");
        }
        return count;
    }

    private static bool TryNext(ReadOnlySpan<byte> bytes, ref int at, out uint number, out Place place)
    {
        number = 0;
        place = default;
        if (!WireFraming.TryVarint(bytes, ref at, out var tag) || tag > uint.MaxValue)
            return false;
        number = (uint)tag >> WireFraming.KindBits;
        var kind = (WireKind)((uint)tag & ((1 << WireFraming.KindBits) - 1));
        if (number == 0)
            return false;
        var length = 0UL;
        switch (kind)
        {
            case WireKind.Varint:
                if (!WireFraming.TryVarint(bytes, ref at, out var value))
                    return false;
                place = new Place(kind, value);
                return true;
            case WireKind.Fixed64: length = sizeof(ulong); break;
            case WireKind.Fixed32: length = sizeof(uint); break;
            case WireKind.Bytes:
                if (!WireFraming.TryVarint(bytes, ref at, out length))
                    return false;
                break;
            default: return false;
        }
        if (length > (ulong)(bytes.Length - at))
            return false;
        place = kind == WireKind.Fixed64
            ? new Place(kind, BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]))
            : new Place(kind, (ulong)at << 32 | length);
        at += (int)length;
        return true;
    }

    private readonly struct Place(WireKind kind, ulong value)
    {
        /// <summary>The number itself, or where the bytes are.</summary>
        public readonly ulong Value = value;
        public readonly WireKind Kind = kind;
        public readonly bool IsThere = true;

        public int Start => (int)(Value >> 32);

        public int Length => (int)(uint)Value;
    }

    [InlineArray(NumberMax + 1)]
    private struct Places
    {
        private Place _first;
    }
}

using System.Globalization;

namespace Cascade.Hosting.Configuration.Hocon;

internal enum HoconKind
{
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

/// <summary>A finished value. Immutable; safe to share between places and threads.</summary>
internal abstract class HoconValue(Origin origin) : Node(origin)
{
    public abstract HoconKind Kind { get; }

    /// <summary>Values in this one, itself included, each counted as often as it can be reached.</summary>
    public virtual long Count => 1;

    /// <summary>Arrays and objects within each other.</summary>
    public virtual int Depth => 0;

    /// <summary>How an error message calls the value.</summary>
    public abstract string Describe();
}

/// <summary>A string, number, boolean or null. Numbers keep the form they were written in.</summary>
internal sealed class HoconScalar(Origin origin, HoconKind kind, string text) : HoconValue(origin)
{
    private const int ShownLengthMax = 60;

    public override HoconKind Kind { get; } = kind;

    public string Text { get; } = text;

    /// <summary>An unquoted word: what it spells decides its kind.</summary>
    public static HoconScalar FromUnquoted(Origin origin, string text) => new(origin, KindOf(text), text);

    public override string Describe()
    {
        var shown = Text.Length <= ShownLengthMax ? Text : $"{Text.AsSpan(0, ShownLengthMax)}...";
        return Kind == HoconKind.String ? HoconText.Quote(shown) : shown;
    }

    private static HoconKind KindOf(string text) => text switch
    {
        "true" or "false" => HoconKind.Boolean,
        "null" => HoconKind.Null,
        _ => Characters.NumberLength(text) == text.Length ? HoconKind.Number : HoconKind.String,
    };
}

internal sealed class HoconArray : HoconValue
{
    public HoconArray(Origin origin, IReadOnlyList<HoconValue> elements)
        : base(origin)
    {
        Elements = elements;
        Count = 1 + elements.Sum(element => element.Count);
        Depth = 1 + elements.Select(element => element.Depth).DefaultIfEmpty().Max();
    }

    public IReadOnlyList<HoconValue> Elements { get; }

    public override HoconKind Kind => HoconKind.Array;

    public override long Count { get; }

    public override int Depth { get; }

    public override string Describe() => "an array";

    /// <summary>
    /// The array itself, or an object with numeric keys as the array of their values in numeric order; else null.
    /// </summary>
    public static HoconArray? From(HoconValue value)
    {
        if (value is not HoconObject { Fields: var fields })
            return value as HoconArray;
        var elements = fields
            .Select(field => (Index: ParseIndex(field.Key), field.Value))
            .Where(element => element.Index >= 0)
            .OrderBy(element => element.Index)
            .Select(element => element.Value)
            .ToArray();
        return elements.Length == 0 ? null : new HoconArray(value.Origin, elements);
    }

    private static int ParseIndex(string key) =>
        int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : -1;
}

/// <summary>A field of a finished object.</summary>
internal sealed record HoconField(string Key, HoconValue Value, Origin KeyOrigin);

internal sealed class HoconObject : HoconValue
{
    private readonly OrderedDictionary<string, HoconField> _fields;

    public HoconObject(Origin origin, IEnumerable<HoconField> fields)
        : base(origin)
    {
        _fields = new(StringComparer.Ordinal);
        foreach (var field in fields)
            _fields[field.Key] = field;
        Count = 1 + _fields.Values.Sum(field => field.Value.Count);
        Depth = 1 + _fields.Values.Select(field => field.Value.Depth).DefaultIfEmpty().Max();
    }

    /// <summary>The fields in the order of their first appearance.</summary>
    public IReadOnlyCollection<HoconField> Fields => _fields.Values;

    public override HoconKind Kind => HoconKind.Object;

    public override long Count { get; }

    public override int Depth { get; }

    public HoconField? Find(string key) => _fields.GetValueOrDefault(key);

    public HoconField? Find(IEnumerable<string> path)
    {
        HoconField? field = null;
        HoconValue? value = this;
        foreach (var key in path)
        {
            field = (value as HoconObject)?.Find(key);
            value = field?.Value;
        }
        return field;
    }

    public override string Describe() => "an object";

    /// <summary>This object with the fields of a later one over it.</summary>
    public HoconObject Merge(HoconObject later)
    {
        var merged = new OrderedDictionary<string, HoconField>(_fields, StringComparer.Ordinal);
        foreach (var field in later.Fields)
        {
            merged[field.Key] = field.Value is HoconObject after && Find(field.Key)?.Value is HoconObject before
                ? field with { Value = before.Merge(after) }
                : field;
        }
        return new HoconObject(later.Origin, merged.Values);
    }
}

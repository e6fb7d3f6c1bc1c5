using System.Globalization;
using System.Numerics;
using Cascade.Hosting.Configuration.Hocon;
using Cascade.Hosting.Configuration.Units;

namespace Cascade.Hosting.Configuration;

/// <summary>
/// Reads typed, checked values below one path. What is wrong is collected, and a stand-in returned, so that one pass finds all
/// faults; the options built from it are used only when there are none.
/// </summary>
internal sealed class OptionsReader
{
    private readonly HoconObject _root;
    private readonly ConfigurationErrors _errors;
    private readonly HashSet<string> _read;
    private readonly string[] _path;

    public OptionsReader(HoconObject root, ConfigurationErrors errors)
        : this(root, errors, [], []) { }

    private OptionsReader(HoconObject root, ConfigurationErrors errors, HashSet<string> read, string[] path)
    {
        _root = root;
        _errors = errors;
        _read = read;
        _path = path;
    }

    /// <summary>The paths that have been asked for, by this reader and the readers of sections made from it.</summary>
    public IReadOnlySet<string> ReadPaths => _read;

    public OptionsReader Section(string key) => new(_root, _errors, _read, [.. _path, key]);

    public bool Boolean(string key) => Scalar(key, "true, yes, on, false, no or off") is { } scalar
        && (Switch.TryParse(scalar.Text) ?? Refuse<bool>(key, scalar, "expected true, yes, on, false, no or off"));

    public long SizeBytes(string key, long min, long max)
    {
        if (Scalar(key, ByteSize.Expected) is not { } scalar)
            return min;
        if (!ByteSize.TryParse(scalar.Text, out var bytes, out var reason))
            return Refuse<long>(key, scalar, reason);
        return bytes >= min && bytes <= max ? bytes : Refuse<long>(key, scalar, $"expected {Show(min)} to {Show(max)}");
    }

    public TimeSpan Duration(string key, TimeSpan min, TimeSpan max)
    {
        if (Scalar(key, Units.Duration.Expected) is not { } scalar)
            return min;
        if (!Units.Duration.TryParse(scalar.Text, out var duration, out var reason))
            return Refuse<TimeSpan>(key, scalar, reason);
        return duration >= min && duration <= max
            ? duration
            : Refuse<TimeSpan>(key, scalar, $"expected {Show(min)} to {Show(max)}");
    }

    public int Integer(string key, int min, int max)
    {
        var expected = string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}");
        if (Scalar(key, expected) is not { } scalar)
            return min;
        return Quantity.TryParse(scalar.Text, out var quantity) && quantity.Unit.Length == 0
            && quantity.Times(BigInteger.One) is { } exact && exact >= min && exact <= max
            ? (int)exact
            : Refuse<int>(key, scalar, $"expected {expected}");
    }

    /// <summary>A part of a whole, 0 to 1 or less.</summary>
    public double Share(string key, double max = 1)
    {
        var expected = Invariant($"a share from 0 to {max} such as {max / 2}");
        if (Scalar(key, expected) is not { } scalar)
            return 0;
        return Quantity.TryParse(scalar.Text, out var quantity) && quantity.Unit.Length == 0
            && double.TryParse(scalar.Text, CultureInfo.InvariantCulture, out var share) && share >= 0 && share <= max
            ? share
            : Refuse<double>(key, scalar, $"expected {expected}");
    }

    public T Choice<T>(string key, params (string Word, T Value)[] choices)
    {
        var expected = $"one of {string.Join(", ", choices.Select(choice => choice.Word))}";
        if (Scalar(key, expected) is not { } scalar)
            return choices[0].Value;
        foreach (var (word, value) in choices)
        {
            if (word == scalar.Text)
                return value;
        }
        return Refuse<T>(key, scalar, $"expected {expected}");
    }

    public string Text(string key, string expected, Predicate<string> accept) =>
        Scalar(key, expected) is not { } scalar ? ""
        : accept(scalar.Text) ? scalar.Text
        : Refuse<string>(key, scalar, $"expected {expected}");

    /// <summary>Some texts, as an array or as one text with commas between them; none as an empty array or text.</summary>
    public IReadOnlyList<string> Texts(string key, string expected, Predicate<string> accept)
    {
        _read.Add(PathOf(key));
        if (_root.Find([.. _path, key])?.Value is not HoconArray array)
        {
            var text = Text(key, expected, text => Split(text).All(part => accept(part)));
            return text is null ? [] : Split(text);
        }

        var texts = new List<string>();
        foreach (var element in array.Elements)
        {
            if (element is HoconScalar { Kind: not HoconKind.Null } scalar && accept(scalar.Text))
                texts.Add(scalar.Text);
            else
                _errors.Add(element.Origin, $"{PathOf(key)}: expected {expected}, found {element.Describe()}.");
        }

        return texts;
    }

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>True of what can be an absolute path on this system.</summary>
    public static bool IsAbsolutePath(string text) => Path.IsPathFullyQualified(text) && !text.Contains('\0', StringComparison.Ordinal);

    /// <summary>Octal permissions that let the owner read and write.</summary>
    public UnixFileMode FileMode(string key)
    {
        const string Expected = "octal permissions such as \"0600\", the owner allowed to read and write";
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var text = Text(key, Expected, text =>
            text.Length is 3 or 4 && text.All(c => c is >= '0' and <= '7') && Convert.ToInt32(text, 8) is <= 511 and var bits
            && ((UnixFileMode)bits & Owner) == Owner);
        return string.IsNullOrEmpty(text) ? Owner : (UnixFileMode)Convert.ToInt32(text, 8);
    }

    /// <summary>Reports a value that is right by itself but does not go with others.</summary>
    public void Fail(string key, string message)
    {
        if (_root.Find([.. _path, key]) is { } field)
            _errors.Add(field.Value.Origin, $"{PathOf(key)}: {message}.");
    }

    private HoconScalar? Scalar(string key, string expected)
    {
        _read.Add(PathOf(key));
        if (_root.Find([.. _path, key])?.Value is { } value)
        {
            if (value is HoconScalar { Kind: not HoconKind.Null } scalar)
                return scalar;
            _errors.Add(value.Origin, $"{PathOf(key)}: expected {expected}, found {value.Describe()}.");
        }
        else if (_path.Length == 0 || _root.Find(_path)?.Value is null or HoconObject)
        {
            _errors.Add($"{PathOf(key)} is not set: expected {expected}; reference.conf lacks it.");
        }
        return null;
    }

    private T Refuse<T>(string key, HoconScalar scalar, string reason)
    {
        var shown = Secrets.IsSecret(key) ? Secrets.Hidden : scalar.Describe();
        _errors.Add(scalar.Origin, $"{PathOf(key)} = {shown}: {reason}.");
        return default!;
    }

    private string PathOf(string key) => HoconText.Path([.. _path, key]);

    private static string Show(long bytes)
    {
        string[] units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
        var unit = 0;
        for (; unit < units.Length - 1 && bytes != 0 && bytes % 1024 == 0; unit++)
            bytes /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{bytes} {units[unit]}");
    }

    private static string Show(TimeSpan duration) => duration switch
    {
        { Ticks: 0 } => "0 s",
        { TotalDays: >= 1 } when duration.Ticks % TimeSpan.TicksPerDay == 0 => Invariant($"{duration.TotalDays} d"),
        { TotalHours: >= 1 } when duration.Ticks % TimeSpan.TicksPerHour == 0 => Invariant($"{duration.TotalHours} h"),
        { TotalSeconds: >= 1 } => Invariant($"{duration.TotalSeconds} s"),
        _ => Invariant($"{duration.TotalMilliseconds} ms"),
    };

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}

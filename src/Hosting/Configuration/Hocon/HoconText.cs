using System.Globalization;
using System.Text;

namespace Cascade.Hosting.Configuration.Hocon;

/// <summary>Writes keys and strings so that parsing gives them back.</summary>
internal static class HoconText
{
    public static string Path(IEnumerable<string> keys) => string.Join('.', keys.Select(Key));

    public static string Key(string key) => IsPlain(key) && key != "include" ? key : Quote(key);

    /// <summary>A scalar as HOCON text: strings in quotes unless they read the same without.</summary>
    public static string Scalar(HoconScalar scalar) => scalar.Kind switch
    {
        HoconKind.String when IsPlainString(scalar.Text) => scalar.Text,
        HoconKind.String => Quote(scalar.Text),
        _ => scalar.Text,
    };

    /// <summary>The text as a JSON string.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                < ' ' or '\u007F' => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => quoted.Append(c),
            };
        }
        return quoted.Append('"').ToString();
    }

    private static bool IsPlain(string key) => key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static bool IsPlainString(string text) =>
        IsPlain(text) && HoconScalar.FromUnquoted(default, text).Kind == HoconKind.String;
}

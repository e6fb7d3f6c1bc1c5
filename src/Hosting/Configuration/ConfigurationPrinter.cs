using System.Globalization;
using System.Text;
using Cascade.Hosting.Configuration.Hocon;

namespace Cascade.Hosting.Configuration;

/// <summary>
/// Writes the configuration in force as HOCON that reads back to the same values, with the origin of each as a comment.
/// </summary>
public static class ConfigurationPrinter
{
    private const int IndentWidth = 2;
    private const int CommentColumn = 48;

    /// <summary>The text of <c>--print-config</c>. Values of keys that end in password, secret or token are not shown.</summary>
    public static string Print(CascadeConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return Print(configuration.Values);
    }

    internal static string Print(HoconObject values)
    {
        var text = new StringBuilder();
        AppendFields(text, values, 0);
        return text.ToString();
    }

    private static void AppendFields(StringBuilder text, HoconObject values, int depth)
    {
        foreach (var field in values.Fields)
        {
            var indent = new string(' ', depth * IndentWidth);
            var key = HoconText.Key(field.Key);
            if (field.Value is HoconObject { Fields.Count: > 0 } section && !Secrets.IsSecret(field.Key))
            {
                text.Append(CultureInfo.InvariantCulture, $"{indent}{key} {{\n");
                AppendFields(text, section, depth + 1);
                text.Append(CultureInfo.InvariantCulture, $"{indent}}}\n");
                continue;
            }
            var line = $"{indent}{key} = {(Secrets.IsSecret(field.Key) ? Secrets.Hidden : Inline(field.Value))}";
            text.Append(CultureInfo.InvariantCulture, $"{line.PadRight(CommentColumn)} # {Show(field.KeyOrigin)}\n");
        }
    }

    private static string Inline(HoconValue value) => value switch
    {
        HoconScalar scalar => HoconText.Scalar(scalar),
        HoconArray array => $"[{string.Join(", ", array.Elements.Select(Inline))}]",
        HoconObject node => $"{{{string.Join(", ", node.Fields.Select(InlineField))}}}",
        _ => throw new InvalidOperationException($"There is no text for {value.Describe()}."),
    };

    private static string InlineField(HoconField field) =>
        $"{HoconText.Key(field.Key)} = {(Secrets.IsSecret(field.Key) ? Secrets.Hidden : Inline(field.Value))}";

    private static string Show(Origin origin) => OneLine(origin.Kind switch
    {
        OriginKind.Reference => "reference",
        OriginKind.Environment => $"environment {origin.Source}",
        OriginKind.CommandLine => "command line",
        _ => string.Create(CultureInfo.InvariantCulture, $"{origin.Source}:{origin.Line}"),
    });

    /// <summary>A file name may hold a line break, which would end the comment.</summary>
    private static string OneLine(string text) => text.ReplaceLineEndings("?");
}

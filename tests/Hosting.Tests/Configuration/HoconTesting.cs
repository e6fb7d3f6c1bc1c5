using System.Globalization;
using System.Text;
using Cascade.Hosting.Configuration.Hocon;

namespace Cascade.Hosting.Tests.Configuration;

/// <summary>Parses and resolves literal text, and shows values as JSON with numbers in their written form.</summary>
internal static class HoconTesting
{
    public static readonly IReadOnlyDictionary<string, string> NoEnvironment = new Dictionary<string, string>();

    public static HoconObject Resolve(string text, IReadOnlyDictionary<string, string>? environment = null, HoconLimits? limits = null) =>
        HoconTree.Resolve(
            [HoconTree.Parse(new SourceText(OriginKind.File, "test.conf", text), limits)],
            name => (environment ?? NoEnvironment).GetValueOrDefault(name),
            limits);

    public static string Json(string text, params (string Name, string Value)[] environment) =>
        Json(Resolve(text, environment.ToDictionary(variable => variable.Name, variable => variable.Value)));

    public static string Json(HoconValue value) => value switch
    {
        HoconObject node => $"{{{string.Join(',', node.Fields.Select(field => $"{HoconText.Quote(field.Key)}:{Json(field.Value)}"))}}}",
        HoconArray array => $"[{string.Join(',', array.Elements.Select(Json))}]",
        HoconScalar { Kind: HoconKind.String } text => HoconText.Quote(text.Text),
        HoconScalar scalar => scalar.Text,
        _ => throw new InvalidOperationException($"{value.Describe()} must not be part of a result."),
    };

    /// <summary>The errors of text that does not parse or resolve, as <c>line:column: message</c> lines.</summary>
    public static string Errors(string text, HoconLimits? limits = null)
    {
        var exception = Assert.Throws<HoconException>(() => Resolve(text, null, limits));
        var lines = new StringBuilder();
        foreach (var error in exception.Errors)
            lines.Append(CultureInfo.InvariantCulture, $"{error.Origin.Line}:{error.Origin.Column}: {error.Message}\n");
        return lines.ToString().TrimEnd('\n');
    }
}

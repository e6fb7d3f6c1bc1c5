using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cascade.Hosting.Cli;

/// <summary>The one JSON document that a verb prints with <c>--json</c>: one line, names in snake_case, no locale.</summary>
internal static class JsonOutput
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Writes the public properties of a report, in the order of their declaration.</summary>
    public static void Write<T>(TextWriter output, T report)
    {
        output.WriteLine(JsonSerializer.Serialize(report, Options));
        output.Flush();
    }
}

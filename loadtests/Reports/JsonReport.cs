using System.Text.Json;

namespace Cascade.LoadTests.Reports;

/// <summary>The report as one JSON document: names in snake_case, no locale.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Line = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>One line.</summary>
    public static string Write(LoadReport report) => JsonSerializer.Serialize(report, Line);
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cascade.Simulation.Plan;

/// <summary>
/// A plan in a file, with what it once broke: it stays the same plan when seeds come to mean others, because all that is drawn before a run is in it. What a
/// configuration has learnt since is off in an older file.
/// </summary>
internal sealed record PlanFile
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>In words what the plan broke.</summary>
    public required string Broke { get; init; }

    public required SimConfig Config { get; init; }

    public required IReadOnlyList<string> Events { get; init; }

    public static void Save(string path, SimPlan plan, string broke) => File.WriteAllText(
        path, JsonSerializer.Serialize(new PlanFile { Broke = broke, Config = plan.Config, Events = [.. plan.Events.Select(EventText.Write)] }, Json) + "\n");

    /// <exception cref="FormatException">The file holds no plan.</exception>
    public static SimPlan Load(string path)
    {
        try
        {
            var file = JsonSerializer.Deserialize<PlanFile>(File.ReadAllText(path), Json) ?? throw new FormatException("It is empty.");
            return new SimPlan(file.Config, [.. file.Events.Select(EventText.Read)]);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new FormatException($"{path} holds no plan of a run: {e.Message}", e);
        }
    }
}

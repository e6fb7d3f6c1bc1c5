using Cascade.Hosting.Configuration;

namespace Cascade.Hosting.Cli;

/// <summary>Finds the name that a mistyped one probably stands for.</summary>
internal static class Suggestion
{
    /// <summary>Longer ones are no slips of a finger, and comparing takes time by the product of the lengths.</summary>
    private const int ComparedLengthMax = 64;

    /// <summary>The nearest name, when at most a third of its letters would have to change; else null.</summary>
    public static string? For(string typed, IEnumerable<string> names) => typed.Length > ComparedLengthMax ? null : names
        .Select(name => (Name: name, Distance: EditDistance.Between(typed, name)))
        .Where(candidate => candidate.Distance <= Math.Max(1, candidate.Name.Length / 3))
        .OrderBy(candidate => candidate.Distance).ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
        .Select(candidate => candidate.Name)
        .FirstOrDefault();
}

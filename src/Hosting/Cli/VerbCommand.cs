using System.CommandLine;

namespace Cascade.Hosting.Cli;

/// <summary>One use of a verb, as its help shows it.</summary>
/// <param name="CommandLine">What to type.</param>
/// <param name="Meaning">What it does, in a few words.</param>
internal readonly record struct Example(string CommandLine, string Meaning);

/// <summary>A verb of the program: a command with examples.</summary>
internal sealed class VerbCommand(string name, string description, params Example[] examples) : Command(name, description)
{
    /// <summary>What a user of the verb has to know beyond its one line in the list of verbs; shown in its own help alone.</summary>
    public string? Details { get; init; }

    /// <summary>Shown below the options in the verb's help.</summary>
    public IReadOnlyList<Example> Examples { get; } = examples;
}

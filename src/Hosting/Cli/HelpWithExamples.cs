using System.CommandLine;
using System.CommandLine.Invocation;

namespace Cascade.Hosting.Cli;

/// <summary>Help as the library writes it, and the details and examples of a verb below.</summary>
internal sealed class HelpWithExamples(SynchronousCommandLineAction help) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is not VerbCommand verb)
            return ExitCode.Ok;
        var output = parseResult.InvocationConfiguration.Output;
        if (verb.Details is { } details)
            WriteDetails(details, output);
        if (verb.Examples.Count > 0)
            WriteExamples(verb.Examples, output);
        return ExitCode.Ok;
    }

    private static void WriteDetails(string details, TextWriter output)
    {
        output.WriteLine("Details:");
        foreach (var line in details.Split('\n'))
            output.WriteLine($"  {line}");
        output.WriteLine();
    }

    private static void WriteExamples(IReadOnlyList<Example> examples, TextWriter output)
    {
        output.WriteLine("Examples:");
        foreach (var example in examples)
        {
            output.WriteLine($"  {example.CommandLine}");
            output.WriteLine($"      {example.Meaning}");
        }

        output.WriteLine();
    }
}

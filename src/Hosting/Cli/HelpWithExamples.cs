using System.CommandLine;
using System.CommandLine.Invocation;

namespace Cascade.Hosting.Cli;

/// <summary>Help as the library writes it, and the examples of a verb below.</summary>
internal sealed class HelpWithExamples(SynchronousCommandLineAction help) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is VerbCommand { Examples.Count: > 0 } verb)
            Write(verb.Examples, parseResult.InvocationConfiguration.Output);
        return ExitCode.Ok;
    }

    private static void Write(IReadOnlyList<Example> examples, TextWriter output)
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

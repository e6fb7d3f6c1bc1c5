using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Cascade.Simulation.Cli;

/// <summary>The command line of the verb: help, errors and exit codes.</summary>
internal sealed class SimCli
{
    private const string ProgramName = "cascade sim";

    private static readonly (string CommandLine, string Meaning)[] Examples =
    [
        ("cascade sim --seed 42", "the run of one seed; a failing one is cut down to a short list of events"),
        ("cascade sim --seed 42 --nodes 5 --steps 100 --json", "with other sizes than the seed would draw, as one JSON document"),
        ("cascade sim --minutes 10", "fresh seeds for ten minutes; those that fail, with the command to run them again"),
        ("cascade sim --seed 42 --keep tests/Simulation/Regressions/42.json", "the shortened plan as a file, that a test runs from then on"),
        ("cascade sim --seeds 20000", "so many fresh seeds; with --seed S those from S on"),
    ];

    private readonly RootCommand _root = new("Run the nodes of a cluster in one thread under virtual time, break what can break, and check what they promise.")
    {
        HelpName = ProgramName,
    };

    private readonly TextWriter _output, _error;

    /// <summary>Makes it, speaking to these: data to the first, talk to the second.</summary>
    public SimCli(TextWriter output, TextWriter error)
    {
        (_output, _error) = (output, error);
        var options = new SimOptions();
        options.AddTo(_root);
        var help = _root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((SynchronousCommandLineAction)help.Action!);
        var command = new SimCommand(options, output, error);
        _root.SetAction((line, interrupt) => Task.FromResult(command.Run(line, interrupt)));
    }

    /// <summary>Does what the arguments say: 0 when nothing was found, 1 when something was, 2 when the command line is wrong.</summary>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken interrupt = default)
    {
        var line = _root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (line.Errors.Count > 0 && line.Action is not HelpWithExamples)
        {
            foreach (var error in line.Errors.Select(static error => error.Message).Distinct())
                await _error.WriteLineAsync($"{ProgramName}: {error}");
            await _error.WriteLineAsync($"{ProgramName}: Run '{ProgramName} --help' to see what there is.");
            return 2;
        }

        return await line.InvokeAsync(new InvocationConfiguration { Output = _output, Error = _error, ProcessTerminationTimeout = null }, interrupt);
    }

    private sealed class HelpWithExamples(SynchronousCommandLineAction help) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            help.Invoke(parseResult);
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Exit codes:");
            output.WriteLine("  0 nothing was found, 1 a promise was broken, 2 the command line is wrong");
            output.WriteLine("\nExamples:");
            foreach (var (commandLine, meaning) in Examples)
                output.WriteLine($"  {commandLine}\n      {meaning}");
            return 0;
        }
    }
}

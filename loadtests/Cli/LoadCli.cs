using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Cascade.LoadTests.Targets;

namespace Cascade.LoadTests.Cli;

/// <summary>The program's command line: help, errors and exit codes.</summary>
internal sealed class LoadCli
{
    private const string ProgramName = "cascade load";

    private static readonly (string CommandLine, string Meaning)[] Examples =
    [
        ("cascade load uniform --seconds 10", "eight copies read as fast as they can, for ten seconds"),
        ("cascade load mixed --writes 50 --rate 500 --report out", "500 arrivals a second, half of them writes; reports in out/"),
        ("cascade load chat --copies 32 --ramp 10 --seconds 60 --json", "up to 32 conversations, one JSON document"),
    ];

    private const string Details = """
        Closed model (--copies): each copy starts again when it is done. Open model (--rate): arrivals come when they are due, and latency
        counts from that moment, so that waiting behind others is not hidden. Latencies are of good answers; errors are counted by reason.
        Every read is compared with what was put: its first, last and a random 8 KiB, and one read in 64 byte by byte. That takes time
        which is in no step, but in the row "scenario".
        Exit code 1 when a byte was wrong or the load did not run to its end, 2 when the command line is wrong, 3 when the target cannot
        be had. Errors that are counted do not change the exit code.
        """;

    private readonly RootCommand _root = new("Put load on a cluster of this machine, and measure it.") { HelpName = ProgramName };
    private readonly TextWriter _output, _error;

    /// <summary>Makes it, speaking to these: data to the first, talk to the second.</summary>
    public LoadCli(TextWriter output, TextWriter error)
    {
        (_output, _error) = (output, error);
        var options = new LoadOptions();
        options.AddTo(_root);
        var help = _root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((SynchronousCommandLineAction)help.Action!);
        _root.SetAction(new LoadCommand(options, output, error).RunAsync);
    }

    /// <summary>Does what the arguments say. Never throws; the outcome is an <see cref="ExitCode"/>.</summary>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken interrupt)
    {
        var line = _root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (line.Action is ParseErrorAction || line.Errors.Count > 0 && line.Action is not HelpWithExamples)
            return Say(ExitCode.Usage, [.. line.Errors.Select(error => error.Message).Distinct(), $"Run '{ProgramName} --help' to see what there is."]);
        try
        {
            return await line.InvokeAsync(
                new InvocationConfiguration { Output = _output, Error = _error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, interrupt);
        }
        catch (TargetException e)
        {
            return Say(e.IsMistake ? ExitCode.Usage : ExitCode.Unavailable, e.Message.Split('\n'));
        }
        catch (OperationCanceledException) when (interrupt.IsCancellationRequested)
        {
            return Say(ExitCode.Failed, "interrupted before anything was measured");
        }
        catch (Exception e)
        {
            return Say(ExitCode.Failed, $"unexpected {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private int Say(int exitCode, params string[] lines)
    {
        foreach (var text in lines)
            _error.WriteLine($"{ProgramName}: {text.TrimEnd('\r')}");
        return exitCode;
    }

    private sealed class HelpWithExamples(SynchronousCommandLineAction help) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            help.Invoke(parseResult);
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Scenarios:");
            foreach (var kind in Scenarios.ScenarioCatalog.All)
                output.WriteLine($"  {kind.Name,-12}{kind.Description}");
            output.WriteLine("\nDetails:");
            foreach (var text in Details.Split('\n'))
                output.WriteLine($"  {text}");
            output.WriteLine("\nExamples:");
            foreach (var (commandLine, meaning) in Examples)
                output.WriteLine($"  {commandLine}\n      {meaning}");
            return ExitCode.Ok;
        }
    }
}

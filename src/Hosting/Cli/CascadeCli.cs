using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;

namespace Cascade.Hosting.Cli;

/// <summary>The program's command line: verbs, help, errors and exit codes.</summary>
internal sealed class CascadeCli
{
    /// <summary>What the program is called in its own words.</summary>
    public const string ProgramName = "cascade";

    /// <summary>Set to anything but 0, it does what <c>--verbose</c> does.</summary>
    public const string VerboseVariable = "CASCADE_VERBOSE";

    /// <summary>The option of all verbs by which they say more.</summary>
    public const string VerboseOption = "--verbose";

    private readonly CliConsole _console;
    private readonly RootCommand _root;
    private readonly Option<bool> _verbose = new(VerboseOption)
    {
        Description = "Show where an unexpected error came from; verbs against a cluster log as much as a node.",
        Recursive = true,
    };

    /// <summary>Makes the command line of these verbs.</summary>
    public CascadeCli(CliConsole console, params ReadOnlySpan<Command> verbs)
    {
        _console = console;
        _root = new RootCommand("Cascade: a distributed cache for the key/value tensors of large-language-model inference.")
        {
            HelpName = ProgramName,
        };
        _root.Add(_verbose);
        foreach (var verb in verbs)
            _root.Add(verb);

        var help = _root.Options.OfType<HelpOption>().Single();
        help.Description = "Show what there is and how to use it.";
        var helpAction = new HelpWithExamples((SynchronousCommandLineAction)help.Action!);
        help.Action = helpAction;
        var version = _root.Options.OfType<VersionOption>().Single();
        version.Description = "Print the version.";
        version.Action = new PrintVersion();
        _root.SetAction(helpAction.Invoke);
    }

    /// <summary>The version of this build.</summary>
    public static string Version =>
        typeof(CascadeCli).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? "unknown";

    /// <summary>Does what the arguments say. Never throws; the outcome is an <see cref="ExitCode"/>.</summary>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        // A file named in a pasted argument is not for this program to read: no response files.
        var line = _root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (UsageErrors.AreIn(line))
        {
            foreach (var fault in UsageErrors.Describe(line))
                Say(fault);
            return ExitCode.Usage;
        }

        try
        {
            return await line.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = _console.Out,
                    Error = _console.Error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                },
                cancellationToken);
        }
        catch (Exception e)
        {
            return Explain(e, line.GetValue(_verbose), cancellationToken);
        }
    }

    private int Explain(Exception exception, bool verbose, CancellationToken cancellationToken)
    {
        var code = ExitCode.Failed;
        switch (exception)
        {
            case OperationCanceledException when cancellationToken.IsCancellationRequested:
                Say("interrupted");
                break;
            case CliException e:
                code = e.ExitCode;
                foreach (var text in e.Message.Split('\n'))
                    Say(text.TrimEnd('\r'));
                break;
            case CascadeUnavailableException e:
                code = ExitCode.Unavailable;
                Say(e.Message);
                break;
            default:
                var message = exception.Message.ReplaceLineEndings(" ");
                Say($"unexpected {exception.GetType().Name}: {message} (--verbose shows where it came from)");
                break;
        }

        if (verbose || Environment.GetEnvironmentVariable(VerboseVariable) is not (null or "" or "0"))
            _console.Say(exception.ToString());
        return code;
    }

    private void Say(string text) => _console.Say($"{ProgramName}: {text}");

    private sealed class PrintVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(Version);
            return ExitCode.Ok;
        }
    }
}

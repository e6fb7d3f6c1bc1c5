using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace Cascade.Hosting.Cli;

/// <summary>Says what is wrong with a command line, and what was probably meant.</summary>
internal static class UsageErrors
{
    /// <summary>True when the line cannot be carried out.</summary>
    public static bool AreIn(ParseResult line) =>
        line.Action is ParseErrorAction || (line.Action is not HelpWithExamples && OptionsTakenForArguments(line).Any());

    /// <summary>One line a fault, and where to read on.</summary>
    public static IEnumerable<string> Describe(ParseResult line)
    {
        var command = line.CommandResult.Command;
        foreach (var token in OptionsTakenForArguments(line).Concat(line.UnmatchedTokens))
            yield return DescribeUnknown(command, token);
        foreach (var error in line.Errors)
        {
            // The library reports every unmatched token too, in words that do not tell a verb from an option.
            if (!line.UnmatchedTokens.Any(token => error.Message == $"Unrecognized command or argument '{token}'."))
                yield return error.Message;
        }

        yield return $"Run '{PathOf(line.CommandResult)} --help' to see what there is.";
    }

    /// <summary>The library gives an unknown option to an argument that is free; only after <c>--</c> is that meant.</summary>
    private static IEnumerable<string> OptionsTakenForArguments(ParseResult line) =>
        line.Tokens.Any(token => token.Type == TokenType.DoubleDash)
            ? []
            : line.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)
                .Select(token => token.Value).Where(value => value.Length > 1 && value[0] == '-');

    private static string DescribeUnknown(Command command, string token)
    {
        var isOption = token.StartsWith('-');
        var name = isOption ? token.Split('=')[0] : token;
        var known = isOption ? OptionsOf(command).Append("--help") : command.Subcommands.Select(verb => verb.Name);
        var kind = isOption ? "option" : command.Subcommands.Count > 0 ? "verb" : "argument";
        return Suggestion.For(name, known) is { } meant
            ? $"There is no {kind} '{name}' here; did you mean '{meant}'?"
            : $"There is no {kind} '{name}' here.";
    }

    private static IEnumerable<string> OptionsOf(Command command) =>
        command.Options
            .Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options).Where(option => option.Recursive))
            .Select(option => option.Name);

    private static string PathOf(CommandResult result) => result.Parent is CommandResult parent
        ? $"{PathOf(parent)} {result.Command.Name}"
        : CascadeCli.ProgramName;
}

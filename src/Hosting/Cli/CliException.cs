namespace Cascade.Hosting.Cli;

/// <summary>Ends the program with an exit code and a message for a person; no stack trace is wanted.</summary>
/// <param name="exitCode">One of <see cref="Cli.ExitCode"/>.</param>
/// <param name="message">What is wrong and what to do; more than one line where there are several faults.</param>
/// <param name="inner">What it came from.</param>
internal sealed class CliException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>One of <see cref="Cli.ExitCode"/>.</summary>
    public int ExitCode { get; } = exitCode;
}

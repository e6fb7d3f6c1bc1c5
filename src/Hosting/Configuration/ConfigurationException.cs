namespace Cascade.Hosting.Configuration;

/// <summary>
/// A configuration that cannot be used. It lists everything that is wrong at once; the program prints it and ends with exit
/// code 2.
/// </summary>
public sealed class ConfigurationException : Exception
{
    /// <summary>The exit code of a program that cannot use its configuration.</summary>
    public const int ExitCode = 2;

    internal ConfigurationException(IReadOnlyList<string> messages)
        : base(string.Join(Environment.NewLine, messages)) => Messages = messages;

    /// <summary>One message for each fault, each saying where it is, what is wrong and what is expected; never empty.</summary>
    public IReadOnlyList<string> Messages { get; }
}

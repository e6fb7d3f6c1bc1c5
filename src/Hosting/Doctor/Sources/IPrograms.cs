namespace Cascade.Hosting.Doctor.Sources;

/// <summary>Programs of a machine, and this one in a process of its own. All calls are bounded.</summary>
internal interface IPrograms
{
    /// <summary>Path of a program on the PATH; null when it is not there.</summary>
    string? Find(string name);

    /// <summary>Runs a program to its end, or until it has taken too long; it is killed then.</summary>
    ProgramOutcome Run(string path, params ReadOnlySpan<string> arguments);

    /// <summary>Loads a driver or library in a short-lived process of this program and gives what that says.</summary>
    /// <param name="kind">One of <see cref="Probes.Probe"/>'s names.</param>
    ProgramOutcome Probe(string kind);
}

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">128 and more is a signal; null when it took too long and was killed, or could not be run.</param>
/// <param name="Output">What it wrote, without the white space around it.</param>
/// <param name="Error">What it said on the error stream, or why it was not run.</param>
internal sealed record ProgramOutcome(int? ExitCode, string Output, string Error);

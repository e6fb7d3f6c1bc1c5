namespace Cascade.LoadTests.Cli;

/// <summary>What the process tells its caller; the same as of the main program.</summary>
internal static class ExitCode
{
    /// <summary>Done, and every byte was right.</summary>
    public const int Ok = 0;

    /// <summary>A byte was wrong, or the load did not run to its end.</summary>
    public const int Failed = 1;

    /// <summary>The command line or a setting is wrong: nothing was begun.</summary>
    public const int Usage = 2;

    /// <summary>The target, or something that it needs, cannot be had.</summary>
    public const int Unavailable = 3;
}

namespace Cascade.Hosting.Cli;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>Begun, and not done as asked.</summary>
    public const int Failed = 1;

    /// <summary>The command line or the configuration is wrong: nothing was begun.</summary>
    public const int Usage = 2;

    /// <summary>The node, or something that it needs, cannot be reached.</summary>
    public const int Unavailable = 3;
}

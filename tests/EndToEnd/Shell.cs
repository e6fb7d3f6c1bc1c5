using System.Diagnostics;

namespace Cascade.EndToEnd;

/// <summary>Runs programs of the system that tests need.</summary>
internal static class Shell
{
    /// <summary>Runs a program to its end; it has to end well.</summary>
    public static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }
}

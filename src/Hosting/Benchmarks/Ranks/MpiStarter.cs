using System.ComponentModel;
using System.Diagnostics;
using Cascade.Hosting.Cli;

namespace Cascade.Hosting.Benchmarks.Ranks;

/// <summary>The program that starts MPI jobs: Hydra, of MPICH and of those that follow it.</summary>
internal static class MpiStarter
{
    /// <summary>In this order, as the last may be of another MPI.</summary>
    private static readonly string[] Names = ["mpiexec.mpich", "mpiexec.hydra", "mpiexec"];

    private static readonly string[] Words = ["HYDRA", "Intel(R) MPI"];

    /// <summary>Finds it.</summary>
    /// <param name="path">The folders to look in, as in PATH.</param>
    /// <param name="versionOf">What a program says of its version.</param>
    /// <exception cref="CliException">There is none.</exception>
    public static string Find(string? path, Func<string, string> versionOf)
    {
        var others = new List<string>();
        foreach (var name in Names)
        {
            foreach (var folder in (path ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            {
                var file = Path.Combine(folder, name);
                if (!File.Exists(file))
                    continue;
                var version = versionOf(file);
                if (Words.Any(word => version.Contains(word, StringComparison.Ordinal)))
                    return file;
                others.Add(file);
            }
        }

        var found = others.Count == 0 ? "" : $" ({string.Join(", ", others)} {(others.Count == 1 ? "is" : "are")} of another MPI)";
        throw new CliException(
            ExitCode.Unavailable,
            $"no program that starts MPI jobs of MPICH is in the PATH, by the names {string.Join(", ", Names)}{found}: install MPICH (on Debian: apt-get install mpich)");
    }

    /// <summary>What a program says of its version; nothing when it cannot be run.</summary>
    public static string VersionOf(string file)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(file, "--version") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
            process.StandardInput.Close();
            _ = process.StandardError.ReadToEndAsync();
            var said = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return said;
        }
        catch (Win32Exception)
        {
            return "";
        }
    }
}

using System.ComponentModel;
using System.Diagnostics;
using Cascade.Hosting.Cli.Fleet;

namespace Cascade.Hosting.Doctor.Sources;

/// <summary>Programs of this machine.</summary>
internal sealed class Programs : IPrograms
{
    private const int TextMax = 64 << 10;

    /// <summary>For programs that answer at once; less than what a check has, so that the check can say what did not answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>A runtime has to start, and a driver may have to wake its devices.</summary>
    private static readonly TimeSpan ProbePatience = TimeSpan.FromSeconds(3);

    /// <summary>Until then a killed program is waited for; one that the kernel holds for longer, as in a driver that hangs, is left behind. Less than what a check has, too.</summary>
    private static readonly TimeSpan LongestPatience = TimeSpan.FromSeconds(3.2);

    private static readonly TimeSpan OutputPatience = TimeSpan.FromMilliseconds(250);

    /// <inheritdoc/>
    public string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Where(Path.IsPathRooted)
        .Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(File.Exists);

    /// <inheritdoc/>
    public ProgramOutcome Run(string path, params ReadOnlySpan<string> arguments) => Run(new ProcessStartInfo(path, [.. arguments]), Patience);

    /// <inheritdoc/>
    public ProgramOutcome Probe(string kind)
    {
        var program = FleetProgram.This;
        var start = new ProcessStartInfo(program.FileName, [.. program.Arguments, Probes.Probe.Verb, Probes.Probe.Option, kind]);
        Probes.Probe.Prepare(start.Environment);
        return Run(start, ProbePatience);
    }

    private static ProgramOutcome Run(ProcessStartInfo start, TimeSpan patience)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var (output, error) = (ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
            int? exitCode = process.WaitForExit(patience) ? process.ExitCode : null;
            if (exitCode is null)
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit(LongestPatience - patience);
            }

            // A child of the program may hold the pipes open beyond its end.
            Task.WaitAll([output, error], OutputPatience);
            return new ProgramOutcome(exitCode, TextOf(output), exitCode is null ? $"killed after {patience.TotalSeconds:0} s" : TextOf(error));
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            return new ProgramOutcome(null, "", e.Message);
        }
    }

    private static string TextOf(Task<string> reading) => reading.IsCompletedSuccessfully ? reading.Result.Trim() : "";

    private static async Task<string> ReadAsync(StreamReader stream)
    {
        var text = new char[TextMax];
        return new string(text, 0, await stream.ReadBlockAsync(text));
    }
}

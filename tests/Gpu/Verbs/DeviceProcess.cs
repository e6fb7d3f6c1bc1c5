using System.Diagnostics;

namespace Cascade.Gpu.Tests.Verbs;

/// <summary>A program that lies beside the tests, run in a process of its own that finds the stand-in where the driver would be.</summary>
internal static class DeviceProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Runs it to its end.</summary>
    public static Task<VerbRun> RunAsync(string program, params string[] arguments) =>
        RunAsync(new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, program), .. arguments]), []);

    /// <summary>The same of any program, with these variables.</summary>
    public static async Task<VerbRun> RunAsync(ProcessStartInfo start, (string Name, string Value)[] variables)
    {
        var standIn = Path.Combine(AppContext.BaseDirectory, "libcuda_stand_in.so");
        Assert.SkipUnless(File.Exists(standIn), $"{standIn} is missing: install gcc and build again.");
        var folder = Directory.CreateTempSubdirectory("cascade-gpu-");
        try
        {
            File.CreateSymbolicLink(Path.Combine(folder.FullName, "libcuda.so.1"), standIn);
            (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
            start.Environment["LD_LIBRARY_PATH"] = folder.FullName;
            foreach (var (name, value) in variables)
                start.Environment[name] = value;
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            try
            {
                await process.WaitForExitAsync().WaitAsync(Patience);
            }
            finally
            {
                if (!process.HasExited)
                    process.Kill(entireProcessTree: true);
            }

            return new VerbRun(process.ExitCode, await output, await error);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

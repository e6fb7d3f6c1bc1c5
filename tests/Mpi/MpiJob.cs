using System.Diagnostics;
using System.Globalization;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Cascade.Mpi.Tests;

/// <summary>Ranks that play a scenario, each as if on a machine of its own.</summary>
internal sealed class MpiJob : IDisposable
{
    private const string Starter = "mpiexec.mpich";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private MpiJob(Process process, string folder)
    {
        (_process, Folder) = (process, folder);
        (_output, _error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    }

    /// <summary>What the ranks tell each other, and the test, as files.</summary>
    public string Folder { get; }

    /// <summary>Starts ranks by MPICH; skips the test where there is none.</summary>
    /// <param name="scenario">What they are to play.</param>
    /// <param name="ranks">How many.</param>
    /// <param name="apart">False for ranks that know that they are on one machine, and have one keeper.</param>
    public static MpiJob Start(string scenario, int ranks = 3, bool apart = true)
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        Assert.SkipUnless(
            path.Split(':').Any(static folder => File.Exists(Path.Combine(folder, Starter))), $"MPICH is not installed: there is no {Starter} (on Debian: apt-get install mpich)");
        string[] hosts = apart
            ? ["-disable-auto-cleanup", "-launcher", "fork", "-hosts", string.Join(',', Enumerable.Range(1, ranks).Select(static host => $"h{host}")), "-iface", "lo"]
            : [];
        return Run(Starter, scenario, apart, [.. hosts, "-n", ranks.ToString(CultureInfo.InvariantCulture), DotNet]);
    }

    /// <summary>Starts a rank by itself; skips the test where there is no MPICH.</summary>
    public static MpiJob StartAlone(string scenario, Action<IDictionary<string, string?>>? environment = null)
    {
        Assert.SkipUnless(Tiers.Native.MpiLibrary.Probe().Kind == Tiers.Native.MpiLibraryKind.Usable, "there is no MPI library of the MPICH ABI");
        return Run(DotNet, scenario, apart: false, [], environment);
    }

    /// <summary>Waits for its end; gives what the ranks said.</summary>
    public async Task<string[]> EndAsync(int? exitCode = null)
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        var said = await _output;
        if (exitCode is not null)
            Assert.True(_process.ExitCode == exitCode, $"It ended with {_process.ExitCode}: {said} {await _error}");
        Assert.DoesNotContain("failed:", await _error, StringComparison.Ordinal);
        return said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Waits for its end; the ranks have to have played their parts well.</summary>
    public async Task<string[]> SucceedAsync(params int[] ranks)
    {
        var said = await EndAsync();
        foreach (var rank in ranks)
            Assert.True(said.Contains($"rank {rank} ok"), $"Rank {rank} did not end well: {string.Join(' ', said)} {await _error}");
        return said;
    }

    /// <summary>What it says on the error stream, at its end.</summary>
    public Task<string> ErrorAsync() => _error;

    /// <summary>Waits until a rank has told something.</summary>
    public async Task AwaitAsync(string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!File.Exists(Path.Combine(Folder, what)))
        {
            Assert.False(_process.HasExited, $"The job ended before {what}: {(_process.HasExited ? await _output + await _error : "")}");
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience, $"Waited in vain for {what}.");
            await Task.Delay(10);
        }
    }

    /// <summary>Tells the ranks something.</summary>
    public void Tell(string what) => File.WriteAllText(Path.Combine(Folder, what), "");

    /// <summary>Sends a signal to a rank.</summary>
    public void Signal(int rank, string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, File.ReadAllText(Path.Combine(Folder, $"pid-{rank}"))]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            // The starter goes down with all that it has started.
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private static string DotNet => Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet";

    private static MpiJob Run(string program, string scenario, bool apart, string[] arguments, Action<IDictionary<string, string?>>? environment = null)
    {
        var folder = Directory.CreateTempSubdirectory("cascade-mpi-").FullName;
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        foreach (var argument in (string[])[.. arguments, "exec", Path.Combine(AppContext.BaseDirectory, "cascade-ranks.dll"), scenario, folder])
            start.ArgumentList.Add(argument);
        if (apart)
        {
            // Else the transport finds the memory that they share.
            start.Environment["UCX_TLS"] = "tcp,self";
            start.Environment["UCX_ERROR_SIGNALS"] = "";
        }

        environment?.Invoke(start.Environment);
        return new MpiJob(Process.Start(start)!, folder);
    }
}

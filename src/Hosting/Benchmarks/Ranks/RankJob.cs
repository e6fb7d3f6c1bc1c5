using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Cli.Fleet;
using Cascade.Hosting.Node;

namespace Cascade.Hosting.Benchmarks.Ranks;

/// <summary>An MPI job of this program on this machine, its ranks as apart as if each had a machine of its own: they talk by TCP.</summary>
/// <remarks>It ends with this process, however that ends, and with the first of its ranks that fails.</remarks>
internal sealed class RankJob : IDisposable
{
    /// <summary>The hidden verb that each rank runs.</summary>
    public const string Verb = "bench-rank";

    private const int LastLinesMax = 12;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Of ranks that are told to end. A node drains within less.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(15);

    private readonly RankFolder _folder;
    private readonly Process _process;
    private readonly Queue<string> _lastLines = new();
    private readonly Task _pumps;

    private RankJob(RankFolder folder, Process process)
    {
        (_folder, _process) = (folder, process);
        _pumps = Task.WhenAll(PumpAsync(process.StandardOutput), PumpAsync(process.StandardError));
    }

    /// <summary>Starts the ranks.</summary>
    /// <param name="starter">The program that starts MPI jobs.</param>
    /// <param name="folder">Where they tell each other how far they are.</param>
    /// <param name="cluster">Name of their cluster.</param>
    /// <param name="settings">Settings of all.</param>
    /// <exception cref="CliException">The program cannot be run.</exception>
    public static RankJob Start(string starter, RankFolder folder, string cluster, IEnumerable<string> settings)
    {
        var program = FleetProgram.This;
        var ports = string.Join(',', FreePorts.Take(RankPlan.Ranks));
        var hosts = string.Join(',', Enumerable.Range(1, RankPlan.Ranks).Select(static host => string.Create(CultureInfo.InvariantCulture, $"h{host}")));
        var start = new ProcessStartInfo(
            starter,
            [
                "-disable-auto-cleanup", "-launcher", "fork", "-hosts", hosts, "-iface", "lo", "-n", RankPlan.Ranks.ToString(CultureInfo.InvariantCulture),
                program.FileName, .. program.Arguments, Verb, folder.Path, cluster, ports, .. settings.SelectMany(static setting => (string[])["--set", setting]),
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        SetEnvironment(start.Environment);
        try
        {
            return new RankJob(folder, Process.Start(start)!);
        }
        catch (Win32Exception e)
        {
            throw new CliException(ExitCode.Unavailable, $"the ranks cannot be started by {starter}: {e.Message}", e);
        }
    }

    /// <summary>Waits for its end, and gives what the measuring rank found.</summary>
    /// <exception cref="CliException">It failed; the message says why.</exception>
    /// <exception cref="OperationCanceledException">It was given up, and has ended.</exception>
    public async Task<T> EndAsync<T>(string result, CancellationToken cancellation)
    {
        var ended = _process.WaitForExitAsync(CancellationToken.None);
        var started = Stopwatch.GetTimestamp();
        while (!ended.IsCompleted)
        {
            await Task.WhenAny(ended, Task.Delay(LookEvery, CancellationToken.None));
            if (Stopwatch.GetElapsedTime(started) > Patience)
                _folder.Fail($"the ranks did not come to an end within {Patience}");
            if (FindKilled() is { } killed)
                _folder.Fail(killed);
            if (cancellation.IsCancellationRequested || _folder.IsOver)
                break;
        }

        // What others say of it is that they cannot read from it, and they may say it first.
        var cause = FindKilled() ?? _folder.Failure;
        if (!ended.IsCompleted)
            await StopAsync(ended);
        cancellation.ThrowIfCancellationRequested();
        if ((cause ?? _folder.Failure) is { } failure)
            throw new CliException(ExitCode.Failed, failure);
        await Task.WhenAny(_pumps, Task.Delay(LookEvery, CancellationToken.None));
        return _folder.TryRead<T>(result)
            ?? throw new CliException(ExitCode.Failed, $"the MPI job ended with exit code {_process.ExitCode} before it was done; the last that it said:\n{LastLines()}");
    }

    /// <summary>Ends what still runs.</summary>
    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private async Task StopAsync(Task ended)
    {
        _folder.Stop();
        await Task.WhenAny(ended, Task.Delay(EndPatience, CancellationToken.None));
        Kill();
        await ended;
    }

    /// <summary>Ranks that were killed tell nobody: says which, or null for none. The starter may have ended others for it by then.</summary>
    private string? FindKilled()
    {
        var killed = new List<string>();
        for (var rank = 0; rank < RankPlan.Ranks; rank++)
        {
            if (_folder.TryRead($"process-{rank}") is { } process && !Directory.Exists($"/proc/{process}") && _folder.TryRead($"ended-{rank}") is null)
                killed.Add($"rank {rank} (process {process})");
        }

        return killed.Count == 0 ? null : $"{string.Join(", ", killed)} ended without a word before the benchmark was done, as what is killed does";
    }

    private void Kill()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);

        // Hydra's own helpers may be gone before what they started, and a rank that has said its last word may still be ending.
        for (var rank = 0; rank < RankPlan.Ranks; rank++)
        {
            if (!int.TryParse(_folder.TryRead($"process-{rank}"), CultureInfo.InvariantCulture, out var id) || !IsRank(id))
                continue;
            try
            {
                using var process = Process.GetProcessById(id);
                process.Kill();
                process.WaitForExit(EndPatience);
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
            {
                // It has ended.
            }
        }
    }

    /// <summary>True while the process of this number is one of the job: its command line names the job's folder.</summary>
    private bool IsRank(int process)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/cmdline")).Contains(_folder.Path, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static void SetEnvironment(IDictionary<string, string?> environment)
    {
        // This process may be part of a job itself; its ranks are of another.
        string[] ofJobs = ["SLURM_", "PMI_", "PMIX_", "OMPI_", "MPI_", "HYDRA_", "HYDI_"];
        foreach (var name in environment.Keys.Where(name => ofJobs.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))).ToArray())
            environment.Remove(name);
        foreach (var name in NodeMpi.LauncherVariables)
            environment.Remove(name);

        // Else the transport finds the memory that they share.
        environment["UCX_TLS"] = "tcp,self";
        environment["UCX_ERROR_SIGNALS"] = "";
        environment["NO_COLOR"] = "1";
    }

    private async Task PumpAsync(StreamReader stream)
    {
        while (await stream.ReadLineAsync() is { } line)
        {
            lock (_lastLines)
            {
                if (_lastLines.Count == LastLinesMax)
                    _lastLines.Dequeue();
                _lastLines.Enqueue(line);
            }
        }
    }

    private string LastLines()
    {
        lock (_lastLines)
            return string.Join('\n', _lastLines);
    }
}

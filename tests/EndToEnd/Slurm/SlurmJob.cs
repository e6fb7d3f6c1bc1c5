using System.Globalization;
using Cascade.Hosting.Tests.Architecture;

namespace Cascade.EndToEnd.Slurm;

/// <summary>The shipped job with small sizes on a SLURM whose nodes are all this machine.</summary>
internal sealed class SlurmJob : IAsyncDisposable
{
    private const string MemoryDirectory = "/dev/shm";
    private const string EmbeddedHost = "Cascade.EmbeddedHost.dll";

    private readonly VirtualSlurm _slurm;
    private readonly string _log;

    private SlurmJob(VirtualSlurm slurm, string number)
    {
        (_slurm, Number) = (slurm, number);
        _log = Path.Combine(slurm.Folder, $"job-{number}.log");
    }

    /// <summary>Number of the job.</summary>
    public string Number { get; }

    /// <summary>Name of its cluster.</summary>
    public string Cluster => $"slurm-{Number}";

    /// <summary>What its nodes, srun and the script have said.</summary>
    public string Log => File.Exists(_log) ? File.ReadAllText(_log) : "";

    /// <summary>Submits the job and waits until all its nodes serve.</summary>
    public static async Task<SlurmJob> StartAsync(VirtualSlurm slurm, int nodes, params (string Name, string Value)[] environment)
    {
        var job = await SubmitAsync(slurm, nodes, environment);
        await job.SaidAsync("node: serving;", nodes);
        return job;
    }

    /// <summary>Submits the job.</summary>
    public static async Task<SlurmJob> SubmitAsync(VirtualSlurm slurm, int nodes, params (string Name, string Value)[] environment)
    {
        (string, string)[] small =
        [
            ("CASCADE_HOME", Repository.Root), ("CASCADE_DLL", Path.Combine(AppContext.BaseDirectory, "cascade.dll")),
            ("CASCADE_SHARED", Path.Combine(slurm.Folder, "shared")), ("CASCADE_SCRATCH", Path.Combine(slurm.Folder, "scratch")),
            ("CASCADE_MEMORY", "8MiB"), ("CASCADE_COLD", "64MiB"), ("CASCADE__TIERS__COLD__FILE_SIZE", "1MiB"), ("CASCADE__SLURM__LOCAL", "yes"),
        ];
        var script = Path.Combine(Repository.Root, "deploy/slurm/cascade.sbatch");
        var (exitCode, output, error) = await slurm.RunAsync(
            small.Concat(environment), "sbatch", "--parsable", string.Create(CultureInfo.InvariantCulture, $"--nodes={nodes}"), "--time=10",
            $"--output={slurm.Folder}/job-%j.log", script);
        Assert.True(exitCode == 0, $"sbatch ended with {exitCode}: {output}{error}");
        return new SlurmJob(slurm, output.Trim());
    }

    /// <summary>Waits until the job has said this so many times.</summary>
    public Task SaidAsync(string words, int times = 1) => Until.TrueAsync(
        () => Log.Split(words).Length > times, () => $"'{words}' was not said {times} times:\n{Log}");

    /// <summary>Runs the sample, told by the file of the job where the cluster is: behind srun with these options, or for null on the machine itself.</summary>
    public Task<(int ExitCode, string Output, string Error)> RunSampleAsync(params string[]? srun)
    {
        string[] sample = ["bash", "-c", $". {ClientFile} && exec dotnet exec {Path.Combine(AppContext.BaseDirectory, EmbeddedHost)}"];
        return srun is null ? _slurm.RunAsync([], sample[0], sample[1..]) : _slurm.RunAsync([], "srun", [.. srun, .. sample]);
    }

    /// <summary>Runs a verb against the job's cluster, told by the same file, behind srun with these options.</summary>
    public Task<(int ExitCode, string Output, string Error)> RunClientAsync(string verb, params string[] srun) => _slurm.RunAsync(
        [], "srun", [.. srun, "bash", "-c", $". {ClientFile} && exec dotnet exec {Path.Combine(AppContext.BaseDirectory, "cascade.dll")} {verb}"]);

    /// <summary>The file by which programs find the cluster.</summary>
    public string ClientFile => Path.Combine(_slurm.Folder, "shared", Cluster, "client.env");

    /// <summary>The process of the node of a rank.</summary>
    public int ProcessOf(int rank) => Assert.Single(
        _slurm.Processes($"SLURM_JOB_ID={Number}", "SLURM_STEP_ID=0", string.Create(CultureInfo.InvariantCulture, $"SLURM_PROCID={rank}")),
        static process => File.ReadAllText($"/proc/{process}/cmdline").Contains("cascade.dll\0node\0", StringComparison.Ordinal));

    /// <summary>Waits until SLURM has nothing of the job any more, and answers how SLURM says that it ended.</summary>
    public async Task<string> EndAsync()
    {
        await Until.TrueAsync(
            async () => (await _slurm.DoAsync("squeue", "-h", "-j", Number)).Length == 0 && _slurm.Processes($"SLURM_JOB_ID={Number}").Length == 0,
            () => $"The job does not end:\n{Log}");
        return await _slurm.DoAsync("scontrol", "show", "job", Number);
    }

    /// <summary>Files that are left of the job in memory.</summary>
    public string[] LeftInMemory() => [.. Directory.GetFiles(MemoryDirectory, $"cascade-{Cluster}-*").Order(StringComparer.Ordinal)];

    /// <summary>Files that are left of the job anywhere but its log.</summary>
    public string[] Left() =>
    [
        .. LeftInMemory(),
        .. ((string[])["shared", "scratch"]).SelectMany(folder => Directory.GetFileSystemEntries(Path.Combine(_slurm.Folder, folder), Cluster)),
    ];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _slurm.RunAsync([], "scancel", "--quiet", "--full", "--signal=KILL", Number);
        await _slurm.RunAsync([], "scancel", "--quiet", Number);
        if (_slurm.Processes($"SLURM_JOB_ID={Number}") is { Length: > 0 } left)
            TestFleet.Signal("KILL", left);
        foreach (var file in LeftInMemory())
            File.Delete(file);
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cascade.Hosting.Cli.Fleet;

namespace Cascade.EndToEnd.Slurm;

/// <summary>
/// A real SLURM of four nodes that all are this machine, with all its files in a folder of its own. It starts with the first test that needs it, and all of it is gone
/// at the end; where it cannot be, <see cref="Missing"/> says why.
/// </summary>
public sealed class VirtualSlurm : IAsyncLifetime
{
    /// <summary>Ports that SLURM keeps for steps.</summary>
    public const int StepPorts = 16;

    private const int Nodes = 4;
    private const int KillWaitSeconds = 30;

    private static readonly string[] Programs = ["/usr/sbin/munged", "/usr/sbin/slurmctld", "/usr/sbin/slurmd", "/usr/bin/srun", "/usr/bin/sbatch"];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly string? _folder;

    public VirtualSlurm()
    {
        if (Environment.UserName != "root")
            Missing = "the daemons of SLURM need root";
        else if (Array.Find(Programs, static program => !File.Exists(program)) is { } absent)
            Missing = $"{absent} is not there: apt-get install slurm-wlm munge";
        else
            _folder = Directory.CreateTempSubdirectory("cascade-slurm-").FullName;
    }

    /// <summary>Why there is no SLURM; null when there is.</summary>
    public string? Missing { get; }

    /// <summary>Where everything of it lies; there is room for tests beside it.</summary>
    public string Folder => _folder ?? throw new InvalidOperationException(Missing);

    /// <summary>The first of the ports that SLURM keeps for steps.</summary>
    public int FirstStepPort { get; private set; }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (_folder is null)
            return;
        try
        {
            await StartAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a program against this SLURM to its end.</summary>
    public async Task<(int ExitCode, string Output, string Error)> RunAsync(IEnumerable<(string Name, string Value)> environment, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["SLURM_CONF"] = ConfigurationFile;
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw;
        }

        return (process.ExitCode, await output, await error);
    }

    /// <summary>The same of one that has to end well; what it says.</summary>
    public async Task<string> DoAsync(string program, params string[] arguments)
    {
        var (exitCode, output, error) = await RunAsync([], program, arguments);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {exitCode}: {output}{error}");
        return output;
    }

    /// <summary>Processes of this SLURM and of its jobs whose environment says all of these, each <c>NAME=value</c>.</summary>
    public int[] Processes(params string[] variables)
    {
        string[] wanted = [$"SLURM_CONF={ConfigurationFile}", .. variables];
        var found = new List<int>();
        foreach (var folder in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id))
                continue;
            try
            {
                var said = File.ReadAllText(Path.Combine(folder, "environ")).Split('\0');
                if (wanted.All(said.Contains))
                    found.Add(id);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }

        return [.. found];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_folder is null)
            return;
        foreach (var signal in (string[])["KILL", "TERM"])
            await RunAsync([], "scancel", "--quiet", "--full", $"--signal={signal}", "--user=root");
        await RunAsync([], "scancel", "--quiet", "--user=root");
        await IsGoneAsync(() => Processes().Length <= Nodes + 2, TimeSpan.FromSeconds(5));

        // Whatever runs with this configuration is this SLURM's: the daemons, and what jobs left where a test failed.
        foreach (var signal in (string[])["TERM", "KILL"])
        {
            if (Processes() is { Length: > 0 } left)
                TestFleet.Signal(signal, left);
            if (await IsGoneAsync(() => Processes().Length == 0, TimeSpan.FromSeconds(10)))
                break;
        }

        Directory.Delete(_folder, recursive: true);
    }

    private string ConfigurationFile => Path.Combine(Folder, "slurm.conf");

    private static async Task<bool> IsGoneAsync(Func<bool> condition, TimeSpan patience)
    {
        for (var started = TimeProvider.System.GetTimestamp(); !condition(); await Task.Delay(Interval))
        {
            if (TimeProvider.System.GetElapsedTime(started) > patience)
                return false;
        }

        return true;
    }

    private async Task StartAsync()
    {
        foreach (var folder in (string[])["run", "log", "state", .. Enumerable.Range(1, Nodes).Select(static node => $"spool/n{node}")])
            Directory.CreateDirectory(Path.Combine(Folder, folder));

        // munge's socket has to be reached by everybody, or its daemon refuses.
        await DoAsync("chmod", "755", Folder, Path.Combine(Folder, "run"));
        await DoAsync("dd", "if=/dev/urandom", $"of={Folder}/munge.key", "bs=128", "count=1", "status=none");
        await DoAsync("chmod", "600", $"{Folder}/munge.key");
        await File.WriteAllTextAsync(Path.Combine(Folder, "cgroup.conf"), "CgroupPlugin=cgroup/v1\n");
        await File.WriteAllTextAsync(ConfigurationFile, Configuration());
        await DaemonAsync(
            $"munged --key-file={Folder}/munge.key --socket={Folder}/run/munge.socket --pid-file={Folder}/run/munged.pid "
            + $"--log-file={Folder}/log/munged.log --seed-file={Folder}/run/munged.seed --num-threads=2");
        await DaemonAsync("slurmctld -c");
        for (var node = 1; node <= Nodes; node++)
            await DaemonAsync($"slurmd -N n{node}");
        await Until.TrueAsync(
            async () => (await RunAsync([], "sinfo", "-h", "-N", "-t", "idle", "-o", "%N")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length == Nodes,
            () => $"The nodes of SLURM are not idle; see {Folder}/log");
    }

    /// <summary>A daemon keeps the streams that it is started with, which would hold whoever reads them.</summary>
    private async Task DaemonAsync(string line) => await DoAsync("sh", "-c", $"PATH=$PATH:/usr/sbin exec {line} </dev/null >>{Folder}/log/start.log 2>&1");

    private string Configuration()
    {
        var ports = FreePorts.Take(Nodes + 1);
        FirstStepPort = RunOfFreePorts();
        var machine = Dns.GetHostName().Split('.')[0];
        var nodes = Enumerable.Range(1, Nodes).Select(node => string.Create(
            CultureInfo.InvariantCulture,
            $"NodeName=n{node} NodeHostname={machine} NodeAddr=127.0.0.1 Port={ports[node]} CPUs=4 RealMemory=4000 State=UNKNOWN"));

        // Clusters are named by their jobs: another SLURM of this kind on the machine is to have other numbers.
        return string.Create(CultureInfo.InvariantCulture, $"""
            ClusterName=virtual
            SlurmctldHost={machine}(127.0.0.1)
            SlurmctldPort={ports[0]}
            SlurmUser=root
            SlurmdUser=root
            AuthType=auth/munge
            AuthInfo=socket={Folder}/run/munge.socket
            CredType=cred/munge
            StateSaveLocation={Folder}/state
            SlurmdSpoolDir={Folder}/spool/%n
            SlurmctldPidFile={Folder}/run/slurmctld.pid
            SlurmdPidFile={Folder}/run/slurmd.%n.pid
            SlurmctldLogFile={Folder}/log/slurmctld.log
            SlurmdLogFile={Folder}/log/slurmd.%n.log
            SwitchType=switch/none
            MpiDefault=none
            MpiParams=ports={FirstStepPort}-{FirstStepPort + StepPorts - 1}
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            JobAcctGatherType=jobacct_gather/none
            AccountingStorageType=accounting_storage/none
            JobCompType=jobcomp/none
            SelectType=select/cons_tres
            SelectTypeParameters=CR_CPU
            SchedulerType=sched/builtin
            SlurmdParameters=config_overrides
            ReturnToService=2
            CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
            KillWait={KillWaitSeconds}
            MinJobAge=300
            JobRequeue=0
            PropagateResourceLimits=NONE
            FirstJobId={1000 + Environment.ProcessId * 50L}
            {string.Join('\n', nodes)}
            PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO

            """);
    }

    /// <summary>Ports below those that the system hands out, so that nobody takes one by chance.</summary>
    private static int RunOfFreePorts()
    {
        for (var first = 20_000 + (Environment.ProcessId % 500 * StepPorts); ; first += StepPorts)
        {
            if (Enumerable.Range(first, StepPorts).All(IsFree))
                return first;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Any, port);
            listener.Start(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Cascade.Hosting.Slurm;

/// <summary>What SLURM's environment says of the task that this process is: one of those that <c>srun</c> started. Immutable.</summary>
/// <param name="Job">Number of the job.</param>
/// <param name="Rank">Number of the task in its step, from 0.</param>
/// <param name="Tasks">Tasks of the step.</param>
/// <param name="RankOnHost">Number of the task among those of its SLURM node, from 0.</param>
/// <param name="Host">Name of its SLURM node.</param>
/// <param name="Hosts">Names of the step's SLURM nodes, in their order.</param>
/// <param name="ReservedPorts">The ports that SLURM keeps for the step on each of them; none where it was not asked to.</param>
internal sealed record SlurmTask(long Job, int Rank, int Tasks, int RankOnHost, string Host, IReadOnlyList<string> Hosts, IReadOnlyList<int> ReservedPorts)
{
    internal const string JobVariable = "SLURM_JOB_ID";
    internal const string StepVariable = "SLURM_STEP_ID";
    internal const string RankVariable = "SLURM_PROCID";
    internal const string TasksVariable = "SLURM_NTASKS";
    internal const string RankOnHostVariable = "SLURM_LOCALID";
    internal const string HostNumberVariable = "SLURM_NODEID";
    internal const string HostsVariable = "SLURM_STEP_NODELIST";
    internal const string HostsOfJobVariable = "SLURM_JOB_NODELIST";
    internal const string PortsVariable = "SLURM_STEP_RESV_PORTS";
    internal const string LauncherRankVariable = "PMI_RANK";
    internal const string LauncherTasksVariable = "PMI_SIZE";

    private const int PortsMax = ushort.MaxValue;

    /// <summary>Reads the variables.</summary>
    /// <param name="environment">The variables of the process.</param>
    /// <param name="task">The task; null when they are no good.</param>
    /// <param name="faults">All that is wrong with them, for a person.</param>
    public static bool TryRead(
        IReadOnlyDictionary<string, string> environment, [NotNullWhen(true)] out SlurmTask? task, out IReadOnlyList<string> faults)
    {
        var reader = new Reader(environment);
        task = reader.IsTask ? reader.Read() : null;
        faults = reader.Faults;
        return task is not null;
    }

    private sealed class Reader(IReadOnlyDictionary<string, string> environment)
    {
        private readonly List<string> _faults = [];

        public IReadOnlyList<string> Faults => _faults;

        /// <summary>A batch script has a rank as well, that of a step's first task; only a step has a number.</summary>
        public bool IsTask
        {
            get
            {
                if (environment.ContainsKey(StepVariable))
                    return true;
                _faults.Add(
                    $"cascade.slurm.enabled: this process is no task of srun, as {StepVariable} is not set: start it by srun, as deploy/slurm/cascade.sbatch does, "
                    + "or set cascade.slurm.enabled = false.");
                return false;
            }
        }

        public SlurmTask? Read()
        {
            var job = Number(JobVariable, 0, long.MaxValue);
            var tasks = (int)Number(TasksVariable, 1, ClusterClient.FirstId);
            var rank = (int)Number(RankVariable, 0, ClusterClient.FirstId - 1);
            var rankOnHost = (int)Number(RankOnHostVariable, 0, ClusterClient.FirstId - 1);
            var hosts = Hosts();
            var hostNumber = (int)Number(HostNumberVariable, 0, ClusterClient.FirstId - 1);
            var ports = Ports();
            if (_faults.Count == 0)
                CheckTogether(rank, tasks, rankOnHost, hostNumber, hosts);
            return _faults.Count > 0 ? null : new SlurmTask(job, rank, tasks, rankOnHost, hosts[hostNumber], hosts, ports);
        }

        /// <summary>Tasks that were started in another way than by the srun whose variables they see all have the rank of one task.</summary>
        private void CheckTogether(int rank, int tasks, int rankOnHost, int hostNumber, string[] hosts)
        {
            if (rank >= tasks)
                Fault($"{RankVariable} = {rank}: expected less than {TasksVariable} = {tasks}");
            if (hostNumber >= hosts.Length)
                Fault($"{HostNumberVariable} = {hostNumber}: expected less than the {hosts.Length} nodes of the step");
            if (tasks < hosts.Length)
                Fault($"{TasksVariable} = {tasks}, but the step has {hosts.Length} nodes: every node process would be of rank 0. {Cure}");
            if (rankOnHost > rank)
                Fault($"{RankVariable} = {rank}, but this is task {rankOnHost} of its node: the ranks of the tasks do not differ. {Cure}");
            if (!IsSame(LauncherTasksVariable, tasks) || !IsSame(LauncherRankVariable, rank))
                Fault(
                    $"the launcher says rank {environment.GetValueOrDefault(LauncherRankVariable, "?")} of {environment.GetValueOrDefault(LauncherTasksVariable, "?")} "
                    + $"and SLURM says {rank} of {tasks}: the ranks of the tasks do not differ. {Cure}");
        }

        private const string Cure = "Start the nodes by srun itself, with --ntasks-per-node=1, as deploy/slurm/cascade.sbatch does";

        private bool IsSame(string variable, int number) =>
            !environment.TryGetValue(variable, out var text) || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var said) || said == number;

        private string[] Hosts()
        {
            var variable = environment.ContainsKey(HostsVariable) ? HostsVariable : HostsOfJobVariable;
            if (!environment.TryGetValue(variable, out var text))
                Fault($"{variable} is not set: expected the names of the step's nodes. {Cure}");
            else if (HostList.TryExpand(text, out var hosts, out var reason))
                return hosts;
            else
                Fault($"{variable} = \"{text}\": {reason}");
            return [];
        }

        private int[] Ports()
        {
            if (!environment.TryGetValue(PortsVariable, out var text) || text.Length == 0)
                return [];
            if (!NumberRanges.TryExpand(text, PortsMax, out var ports, out var reason))
                Fault($"{PortsVariable} = \"{text}\": {reason}");
            else if (ports.FirstOrDefault(static port => long.Parse(port, CultureInfo.InvariantCulture) is < 1 or > ushort.MaxValue) is { } bad)
                Fault($"{PortsVariable} = \"{text}\": {bad} is no port");
            else
                return [.. ports.Select(static port => int.Parse(port, CultureInfo.InvariantCulture))];
            return [];
        }

        private long Number(string variable, long min, long max)
        {
            if (!environment.TryGetValue(variable, out var text))
                Fault($"{variable} is not set: expected a whole number. {Cure}");
            else if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
                return number;
            else
                Fault($"{variable} = \"{text}\": expected a whole number {(max == long.MaxValue ? $"of at least {min}" : $"from {min} to {max}")}");
            return min;
        }

        private void Fault(FormattableString fault) => _faults.Add($"environment: {fault.ToString(CultureInfo.InvariantCulture)}.");

        private void Fault(string fault) => _faults.Add($"environment: {fault}.");
    }
}

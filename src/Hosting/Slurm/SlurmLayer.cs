using System.Globalization;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Configuration.Hocon;

namespace Cascade.Hosting.Slurm;

/// <summary>
/// The settings that SLURM's environment gives a node: above the defaults, below everything that a person sets. A client gets what it is reached by and the name of
/// its job's cluster; it has no rank, and need not be a task.
/// </summary>
internal sealed class SlurmLayer
{
    /// <summary>What the names of clusters begin with that nobody named: their job's number follows.</summary>
    public const string ClusterPrefix = "slurm-";

    /// <summary>Two seeds may be down, and a node still finds the others.</summary>
    private const int SeedsMax = 3;

    private const string Loopback = "127.0.0.1";
    private const string EveryAddress = "0.0.0.0";

    private readonly ObjectNode _layer = new(default);
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly SlurmOptions _options;
    private readonly ConfigurationErrors _errors;

    private SlurmLayer(IReadOnlyDictionary<string, string> environment, SlurmOptions options, ConfigurationErrors errors) =>
        (_environment, _options, _errors) = (environment, options, errors);

    /// <summary>The settings; null when the configuration does not want them.</summary>
    /// <param name="values">The configuration without them.</param>
    /// <param name="environment">The variables of the process.</param>
    /// <param name="errors">Told of what is wrong with the variables.</param>
    public static ObjectNode? Read(HoconObject values, IReadOnlyDictionary<string, string> environment, ConfigurationErrors errors)
    {
        // What is wrong with these keys is told when all of them are read.
        var cascade = new OptionsReader(values, new ConfigurationErrors()).Section("cascade");
        var options = SlurmOptions.Read(cascade.Section("slurm"));
        if (!options.IsEnabled)
            return null;
        var layer = new SlurmLayer(environment, options, errors);
        if (NodeOptions.Read(cascade.Section("node")).IsClient)
            layer.AddClient();
        else
            layer.AddNode();
        return layer._layer;
    }

    private void AddClient()
    {
        if (_environment.TryGetValue(SlurmTask.JobVariable, out var job) && job.Length > 0 && job.All(char.IsAsciiDigit))
            Set(SlurmTask.JobVariable, ClusterPrefix + job, "cluster", "name");
        if (_options.IsLocal)
            return;
        const string HostVariable = "SLURMD_NODENAME";
        Set(HostVariable, EveryAddress, "remoting", "host");
        if (_environment.TryGetValue(HostVariable, out var host) && host.Length > 0)
            Set(HostVariable, host, "remoting", "advertise");
    }

    private void AddNode()
    {
        if (!SlurmTask.TryRead(_environment, out var task, out var faults))
        {
            foreach (var fault in faults)
                _errors.Add(fault);
            return;
        }

        Set(SlurmTask.JobVariable, ClusterPrefix + Text(task.Job), "cluster", "name");
        Set(SlurmTask.RankVariable, Text(task.Rank), "node", "id");
        Set(SlurmTask.JobVariable, "false", "tiers", "shm", "keep");
        Set(SlurmTask.HostsVariable, _options.IsLocal ? Loopback : EveryAddress, "remoting", "host");
        if (!_options.IsLocal)
            Set(SlurmTask.HostsVariable, task.Host, "remoting", "advertise");
        var isReserved = task.ReservedPorts.Count > 0;
        if (PortOf(task, _options.IsLocal ? task.Rank : task.RankOnHost) is not { } port)
        {
            _errors.Add(isReserved
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"environment: {SlurmTask.PortsVariable} has {task.ReservedPorts.Count} ports, too few for all node processes of a machine: give srun a larger --resv-ports.")
                : string.Create(CultureInfo.InvariantCulture, $"cascade.slurm.base-port = {_options.BasePort}: too high for task {task.Rank} of {task.Tasks}."));
            return;
        }

        Set(isReserved ? SlurmTask.PortsVariable : SlurmTask.RankVariable, Text(port), "remoting", "port");
        Set(SlurmTask.HostsVariable, string.Join(',', Seeds(task)), "remoting", "seeds");
    }

    /// <summary>The first node process of each of the first machines; of one machine the first processes.</summary>
    private IEnumerable<string> Seeds(SlurmTask task) => _options.IsLocal
        ? Enumerable.Range(0, Math.Min(SeedsMax, task.Tasks)).Select(rank => $"{Loopback}:{Text(PortOf(task, rank) ?? 0)}")
        : task.Hosts.Distinct(StringComparer.Ordinal).Take(SeedsMax).Select(host => $"{host}:{Text(PortOf(task, 0)!.Value)}");

    /// <summary>The port of a node process by its number among those of its machine: the same rule at all of them. Null when there is none.</summary>
    private int? PortOf(SlurmTask task, int number) =>
        task.ReservedPorts.Count > 0 ? number < task.ReservedPorts.Count ? task.ReservedPorts[number] : null
        : _options.BasePort + number <= ushort.MaxValue ? _options.BasePort + number
        : null;

    private void Set(string variable, string value, params ReadOnlySpan<string> path)
    {
        var origin = new Origin(OriginKind.Environment, variable, 1, 1);
        var node = _layer.Descend("cascade", origin);
        foreach (var key in path[..^1])
            node = node.Descend(key, origin);
        node.Add(path[^1], new FieldEntry(new HoconScalar(origin, HoconKind.String, value), origin));
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;
using Cascade.Hosting.Configuration.Hocon;

namespace Cascade.Hosting.Cli.Fleet;

/// <summary>The command line of one node of a fleet.</summary>
internal static class NodeArguments
{
    /// <summary>The option by which a node drains when its standard input ends.</summary>
    public const string StopWithStandardInput = "--stop-with-stdin";

    /// <summary>Where the nodes of a fleet listen.</summary>
    public const string Host = "127.0.0.1";

    /// <summary>Two seeds may be down, and a node still finds the others.</summary>
    private const int SeedsMax = 3;

    /// <summary>The arguments of a node, the verb first.</summary>
    /// <param name="settings">What all nodes share.</param>
    /// <param name="node">The node's number.</param>
    /// <param name="ports">The ports of all nodes, by their numbers.</param>
    /// <param name="reset">Discard the arena that is there.</param>
    public static string[] Of(FleetSettings settings, int node, IReadOnlyList<int> ports, bool reset)
    {
        List<string> arguments = ["node", StopWithStandardInput];
        if (reset)
            arguments.Add("--reset");
        if (settings.ConfigFile is { } file)
            arguments.AddRange(["--config", file]);
        foreach (var setting in settings.Settings.Concat(Own(settings, node, ports)))
            arguments.AddRange(["--set", setting]);
        return [.. arguments];
    }

    /// <summary>What makes a node this one of the fleet.</summary>
    private static IEnumerable<string> Own(FleetSettings settings, int node, IReadOnlyList<int> ports)
    {
        yield return $"cascade.cluster.name={HoconText.Quote(settings.ClusterName)}";
        yield return string.Create(CultureInfo.InvariantCulture, $"cascade.node.id={node}");
        yield return $"cascade.remoting.host={HoconText.Quote(Host)}";
        yield return string.Create(CultureInfo.InvariantCulture, $"cascade.remoting.port={ports[node]}");
        if (settings.WithSeeds)
            yield return $"cascade.remoting.seeds=[{string.Join(',', ports.Take(SeedsMax).Select(port => HoconText.Quote(Address(port))))}]";
    }

    /// <summary>Where a node with that port is reached.</summary>
    public static string Address(int port) => string.Create(CultureInfo.InvariantCulture, $"{Host}:{port}");
}

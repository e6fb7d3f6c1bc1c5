using System.Diagnostics;
using System.Globalization;
using Cascade.Hosting.Tests.Embedding;

namespace Cascade.EndToEnd;

/// <summary>
/// The nodes of a cluster as processes of this machine, found by the name of their cluster, whoever started them. What is left of them
/// goes at the end, however the test ends.
/// </summary>
internal sealed class TestFleet(string what) : IDisposable
{
    private const string MemoryDirectory = "/dev/shm";

    /// <summary>A name that no other test has.</summary>
    public string Name { get; } = TestNode.UniqueName(what);

    /// <summary>A command line of this cluster, for nodes of 2 MiB.</summary>
    public string[] Line(string verb, params string[] more) =>
        [verb, "--set", $"cascade.cluster.name={Name}", "--set", "cascade.tiers.shm.capacity=2MiB", .. more];

    /// <summary>Starts <c>up</c> and waits until all nodes serve.</summary>
    public async Task<CascadeProcess> UpAsync(int nodes, params string[] more)
    {
        var up = CascadeProcess.Start("up: all nodes serve", Line("up", ["--nodes", nodes.ToString(CultureInfo.InvariantCulture), .. more]));
        await up.Said;
        return up;
    }

    /// <summary>The processes of a fleet's nodes, by the numbers of the nodes.</summary>
    public SortedDictionary<int, int> Nodes()
    {
        const string NodeSetting = "cascade.node.id=";
        var nodes = new SortedDictionary<int, int>();
        foreach (var (process, line) in CommandLines())
        {
            var id = line.Contains("--stop-with-stdin") && line.Contains($"cascade.cluster.name=\"{Name}\"")
                ? line.FirstOrDefault(argument => argument.StartsWith(NodeSetting, StringComparison.Ordinal))
                : null;
            if (id is not null)
                nodes.Add(int.Parse(id[NodeSetting.Length..], CultureInfo.InvariantCulture), process);
        }

        return nodes;
    }

    /// <summary>Names of the arenas of this cluster.</summary>
    public string[] Arenas() => [.. Left().Where(static name => !name.EndsWith(".address", StringComparison.Ordinal))];

    /// <summary>Names of all files of this cluster.</summary>
    public string[] Left() => [.. Directory.GetFiles(MemoryDirectory, $"cascade-{Name}-*").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    /// <summary>Sends one signal, by its name, to all these processes at once, as a terminal does.</summary>
    public static void Signal(string name, IEnumerable<int> processes)
    {
        using var kill = Process.Start("kill", [$"-{name}", .. processes.Select(process => process.ToString(CultureInfo.InvariantCulture))]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (Nodes().Values is { Count: > 0 } left)
            Signal("KILL", left);
        foreach (var file in Left())
            File.Delete(Path.Combine(MemoryDirectory, file));
    }

    private static IEnumerable<(int Process, string[] Line)> CommandLines()
    {
        foreach (var folder in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var process))
                continue;
            string[] line;
            try
            {
                line = File.ReadAllText(Path.Combine(folder, "cmdline")).Split('\0');
            }
            catch (IOException)
            {
                // It has ended meanwhile.
                continue;
            }

            yield return (process, line);
        }
    }
}

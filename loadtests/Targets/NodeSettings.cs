using System.Globalization;
using Cascade.Hosting.Configuration;

namespace Cascade.LoadTests.Targets;

/// <summary>What the nodes of a load are started with.</summary>
internal static class NodeSettings
{
    private static int _targets;

    /// <summary>The settings, read and as <c>path=value</c>; the name of the cluster is one that no other has.</summary>
    /// <exception cref="TargetException">A setting is wrong; the message tells all that are.</exception>
    public static (CascadeOptions Options, string[] Overrides) Configure(TargetRequest request)
    {
        // Small blocks need more entries than the default has room for; keys that name a newer block take some for a while.
        const int EntriesMin = 1_024, EntriesMax = 1 << 28;
        var entries = Math.Clamp(2 * request.CapacityBytes / Math.Min(request.BlockBytes, 64 << 10), EntriesMin, EntriesMax);
        var name = $"load-{Environment.ProcessId}-{Interlocked.Increment(ref _targets)}";
        string[] overrides =
        [
            "cascade.tiers.cold.directory=\"\"",
            string.Create(CultureInfo.InvariantCulture, $"cascade.tiers.shm.max-blocks={entries}"),
            .. request.Settings,
            string.Create(CultureInfo.InvariantCulture, $"cascade.tiers.shm.capacity={request.CapacityBytes}"),
            $"cascade.cluster.name={name}",
        ];
        try
        {
            return (
                CascadeConfiguration.Load(new ConfigurationSources { Environment = ConfigurationSources.ProcessEnvironment(), Overrides = overrides }).Options,
                overrides);
        }
        catch (ConfigurationException e)
        {
            throw new TargetException(isMistake: true, string.Join('\n', e.Messages), e);
        }
    }
}

using System.Globalization;
using Cascade.Hosting;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Node;
using Cascade.Tiers.Shm;

namespace Cascade.LoadTests.Targets;

/// <summary>One node in this process, with an arena of its own that goes with it.</summary>
internal sealed class InProcessTarget : ILoadTarget
{
    private static int _targets;

    private readonly CascadeNode _node;

    private InProcessTarget(CascadeNode node)
    {
        _node = node;
        Nodes = [node.Cache];
    }

    /// <inheritdoc/>
    public IReadOnlyList<ICascade> Nodes { get; }

    /// <inheritdoc/>
    public bool CanKill => false;

    /// <summary>Starts the node.</summary>
    /// <exception cref="TargetException">Memory is short, or a setting is wrong.</exception>
    public static async Task<InProcessTarget> StartAsync(TargetRequest request, CancellationToken cancellationToken)
    {
        var options = Configure(request);
        FreeMemory.Require(request.CapacityBytes, options.Tiers.Shm.Directory);
        try
        {
            return new InProcessTarget(await CascadeNode.StartAsync(options, new NodeStartup { KeepArena = false }, cancellationToken));
        }
        catch (ArenaRefusedException e)
        {
            throw new TargetException(isMistake: false, e.Message, e);
        }
    }

    /// <inheritdoc/>
    public Task KillAsync(int node) => throw NotKillable();

    /// <inheritdoc/>
    public Task RestartAsync(int node) => throw NotKillable();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _node.DisposeAsync();

    private static NotSupportedException NotKillable() => new("A node in this process cannot be killed alone.");

    private static CascadeOptions Configure(TargetRequest request)
    {
        // Small blocks need more entries than the default has room for; keys that name a newer block take some for a while.
        const int EntriesMin = 1_024, EntriesMax = 1 << 28;
        var entries = Math.Clamp(2 * request.CapacityBytes / Math.Min(request.BlockBytes, 64 << 10), EntriesMin, EntriesMax);
        var name = $"load-{Environment.ProcessId}-{Interlocked.Increment(ref _targets)}";
        try
        {
            return CascadeConfiguration.Load(new ConfigurationSources
            {
                Environment = ConfigurationSources.ProcessEnvironment(),
                Overrides =
                [
                    "cascade.tiers.cold.directory=\"\"",
                    string.Create(CultureInfo.InvariantCulture, $"cascade.tiers.shm.max-blocks={entries}"),
                    .. request.Settings,
                    string.Create(CultureInfo.InvariantCulture, $"cascade.tiers.shm.capacity={request.CapacityBytes}"),
                    $"cascade.cluster.name={name}",
                ],
            }).Options;
        }
        catch (ConfigurationException e)
        {
            throw new TargetException(isMistake: true, string.Join('\n', e.Messages), e);
        }
    }
}

using System.Globalization;
using Cascade.Actors.Shells;
using Cascade.Core.Sharding;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Configuration;
using Cascade.Tiers.Cold;
using Cascade.Tiers.Gpu;
using Cascade.Tiers.Shm;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Node;

/// <summary>Starts nodes and clients for verbs: configuration from file, environment and command line, log lines to the error stream.</summary>
internal sealed class NodeLauncher : INodeLauncher
{
    /// <summary>What a client's memory has more than the block that it is for.</summary>
    private const long SpareBytes = 1 << 20;

    /// <inheritdoc/>
    public string DescribeConfiguration(NodeRequest request) => ConfigurationPrinter.Print(Load(request));

    /// <inheritdoc/>
    public async Task<INodeSession> StartAsync(NodeRequest request, CliConsole console, CancellationToken cancellationToken)
    {
        var options = Load(request).Options;
        using var progress = new ProgressReporter(console, "setting memory aside", HumanText.Size);
        using var recovery = new ProgressReporter(console, "reading the files of the cold tier", HumanText.Count);
        using var registration = new ProgressReporter(console, "letting devices at memory", HumanText.Size);
        var startup = new NodeStartup
        {
            Logging = LoggingTo(console, options.Logging.Level),
            Progress = progress,
            RegistrationProgress = registration,
            RecoveryProgress = recovery,
            Reset = request.Reset,
            KeepArena = request.KeepArena,
        };
        return new Session(await ExplainAsync(() => CascadeNode.StartAsync(options, startup, cancellationToken)), options);
    }

    /// <inheritdoc/>
    public async Task<IClusterSession> ConnectAsync(ClientRequest request, CliConsole console, CancellationToken cancellationToken)
    {
        var settings = ClusterClient.SettingsWith(request.Node.Settings);
        var options = LoadWith(request.Node.ConfigFile, settings).Options;
        if (options.Tiers.Shm.MaxBlockBytes < request.BlockBytes)
        {
            var capacity = string.Create(CultureInfo.InvariantCulture, $"cascade.tiers.shm.capacity={RoundUp(request.BlockBytes) + SpareBytes}");
            options = LoadWith(request.Node.ConfigFile, [.. settings, capacity, "cascade.tiers.shm.max-block=0"]).Options;
        }

        var level = request.IsVerbose || options.Logging.Level > LogLevel.Warning ? options.Logging.Level : LogLevel.Warning;
        var startup = new NodeStartup { Logging = LoggingTo(console, level), Time = console.Time };
        return new Client(await ExplainAsync(() => ClusterClient.JoinAsync(options, startup, request.JoinWithin, cancellationToken)));
    }

    private static ILoggerFactory LoggingTo(CliConsole console, LogLevel level) =>
        LoggerFactory.Create(logging => logging.SetMinimumLevel(level).AddProvider(new ConsoleLogProvider(console)));

    private static long RoundUp(long bytes) => (bytes + SpareBytes - 1) / SpareBytes * SpareBytes;

    private static async Task<CascadeNode> ExplainAsync(Func<Task<CascadeNode>> start)
    {
        try
        {
            return await start();
        }
        catch (ArenaRefusedException e)
        {
            // The system's own words say why a path cannot be opened, locked or removed.
            var reason = e.InnerException is IOException system ? $" {system.Message}" : "";
            throw new CliException(ExitCode.Unavailable, e.Message + reason, e);
        }
        catch (Exception e) when (e is ColdRefusedException or NodeRefusedException)
        {
            throw new CliException(ExitCode.Unavailable, e.Message, e);
        }
        catch (ConfigurationException e)
        {
            throw new CliException(ExitCode.Usage, string.Join('\n', e.Messages), e);
        }
    }

    private static CascadeConfiguration Load(NodeRequest request)
    {
        // A node that keeps nothing must not meet, or be met by, one that does: its arena has a name of its own, and it has no files but
        // those that the command line names.
        string[] withoutFiles = request.KeepArena ? [] : ["cascade.tiers.cold.directory=\"\""];
        string[] throwaway = request.KeepArena || request.IsInCluster
            ? []
            : [string.Create(CultureInfo.InvariantCulture, $"cascade.cluster.name=throwaway-{Environment.ProcessId}")];
        return LoadWith(request.ConfigFile, [.. withoutFiles, .. request.Settings, .. throwaway]);
    }

    private static CascadeConfiguration LoadWith(string? file, string[] settings)
    {
        try
        {
            return CascadeConfiguration.Load(new ConfigurationSources
            {
                FilePath = file,
                Environment = ConfigurationSources.ProcessEnvironment(),
                Overrides = settings,
            });
        }
        catch (ConfigurationException e)
        {
            throw new CliException(ExitCode.Usage, string.Join('\n', e.Messages), e);
        }
    }

    private sealed class Session(CascadeNode node, CascadeOptions options) : INodeSession
    {
        public ICascade Cache => node.Cache;

        public CascadeActors Actors => node.Actors;

        public bool IsSlurmTask => options.Slurm.IsEnabled;

        public bool IsRank => node.IsRank;

        public int NodesUp => node.Cluster.Members.Members.Count(static member => member.TakesWork);

        public GpuPool? Devices => node.Parts.Gpu?.Pool;

        public string MemoryDirectory => options.Tiers.Shm.Directory;

        public Task<string> CannotGoOn => node.CannotGoOn;

        public Task DrainAsked => node.DrainAsked;

        public ValueTask DisposeAsync() => node.DisposeAsync();
    }

    private sealed class Client(CascadeNode node) : IClusterSession
    {
        public ICascade Cache => node.Cache;

        public ClusterState Cluster => node.Cluster;

        public NodeRefs Nodes => node.Nodes;

        public ValueTask DisposeAsync() => node.DisposeAsync();
    }
}

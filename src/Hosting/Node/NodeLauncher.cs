using System.Globalization;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Configuration;
using Cascade.Tiers.Cold;
using Cascade.Tiers.Shm;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Node;

/// <summary>Starts nodes for verbs: configuration from file, environment and command line, log lines to the error stream.</summary>
internal sealed class NodeLauncher : INodeLauncher
{
    /// <inheritdoc/>
    public string DescribeConfiguration(NodeRequest request) => ConfigurationPrinter.Print(Load(request));

    /// <inheritdoc/>
    public async Task<INodeSession> StartAsync(NodeRequest request, CliConsole console, CancellationToken cancellationToken)
    {
        var options = Load(request).Options;
        using var progress = new ProgressReporter(console, "setting memory aside", HumanText.Size);
        using var recovery = new ProgressReporter(console, "reading the files of the cold tier", HumanText.Count);
        var startup = new NodeStartup
        {
            Logging = LoggerFactory.Create(logging => logging
                .SetMinimumLevel(options.Logging.Level)
                .AddProvider(new ConsoleLogProvider(console))),
            Progress = progress,
            RecoveryProgress = recovery,
            Reset = request.Reset,
            KeepArena = request.KeepArena,
        };
        try
        {
            return new Session(await CascadeNode.StartAsync(options, startup, cancellationToken), options.Tiers.Shm.Directory);
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
        string[] throwaway = request.KeepArena
            ? []
            : [string.Create(CultureInfo.InvariantCulture, $"cascade.cluster.name=throwaway-{Environment.ProcessId}")];
        try
        {
            return CascadeConfiguration.Load(new ConfigurationSources
            {
                FilePath = request.ConfigFile,
                Environment = ConfigurationSources.ProcessEnvironment(),
                Overrides = [.. withoutFiles, .. request.Settings, .. throwaway],
            });
        }
        catch (ConfigurationException e)
        {
            throw new CliException(ExitCode.Usage, string.Join('\n', e.Messages), e);
        }
    }

    private sealed class Session(CascadeNode node, string memoryDirectory) : INodeSession
    {
        public ICascade Cache => node.Cache;

        public CascadeActors Actors => node.Actors;

        public string MemoryDirectory => memoryDirectory;

        public Task<string> CannotGoOn => node.CannotGoOn;

        public ValueTask DisposeAsync() => node.DisposeAsync();
    }
}

using System.Globalization;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Configuration;

namespace Cascade.Hosting.Benchmarks.Ranks;

/// <summary>Reads blocks of another rank by MPI, in jobs of three ranks on this machine.</summary>
internal static class RankBenchmark
{
    private const string FolderWork = "bench";

    /// <summary>Runs it.</summary>
    /// <param name="plan">How much to do.</param>
    /// <param name="settings">Settings of all nodes, above file and environment.</param>
    /// <param name="console">Where to say what goes wrong at the end.</param>
    /// <param name="cancellationToken">Gives it up; nothing is left then, as in any case.</param>
    /// <exception cref="CliException">There is no MPI to start it by, or a rank failed.</exception>
    public static async Task<MpiBenchmarkResult> RunAsync(RankPlan plan, IReadOnlyList<string> settings, CliConsole console, CancellationToken cancellationToken)
    {
        var starter = MpiStarter.Find(Environment.GetEnvironmentVariable("PATH"), MpiStarter.VersionOf);
        var figures = await RunJobAsync<MpiBenchmarkResult>(starter, plan, settings, console, cancellationToken);
        var promotion = await RunJobAsync<PromotionFindings>(starter, plan with { IsOfPromotion = true }, settings, console, cancellationToken);
        return figures with
        {
            Promoted = promotion.Promoted,
            LargestActorMessageBytes = Math.Max(figures.LargestActorMessageBytes, promotion.LargestActorMessageBytes),
            WrongBytes = figures.WrongBytes + promotion.WrongBytes,
        };
    }

    private static async Task<T> RunJobAsync<T>(string starter, RankPlan plan, IReadOnlyList<string> settings, CliConsole console, CancellationToken cancellationToken)
    {
        // All that the ranks leave is in a folder of their own, in memory, where the nodes' memory would be. A run that was killed cannot remove it; the next does.
        var memory = MemoryDirectory(settings);
        RankFolder.RemoveAbandoned(memory, $"cascade-{FolderWork}-*");
        using var scratch = new ScratchFolder(memory, FolderWork, console);
        var folder = new RankFolder(scratch.Path);
        folder.Make();
        folder.Tell(BenchRank.PlanWord, plan);
        var cluster = string.Create(CultureInfo.InvariantCulture, $"bench-{Environment.ProcessId}");
        using var job = RankJob.Start(starter, folder, cluster, settings);
        return await job.EndAsync<T>(BenchRank.ResultWord, cancellationToken);
    }

    private static string MemoryDirectory(IReadOnlyList<string> settings)
    {
        try
        {
            var sources = new ConfigurationSources { Environment = ConfigurationSources.ProcessEnvironment(), Overrides = [.. settings] };
            return CascadeConfiguration.Load(sources).Options.Tiers.Shm.Directory;
        }
        catch (ConfigurationException e)
        {
            throw new CliException(ExitCode.Usage, string.Join('\n', e.Messages), e);
        }
    }
}

/// <summary>What the job that looks at promotion found.</summary>
/// <param name="Promoted">See <see cref="MpiBenchmarkResult"/>, as for the others.</param>
/// <param name="LargestActorMessageBytes">The same.</param>
/// <param name="WrongBytes">The same.</param>
internal sealed record PromotionFindings(bool Promoted, int LargestActorMessageBytes, long WrongBytes);

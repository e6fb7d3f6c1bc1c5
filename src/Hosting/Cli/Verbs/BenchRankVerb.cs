using System.CommandLine;
using System.Globalization;
using Cascade.Hosting.Benchmarks.Ranks;
using Cascade.Hosting.Cli.Fleet;
using Cascade.Hosting.Node;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>bench-rank</c>: one of the ranks of <c>bench remote --fabric mpi</c>. Not in the help.</summary>
internal static class BenchRankVerb
{
    /// <summary>Set by the program that starts the job.</summary>
    private const string RankVariable = "PMI_RANK";

    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console)
    {
        var verb = new Command(RankJob.Verb, "A rank of bench remote.") { Hidden = true };
        var path = new Argument<string>("folder");
        var cluster = new Argument<string>("cluster");
        var ports = new Argument<string>("ports");
        var settings = new Option<string[]>("--set");
        verb.Add(path);
        verb.Add(cluster);
        verb.Add(ports);
        verb.Add(settings);
        verb.SetAction(async (line, cancellationToken) =>
        {
            if (!int.TryParse(Environment.GetEnvironmentVariable(RankVariable), CultureInfo.InvariantCulture, out var rank))
                throw new CliException(ExitCode.Usage, $"{RankJob.Verb} is for the ranks of bench remote --fabric mpi: run that");
            var folder = new RankFolder(line.GetValue(path)!);

            // The starter's own input is that of rank 0 alone: it ends with the process that started it.
            using var input = rank == RankPlan.Reader ? new StandardInputEnd(Console.OpenStandardInput(), cancellationToken) : null;
            using var logging = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Warning).AddProvider(new ConsoleLogProvider(console)));
            int[] numbers = [.. line.GetValue(ports)!.Split(',').Select(static port => int.Parse(port, CultureInfo.InvariantCulture))];
            await BenchRank.RunAsync(folder, line.GetValue(cluster)!, numbers, rank, line.GetValue(settings) ?? [], logging, input?.Token ?? cancellationToken);
            return ExitCode.Ok;
        });
        return verb;
    }
}

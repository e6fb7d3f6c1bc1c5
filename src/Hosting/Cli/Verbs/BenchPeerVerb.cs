using System.CommandLine;
using Cascade.Hosting.Benchmarks;
using Cascade.Hosting.Cli.Fleet;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>bench-peer</c>: one of the other processes of <c>bench actors</c>. Not in the help.</summary>
internal static class BenchPeerVerb
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(1);

    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console)
    {
        var verb = new Command(ClusterBenchmark.PeerVerb, "A process of bench actors.") { Hidden = true };
        var cluster = new Argument<string>("cluster");
        var id = new Argument<int>("id");
        var seed = new Argument<string>("seed");
        verb.Add(cluster);
        verb.Add(id);
        verb.Add(seed);
        verb.SetAction(async (line, cancellationToken) =>
        {
            using var end = new StandardInputEnd(Console.OpenStandardInput(), cancellationToken);
            await using var member = BenchMember.Start(line.GetValue(cluster)!, line.GetValue(id), line.GetValue(seed));
            while (!member.Knows(ClusterBenchmark.Members))
                await Task.Delay(LookEvery, end.Token);
            console.Out.WriteLine(ClusterBenchmark.PeerUpLine);
            console.Out.Flush();
            await Task.Delay(Timeout.Infinite, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ExitCode.Ok;
        });
        return verb;
    }
}

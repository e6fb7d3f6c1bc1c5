using System.CommandLine;
using System.Globalization;
using Cascade.Hosting.Benchmarks;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>bench</c>: measures this machine and Cascade on it, each figure beside its yardstick in the same run.</summary>
internal static class BenchVerb
{
    private const int BlockBytes = 16 << 20;
    private const int BlocksPerRound = 16;
    private const int Rounds = 15;

    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console, INodeLauncher launcher)
    {
        var verb = new VerbCommand(
            "bench",
            "Measure the memory path, the cold tier, reads between processes, device memory, the actor engine or the allocator on this machine.",
            new Example("cascade bench memory", "puts and gets of 16 MiB blocks beside memcpy and SHA-256"),
            new Example("cascade bench cold --dir /scratch", "demotion and cold reads beside raw direct transfers"),
            new Example("cascade bench remote --fabric tcp", "gets of 16 MiB blocks of another process beside a bare socket pair"),
            new Example("cascade bench gpu", "16 MiB blocks to device memory and back beside the driver's bare copies"),
            new Example("cascade bench actors --json", "messages and asks a second, bytes an idle entity"),
            new Example("cascade bench allocator", "ten million operations at 85 % occupancy"))
        {
            Details = "Figures are medians of one run; compare only within a run.",
        };
        verb.Add(Memory(launcher, console));
        verb.Add(BenchColdVerb.Create(launcher, console));
        verb.Add(BenchRemoteVerb.Create(console));
        verb.Add(BenchGpuVerb.Create(launcher, console));
        verb.Add(Actors(console));
        verb.Add(Allocator(console));
        return verb;
    }

    private static VerbCommand Memory(INodeLauncher launcher, CliConsole console)
    {
        var verb = new VerbCommand(
            "memory",
            "Put and get 16 MiB blocks, hash included, beside one thread's memcpy of the same bytes and the framework's SHA-256.",
            new Example("cascade bench memory --json", "one JSON document"));
        var json = CommonOptions.Json();
        var options = new NodeOptions();
        verb.Add(json);
        options.AddTo(verb);
        verb.SetAction(async (line, cancellationToken) =>
        {
            var request = options.RequestOf(line).Under("cascade.tiers.shm.capacity", "1GiB");
            if (options.TryPrintConfiguration(line, request, launcher, console))
                return ExitCode.Ok;
            await using var node = await launcher.StartAsync(request, console, cancellationToken);
            using var progress = new ProgressReporter(console, "bench memory", rounds => $"{rounds} rounds");
            using var benchmark = new MemoryBenchmark(node.Cache, BlockBytes, BlocksPerRound, Rounds);
            var result = await benchmark.RunAsync(progress, cancellationToken);
            if (line.GetValue(json))
                JsonOutput.Write(console.Out, result);
            else
                TableOutput.Write(console.Out, TableOutput.OfValues(
                    ("memcpy, one thread", Gbps(result.MemcpyGbps)),
                    ("SHA-256, one thread", Gbps(result.Sha256Gbps)),
                    ("BLAKE3, one thread", $"{Gbps(result.HashGbps)}  ({result.HashGbps / result.Sha256Gbps:0.00} x SHA-256)"),
                    ("put, hash included", $"{Gbps(result.PutGbps)}  ({result.PutGbps / result.MemcpyGbps:0.00} x memcpy)"),
                    ("get by copy", $"{Gbps(result.GetCopyGbps)}  ({result.GetCopyGbps / result.MemcpyGbps:0.00} x memcpy)"),
                    ("get by lease, median", string.Create(CultureInfo.InvariantCulture, $"{result.GetLeaseP50Us:0.000} us")),
                    ("get by lease, allocated", string.Create(CultureInfo.InvariantCulture, $"{result.GetLeaseAllocatedBytes:0.##} bytes"))));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static VerbCommand Actors(CliConsole console)
    {
        var verb = new VerbCommand(
            "actors",
            "Tell and Ask between actors of this process and of others, what an idle sharded entity costs, and how soon members are up and replaced.",
            new Example("cascade bench actors --json", "one JSON document"));
        var json = CommonOptions.Json();
        verb.Add(json);
        verb.SetAction(async (line, cancellationToken) =>
        {
            console.Say("bench actors: about 40 s");

            // The processes first: afterwards this one has a large heap to collect.
            var cluster = await ClusterBenchmark.RunAsync(cancellationToken);
            var result = ActorFigures.Of(await ActorBenchmarks.RunAsync(), cluster);
            if (line.GetValue(json))
                JsonOutput.Write(console.Out, result);
            else
                TableOutput.Write(console.Out, TableOutput.OfValues(
                    ("tell", PerSecond(result.TellPerS)),
                    ("ask, one in flight", $"{PerSecond(result.AskPerS)}  (mean {result.AskMeanUs:0.00} us)"),
                    ("ask, 64 in flight", PerSecond(result.Ask64PerS)),
                    ("idle entity", string.Create(CultureInfo.InvariantCulture, $"{result.IdleEntityBytes:0} bytes")),
                    ("ask another process, 64 in flight", PerSecond(result.RemoteAskPerS)),
                    ("ask another process, one in flight", string.Create(CultureInfo.InvariantCulture, $"{result.RemoteAskP50Us:0.0} us (median)")),
                    ("ask 100,000 entities, 3 processes", PerSecond(result.ShardedAskPerS)),
                    ("3 processes started to all up", string.Create(CultureInfo.InvariantCulture, $"{result.MembersUpS:0.00} s")),
                    ("kill -9 to entities elsewhere", string.Create(CultureInfo.InvariantCulture, $"{result.FailoverS:0.00} s"))));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static VerbCommand Allocator(CliConsole console)
    {
        var verb = new VerbCommand(
            "allocator",
            "Ten million random operations on a 64 GiB slab (nothing is mapped) at 85 % occupancy, sizes 4 KiB to 64 MiB; then all is freed and checked.",
            new Example("cascade bench allocator --json", "one JSON document"));
        var json = CommonOptions.Json();
        verb.Add(json);
        verb.SetAction(line =>
        {
            console.Say("bench allocator: some seconds");
            var result = AllocatorBenchmark.Run(new AllocatorBenchmarkOptions());
            if (line.GetValue(json))
                JsonOutput.Write(console.Out, result);
            else
                TableOutput.Write(console.Out, TableOutput.OfValues(
                    ("operations", result.Operations.ToString("N0", CultureInfo.InvariantCulture)),
                    ("one operation, median", string.Create(CultureInfo.InvariantCulture, $"{result.MedianNanoseconds:0} ns")),
                    ("allocations refused", result.Failed.ToString("N0", CultureInfo.InvariantCulture)),
                    ("refused though enough was free", result.FailedThoughEnoughFree.ToString("N0", CultureInfo.InvariantCulture)),
                    ("free ranges at the end of the churn", result.FreeRanges.ToString("N0", CultureInfo.InvariantCulture)),
                    ("largest of them, of all free bytes", result.LargestFreeShare.ToString("P1", CultureInfo.InvariantCulture)),
                    ("leaked", "nothing")));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static string Gbps(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00} GB/s");

    private static string PerSecond(double value) => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.00} M/s");
}

using System.CommandLine;
using System.Globalization;
using Cascade.Hosting.Benchmarks;
using Cascade.Hosting.Benchmarks.Ranks;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>bench remote</c>: measures reads of blocks that another process holds, beside the bare way to move as many bytes.</summary>
internal static class BenchRemoteVerb
{
    /// <summary>Makes the verb.</summary>
    public static VerbCommand Create(CliConsole console)
    {
        var verb = new VerbCommand(
            "remote",
            "Get 16 MiB blocks that a node in another process holds, beside memcpy, a bare socket pair or bare MPI calls that move the same bytes.",
            new Example("cascade bench remote --fabric shm", "by mapping the other's memory"),
            new Example("cascade bench remote --fabric tcp --json", "over TCP; one JSON document"),
            new Example("cascade bench remote --fabric mpi", "by MPI, as three ranks that talk by TCP; needs MPICH"))
        {
            Details = """
                Each get ends with the bytes in the caller's memory. Bytes that are read over TCP or by MPI are held against the block's id at each get, those in
                mapped memory at the first. By MPI also: gets of 4 KiB alone and beside gets of 160 MiB, one block that all ranks read, promotion,
                what an idle rank costs, and the largest message between actors. Needs 2.5 GiB of memory, 1.5 GiB of them in /dev/shm.
                """,
        };
        var json = CommonOptions.Json();
        var fabric = new Option<string>("--fabric") { Description = "How the bytes come: shm, tcp or mpi.", HelpName = "shm|tcp|mpi", DefaultValueFactory = _ => "shm" };
        fabric.AcceptOnlyFromAmong("shm", "tcp", "mpi");
        var settings = new Option<string[]>("--set") { Description = "Set one setting of the node, as in 'cascade node'.", HelpName = "path=value" };
        var quick = new Option<bool>("--quick") { Description = "Little of everything, for a test.", Hidden = true };
        verb.Add(fabric);
        verb.Add(settings);
        verb.Add(json);
        verb.Add(quick);
        verb.SetAction(async (line, cancellationToken) =>
        {
            var given = line.GetValue(settings) ?? [];
            if (line.GetValue(fabric) == "mpi")
            {
                console.Say("bench remote: about 40 s");
                var ranks = await RankBenchmark.RunAsync(line.GetValue(quick) ? RankPlan.Quick : new RankPlan(), given, console, cancellationToken);
                Write(console, line.GetValue(json), ranks, Rows);
                return ranks.WrongBytes == 0 ? ExitCode.Ok : ExitCode.Failed;
            }

            console.Say("bench remote: about 10 s");
            Write(console, line.GetValue(json), await RemoteBenchmark.RunAsync(line.GetValue(fabric) == "tcp", given, console.Say, cancellationToken), Rows);
            return ExitCode.Ok;
        });
        return verb;
    }

    private static void Write<T>(CliConsole console, bool asJson, T result, Func<T, (string, string)[]> rows)
    {
        if (asJson)
            JsonOutput.Write(console.Out, result);
        else
            TableOutput.Write(console.Out, TableOutput.OfValues(rows(result)));
    }

    private static (string, string)[] Rows(RemoteBenchmarkResult result) =>
    [
        (result.Fabric == "tcp" ? "bare socket pair" : "memcpy, one thread", Gbps(result.RawGbps)),
        ("get", Gbps(result.GetGbps, result.RawGbps)),
        ("get, median", Microseconds(result.P50Us)),
        ("first get of a block, median", Microseconds(result.FirstP50Us)),
    ];

    private static (string, string)[] Rows(MpiBenchmarkResult result) =>
    [
        ("bare MPI_Rget and MPI_Test", Gbps(result.RawGbps)),
        ("get", Gbps(result.GetGbps, result.RawGbps)),
        ("get, median", Microseconds(result.P50Us)),
        ("first get of a block, median", Microseconds(result.FirstP50Us)),
        ("get of 4 KiB alone, median", Microseconds(result.SmallIdleP50Us)),
        ("get of 4 KiB beside 160 MiB, median", Microseconds(result.SmallBesideP50Us, result.SmallIdleP50Us)),
        ("those 160 MiB", Gbps(result.BesideGbps)),
        ("one rank reads a block", Gbps(result.OneReaderGbps)),
        ("all ranks read it, its holder too", Gbps(result.AllReadersGbps, result.OneReaderGbps)),
        ("what of that came by MPI", Gbps(result.AllReadersMpiGbps, result.OneReaderGbps)),
        ("here after three reads", result.Promoted ? "yes" : "no"),
        ("idle rank, of a core", string.Create(CultureInfo.InvariantCulture, $"{result.IdleCpuPercent:0.0} %")),
        ("largest message of an actor", HumanText.Size(result.LargestActorMessageBytes)),
        ("wrong bytes", HumanText.Count(result.WrongBytes)),
    ];

    private static string Gbps(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00} GB/s");

    private static string Gbps(double value, double yardstick) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00} GB/s  ({value / yardstick:0.00} x)");

    private static string Microseconds(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0} us");

    private static string Microseconds(double value, double yardstick) => string.Create(CultureInfo.InvariantCulture, $"{value:0} us  ({value / yardstick:0.0} x)");
}

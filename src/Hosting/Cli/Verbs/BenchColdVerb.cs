using System.Globalization;
using Cascade.Actors;
using Cascade.Core.Messages;
using Cascade.Hosting.Benchmarks;
using static Cascade.Hosting.Cli.HumanText;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>bench cold</c>: measures the cold tier and the disk below it in one run.</summary>
internal static class BenchColdVerb
{
    /// <summary>On a disk on most machines, where /tmp often is memory.</summary>
    private const string DirectoryDefault = "/var/tmp";

    private const long MemoryBytes = 1L << 30;

    private static readonly TimeSpan RoomTimeout = TimeSpan.FromMinutes(1);

    /// <summary>More than the benchmark writes, so that nothing is given up that is to be read again.</summary>
    private const long CapacityBytes = 28L << 30;

    /// <summary>Makes the verb.</summary>
    public static VerbCommand Create(INodeLauncher launcher, CliConsole console)
    {
        var verb = new VerbCommand(
            "cold",
            "Demote blocks to disk and read them back, beside raw direct transfers of the same size and a file for each small block.",
            new Example("cascade bench cold --dir /scratch", "the disk of /scratch"),
            new Example("cascade bench cold --json", "one JSON document"))
        {
            Details = """
                A node with 1 GiB of memory and a cold tier in DIR/cascade-bench-PID, which is removed at the end. Demotion is timed
                by asking the full memory tier for room, 8 callers at a time, until it is there because what lay in it is on disk;
                by puts, hashing and copying new blocks of 16 MiB is in it. Cold reads are gets of blocks that are on disk only, every digest checked. Raw transfers and
                cold reads are of 2 GiB a round, 8 at a time, of 16 MiB; raw ones go from and to an arena, as the node's do. Small
                blocks are of 64 KiB: those of the tier make way for room of their size, others are written to a file each
                and flushed, the folder too, by 8 threads. Page cache growth is the whole machine's while 16 MiB blocks are demoted
                and read back. Figures are medians of 5 rounds. Needs 29 GiB of disk and 1.3 GiB of /dev/shm.
                """,
        };
        var folder = CommonOptions.Folder("--dir", $"A directory on the disk to measure. Default: {DirectoryDefault}.");
        var json = CommonOptions.Json();
        var options = new NodeOptions();
        verb.Add(folder);
        verb.Add(json);
        options.AddTo(verb);
        verb.SetAction(async (line, cancellationToken) =>
        {
            using var scratch = new ScratchFolder(line.GetValue(folder) ?? DirectoryDefault, "bench", console);
            var request = RequestOf(options.RequestOf(line), scratch.Path);
            if (options.TryPrintConfiguration(line, request, launcher, console))
                return ExitCode.Ok;
            RequireSpace(scratch.Path);
            await using var node = await launcher.StartAsync(request, console, cancellationToken);
            ColdBenchmarkResult result;
            using (var progress = new ProgressReporter(console, "bench cold", steps => $"{steps} steps"))
            {
                var memory = node.Actors.Memory;
                var benchmark = new ColdBenchmark(
                    node.Cache, (length, ct) => TakeRoomAsync(memory, length, ct), scratch.Path, node.MemoryDirectory, ColdBenchmarkPlan.Default, console.Time);
                result = await benchmark.RunAsync(progress, cancellationToken);
            }

            if (line.GetValue(json))
                JsonOutput.Write(console.Out, result);
            else
                Write(console, result);
            return ExitCode.Ok;
        });
        return verb;
    }

    /// <summary>Sets room aside in a node's memory tier.</summary>
    internal static async Task<Action> TakeRoomAsync(IActorRef memory, long lengthBytes, CancellationToken cancellationToken) =>
        await memory.Ask<object>(new Reserve(lengthBytes, RoomTimeout), Timeout.InfiniteTimeSpan, cancellationToken) is Reserved room
            ? () => memory.Tell(new Cancel(room.Reservation), ActorRefs.NoSender)
            : throw new CliException(ExitCode.Failed, $"the memory tier made no room for {lengthBytes} bytes in {RoomTimeout.TotalSeconds:0} s");

    private static NodeRequest RequestOf(NodeRequest request, string directory) => request
        .Under("cascade.tiers.shm.capacity", MemoryBytes.ToString(CultureInfo.InvariantCulture))
        .Under("cascade.tiers.cold.capacity", CapacityBytes.ToString(CultureInfo.InvariantCulture))
        .WithPath("cascade.tiers.cold.directory", directory);

    private static void RequireSpace(string directory)
    {
        var there = directory;
        while (!Directory.Exists(there))
            there = Path.GetDirectoryName(there)!;
        var free = new DriveInfo(there).AvailableFreeSpace;
        if (free < CapacityBytes + MemoryBytes)
            throw new CliException(
                ExitCode.Failed,
                $"'{there}' has {Size(free)} free, and the benchmark takes up to {Size(CapacityBytes + MemoryBytes)}: name another disk with --dir");
    }

    private static void Write(CliConsole console, ColdBenchmarkResult result) => TableOutput.Write(console.Out, TableOutput.OfValues(
        ("raw writes", Gbps(result.RawWriteGbps)),
        ("raw reads", Gbps(result.RawReadGbps)),
        ("demotion", $"{Gbps(result.DemoteGbps)}  ({Ratio(result.DemoteGbps, result.RawWriteGbps)} x raw)"),
        ("demotion by puts, hashing in it", $"{Gbps(result.DemoteByPutsGbps)}  ({Ratio(result.DemoteByPutsGbps, result.RawWriteGbps)} x raw)"),
        ("cold reads, digests checked", $"{Gbps(result.ColdReadGbps)}  ({Ratio(result.ColdReadGbps, result.RawReadGbps)} x raw)"),
        ("64 KiB blocks demoted", $"{PerSecond(result.SmallBlocksPerS)}  ({Ratio(result.SmallBlocksPerS, result.SmallFilesPerS)} x files)"),
        ("64 KiB files written", PerSecond(result.SmallFilesPerS)),
        ("page cache growth", result.PageCacheGrowthBytes is { } bytes ? Size(bytes) : "not known here"),
        ("direct I/O", result.DirectIo ? "yes" : "no: the file system refuses it")));

    private static string Gbps(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00} GB/s");

    private static string PerSecond(double value) => $"{Count((long)value)}/s";

    private static string Ratio(double value, double yardstick) => string.Create(CultureInfo.InvariantCulture, $"{value / yardstick:0.00}");
}

using System.CommandLine;
using System.Globalization;
using Cascade.Tiers.Shm;
using Spectre.Console;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>inspect</c>: reads what a node left or holds, and changes nothing.</summary>
internal static class InspectVerb
{
    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console)
    {
        var verb = new VerbCommand(
            "inspect",
            "Look into a node's files; changes nothing.",
            new Example("cascade inspect arena /dev/shm/cascade-cascade-0", "what is in an arena, and whether it is sound"),
            new Example("cascade inspect segments /scratch/cascade", "the same of the files of a cold tier"));
        verb.Add(Arena(console));
        verb.Add(InspectSegmentsVerb.Create(console));
        return verb;
    }

    private static VerbCommand Arena(CliConsole console)
    {
        var verb = new VerbCommand(
            "arena",
            "Say what an arena holds and whether it is sound.",
            new Example("cascade inspect arena /dev/shm/cascade-cascade-0", "header and descriptors"),
            new Example("cascade inspect arena /dev/shm/cascade-cascade-0 --verify --json", "all bytes as well, as one JSON document"))
        {
            Details = """
                Reads the header, every descriptor and, with --verify, every block. Also of an arena that a node holds, without
                disturbing it. Exit code 1 when it is not sound.
                """,
        };
        var path = new Argument<string>("PATH") { Description = "The arena file." };
        var verify = new Option<bool>("--verify") { Description = "Read every block and compare it with its digest." };
        var json = CommonOptions.Json();
        verb.Add(path);
        verb.Add(verify);
        verb.Add(json);
        verb.SetAction((line, cancellationToken) =>
        {
            var file = line.GetValue(path)!;
            if (!File.Exists(file))
                throw new CliException(ExitCode.Failed, $"there is no arena '{file}'; arenas are named cascade-CLUSTER-NODE, mostly in /dev/shm");
            using var progress = new ProgressReporter(console, "verifying", HumanText.Size);
            var inspection = ArenaInspector.Inspect(file, line.GetValue(verify), progress, cancellationToken);
            if (line.GetValue(json))
                JsonOutput.Write(console.Out, ReportOf(inspection));
            else
                Write(console, inspection);
            return Task.FromResult(inspection.Sound ? ExitCode.Ok : ExitCode.Failed);
        });
        return verb;
    }

    private static object ReportOf(ArenaInspection arena) => new
    {
        arena.FilePath,
        arena.Sound,
        arena.Reasons,
        arena.FileBytes,
        arena.FormatVersion,
        Cluster = arena.ClusterName,
        Node = arena.Node.Value,
        Digest = arena.DigestAlgorithm,
        arena.CapacityBytes,
        arena.OwnerProcessId,
        arena.SlotCount,
        arena.ResidentEntries,
        arena.AliasEntries,
        arena.InFlightEntries,
        arena.FreeEntries,
        arena.DamagedEntries,
        arena.Damaged,
        arena.Keys,
        arena.LiveBytes,
        arena.SmallestBlockBytes,
        arena.LargestBlockBytes,
        arena.VerifiedBlocks,
    };

    private static void Write(CliConsole console, ArenaInspection arena)
    {
        if (arena.SlotCount > 0)
            WriteValues(console, arena);
        foreach (var reason in arena.Reasons)
            console.Say($"not sound: {reason}");
        if (arena.Damaged.Count == 0)
            return;
        var table = new Table().Border(TableBorder.None).AddColumn("slot").AddColumn("damage");
        foreach (var entry in arena.Damaged)
            table.AddRow(new Text(entry.Slot.ToString(CultureInfo.InvariantCulture)), new Text(entry.Reason));
        TableOutput.Write(console.Out, table);
    }

    /// <summary>For a file whose header was understood: of any other there are no values.</summary>
    private static void WriteValues(CliConsole console, ArenaInspection arena) =>
        TableOutput.Write(console.Out, TableOutput.OfValues(
            ("arena", arena.FilePath),
            ("sound", arena.Sound ? "yes" : "no"),
            ("cluster, node", string.Create(CultureInfo.InvariantCulture, $"{arena.ClusterName}, {arena.Node.Value}")),
            ("format, digest", string.Create(CultureInfo.InvariantCulture, $"{arena.FormatVersion}, {arena.DigestAlgorithm}")),
            ("last held by process", arena.OwnerProcessId.ToString(CultureInfo.InvariantCulture)),
            ("capacity", HumanText.Size(arena.CapacityBytes)),
            ("blocks", $"{HumanText.Count(arena.ResidentEntries)}, {HumanText.Size(arena.LiveBytes)}"),
            ("smallest, largest block", $"{HumanText.Size(arena.SmallestBlockBytes)}, {HumanText.Size(arena.LargestBlockBytes)}"),
            ("keys", $"{HumanText.Count(arena.Keys)}, {HumanText.Count(arena.AliasEntries)} of them aliases"),
            ("in flight", HumanText.Count(arena.InFlightEntries)),
            ("damaged entries", HumanText.Count(arena.DamagedEntries)),
            ("digests checked", HumanText.Count(arena.VerifiedBlocks))));
}

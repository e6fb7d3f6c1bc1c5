using System.Globalization;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>The directory of the cold tier: its file system and its room.</summary>
internal sealed class ColdDirectoryCheck(Machine machine) : ICheck
{
    /// <summary>A node needs a few files to turn over.</summary>
    private const int FilesMin = 4;

    /// <inheritdoc/>
    public string Name => "cold_directory";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        if (ColdPlace.Of(options, machine.Files) is not { } place)
            return Finding.Ok("no directory is configured", "no cold tier: what memory cannot hold is dropped (cascade.tiers.cold.directory adds one)");
        var draft = new FindingDraft();
        draft.Found($"{place.Words} ({place.Mount?.Kind ?? "of an unknown kind"})");
        JudgeKind(draft, place, options.Tiers.Cold);
        JudgeRoom(draft, place, options);
        return draft.End($"keeps up to {HumanText.Size(options.Tiers.Cold.CapacityBytes)} there in files of {HumanText.Size(options.Tiers.Cold.FileBytes)}");
    }

    private static void JudgeKind(FindingDraft draft, ColdPlace place, ColdTierOptions cold)
    {
        const string Disk = "name a directory on a local disk or a parallel file system as cascade.tiers.cold.directory";
        var kind = place.Mount?.Kind ?? "";
        if (place.Mount is { IsMemory: true })
            draft.Note("what is written there takes memory, and ends with the machine", Disk);
        else if (kind.StartsWith("overlay", StringComparison.Ordinal))
            draft.Note("what is written there ends with the container", $"{Disk}, mounted into the container");
        else if (kind.StartsWith("nfs", StringComparison.Ordinal))
            draft.Note("every write goes to a server, at its speed and by its caching", Disk);
        if (cold.IsShared && kind is "ext4" or "ext3" or "ext2" or "xfs" or "btrfs" or "zfs" or "tmpfs" or "overlay" or "f2fs")
            draft.Note(
                "other machines do not see it, though cascade.tiers.cold.shared is true: they read these blocks through this node",
                "name a directory on a parallel file system, or set cascade.tiers.cold.shared = false");
    }

    private void JudgeRoom(FindingDraft draft, ColdPlace place, CascadeOptions options)
    {
        var space = machine.Files.SpaceOf(place.Existing);
        var pattern = string.Create(CultureInfo.InvariantCulture, $"agg_rank{options.Node.Id:000}_*.bin");
        var held = place.IsThere ? machine.Files.BytesOf(place.Directory, pattern) : 0;
        draft.Found($"{HumanText.Size(space.FreeBytes)} free of {HumanText.Size(space.TotalBytes)}");
        if (held > 0)
            draft.Found($"{HumanText.Size(held)} in files of this node");
        var room = space.FreeBytes + held;
        var files = options.Tiers.Cold.FileBytes;
        if (room >= options.Tiers.Cold.CapacityBytes)
            return;
        var fit = string.Create(CultureInfo.InvariantCulture, $"set cascade.tiers.cold.capacity to {room / files * files >> 20}MiB at most, or free space");
        if (room < FilesMin * files)
            draft.Problem($"not even {FilesMin} files fit, so that nothing can be kept", "free space, or name another directory as cascade.tiers.cold.directory");
        else
            draft.Note($"the disk is full before the tier has its {HumanText.Size(options.Tiers.Cold.CapacityBytes)}: writes fail then", fit);
    }
}

using System.Globalization;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>The directory of the arena, and its room.</summary>
internal sealed class ShmCheck(Machine machine) : ICheck
{
    /// <inheritdoc/>
    public string Name => "shm";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        var directory = options.Tiers.Shm.Directory;
        if (!machine.Files.IsDirectory(directory))
            return Finding.Problem(
                $"{directory} is not there",
                "the node refuses to start: its arena has no place",
                $"as root: mkdir -p {directory} && mount -t tmpfs -o mode=1777 tmpfs {directory}, or name another as cascade.tiers.shm.directory");

        var draft = new FindingDraft();
        var space = machine.Files.SpaceOf(directory);
        var mount = MountTable.Read(machine.Files).Of(machine.Files.RealPathOf(directory));
        draft.Found(string.Create(CultureInfo.InvariantCulture, $"{directory} ({mount?.Kind ?? "of an unknown kind"})"));
        draft.Found(space.TotalBytes > 0 ? $"{HumanText.Size(space.FreeBytes)} free of {HumanText.Size(space.TotalBytes)}" : "no limit of its size");
        if (mount is { IsMemory: false })
            draft.Note(
                "what is put there is written to a disk as well, at the disk's speed",
                "name a directory on tmpfs as cascade.tiers.shm.directory; /dev/shm is one on every Linux");
        var need = ArenaNeed.Of(options, machine.Files);
        if (need.HeldBytes > 0)
            draft.Found($"an arena of this node of {HumanText.Size(need.HeldBytes)}");
        if (space.TotalBytes > 0 && space.FreeBytes < need.MissingBytes)
            draft.Problem(
                $"the node refuses to start, because its arena needs {HumanText.Size(need.MissingBytes)}",
                $"{ArenaNeed.SettingFor(space.FreeBytes + need.HeldBytes)}, or make room: 'mount -o remount,size=SIZE {mount?.Point ?? directory}' as root, "
                + "'--shm-size' of a container, and remove arenas of nodes that are gone");
        return draft.End($"keeps the arena there, {HumanText.Size(need.NeededBytes)} for a capacity of {HumanText.Size(options.Tiers.Shm.CapacityBytes)}");
    }
}

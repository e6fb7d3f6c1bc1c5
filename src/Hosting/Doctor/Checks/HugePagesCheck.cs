using Cascade.Hosting.Cli;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>Whether the arena gets huge pages.</summary>
internal sealed class HugePagesCheck(Machine machine) : ICheck
{
    private const string Folder = "/sys/kernel/mm/transparent_hugepage";

    /// <inheritdoc/>
    public string Name => "huge_pages";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        var ofSharedMemory = Chosen(machine.Files.ReadText($"{Folder}/shmem_enabled"));
        var mount = MountTable.Read(machine.Files).Of(machine.Files.RealPathOf(options.Tiers.Shm.Directory));
        var ofMount = mount?.Option("huge") ?? "never";
        var found = $"transparent: {Chosen(machine.Files.ReadText($"{Folder}/enabled")) ?? "unknown"}, shared memory: {ofSharedMemory ?? "unknown"}, "
            + $"{mount?.Point ?? options.Tiers.Shm.Directory}: huge={ofMount}{Reserved()}";
        if (!options.Tiers.Shm.HugePages)
            return Finding.Ok(found, "asks for none: cascade.tiers.shm.huge-pages is off");

        // The kernel's setting is for memory without a mount; two of its values rule over all mounts.
        var isGranted = ofSharedMemory == "force" || (ofSharedMemory != "deny" && ofMount is "always" or "within_size" or "advise");
        if (isGranted)
            return Finding.Ok(found, "the arena gets huge pages where 2 MiB lie together");
        var denied = ofSharedMemory == "deny" ? $"echo never > {Folder}/shmem_enabled && " : "";
        return Finding.Note(
            found,
            "the arena gets small pages: more misses of address translation, and smaller requests to the disk of the cold tier",
            mount is null or { Kind: "tmpfs" }
                ? $"as root: {denied}mount -o remount,huge=advise {mount?.Point ?? options.Tiers.Shm.Directory}"
                : "name a directory on a tmpfs mounted with huge=advise as cascade.tiers.shm.directory");
    }

    /// <summary>Pages of hugetlbfs, which the arena is not made of, are lost to it.</summary>
    private string Reserved()
    {
        var memory = MemoryInfo.Read(machine.Files);
        return memory.Value("HugePages_Total") is > 0 and var pages && memory.Value("Hugepagesize") is { } bytes
            ? $", {HumanText.Size(pages * bytes)} reserved as HugePages_Total, which Cascade does not use"
            : "";
    }

    private static string? Chosen(string? text) => text?.Split('[', ']') is { Length: 3 } parts ? parts[1] : null;
}

using System.Buffers;
using System.Globalization;
using Cascade.Core.Allocation;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Shm;

/// <summary>What an arena is to be.</summary>
public sealed record ShmArenaOptions
{
    /// <summary>Longest cluster name, in characters.</summary>
    public const int MaxClusterNameLength = 64;

    /// <summary>Most leases that may be held at once.</summary>
    public const int MaxLeasesLimit = 1 << 24;

    // Blocks are typically 0.5 to 320 MB: a descriptor for each 128 KiB leaves room for smaller ones and for aliases at 0.15 % of memory.
    private const long BytesPerDefaultSlot = 128 << 10;

    private const int MinDefaultSlots = 1024;

    private static readonly SearchValues<char> ClusterNameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Name of the cluster: 1 to 64 letters, digits, dots, dashes and underscores.</summary>
    public required string ClusterName { get; init; }

    /// <summary>The node whose arena it is.</summary>
    public required NodeId Node { get; init; }

    /// <summary>Size of the payload area, in bytes: a multiple of 4 KiB.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>Where the arena file lies: a directory on tmpfs.</summary>
    public string Directory { get; init; } = "/dev/shm";

    /// <summary>Entries of the descriptor table, for blocks and aliases; 0 derives it: one for each 128 KiB, at least 1,024.</summary>
    public int SlotCount { get; init; }

    /// <summary>What the cluster names its blocks by.</summary>
    public DigestAlgorithm DigestAlgorithm { get; init; } = DigestAlgorithm.Blake3;

    /// <summary>Permissions of the file, whatever the umask says.</summary>
    public UnixFileMode FileMode { get; init; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Asks for huge pages; where the system has none for shared memory, nothing changes.</summary>
    public bool HugePages { get; init; }

    /// <summary>Faults all memory in when the arena is created, so that no put pays for it.</summary>
    public bool Prefault { get; init; } = true;

    /// <summary>Threads that fault memory in; 0 takes one a core.</summary>
    public int PrefaultThreads { get; init; }

    /// <summary>Removes an arena that is there already, with all it holds, and starts anew.</summary>
    public bool Reset { get; init; }

    /// <summary>Compares each copy taken over from an earlier process with its id before it is first leased.</summary>
    public bool VerifyAfterAttach { get; init; } = true;

    /// <summary>Leases that may be held at once: 1 to 16,777,216.</summary>
    public int MaxLeases { get; init; } = 65_536;

    /// <summary>The arena file.</summary>
    public string FilePath => Path.Combine(Directory, string.Create(CultureInfo.InvariantCulture, $"cascade-{ClusterName}-{Node.Value}"));

    /// <summary>Entries of the descriptor table that the arena gets.</summary>
    public int EffectiveSlotCount => SlotCount > 0
        ? SlotCount
        : (int)Math.Clamp(CapacityBytes / BytesPerDefaultSlot, MinDefaultSlots, ArenaLayout.MaxSlotCount);

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message says which.</exception>
    internal void Validate()
    {
        if (!IsClusterName(ClusterName))
            throw new ArgumentException($"'{ClusterName}' cannot name a cluster: use 1 to {MaxClusterNameLength} letters, digits, '.', '-' and '_'.");
        if (CapacityBytes <= 0 || CapacityBytes % SlabAllocator.GranuleBytes != 0 || CapacityBytes > SlabAllocator.MaxCapacityBytes)
            throw new ArgumentException(
                $"An arena of {CapacityBytes} bytes cannot be made: give a positive multiple of {SlabAllocator.GranuleBytes} up to {SlabAllocator.MaxCapacityBytes}.");
        if (SlotCount is < 0 or > ArenaLayout.MaxSlotCount)
            throw new ArgumentException($"{SlotCount} slots cannot be laid out: give 1 to {ArenaLayout.MaxSlotCount}, or 0 for the default.");
        if (MaxLeases is < 1 or > MaxLeasesLimit)
            throw new ArgumentException($"{MaxLeases} leases cannot be kept: give 1 to {MaxLeasesLimit}.");
        if (PrefaultThreads < 0)
            throw new ArgumentException($"{PrefaultThreads} threads cannot fault memory in: give 1 or more, or 0 for one a core.");
        if (!Enum.IsDefined(DigestAlgorithm))
            throw new ArgumentException($"There is no digest algorithm {DigestAlgorithm}: use Blake3 or Sha256.");
    }

    private static bool IsClusterName(string? name) =>
        name is { Length: >= 1 and <= MaxClusterNameLength }
        && !name.AsSpan().ContainsAnyExcept(ClusterNameCharacters);
}

using Cascade.Core.Hashing;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Shm;

/// <summary>What an arena file was found to hold.</summary>
public sealed record ArenaInspection
{
    /// <summary>The file.</summary>
    public required string FilePath { get; init; }

    /// <summary>True when nothing is wrong: the arena can be taken over and loses nothing by it but what was in flight.</summary>
    public bool Sound => Reasons.Count == 0 && DamagedEntries == 0;

    /// <summary>What is wrong with the file as a whole; empty when nothing is. If the header is at fault nothing beyond it is read.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>Length of the file, in bytes.</summary>
    public long FileBytes { get; init; }

    /// <summary>The cluster that it belongs to.</summary>
    public string ClusterName { get; init; } = "";

    /// <summary>The node that it belongs to.</summary>
    public NodeId Node { get; init; }

    /// <summary>What its blocks are named by.</summary>
    public DigestAlgorithm DigestAlgorithm { get; init; }

    /// <summary>Version of its format.</summary>
    public uint FormatVersion { get; init; }

    /// <summary>Drawn when it was created.</summary>
    public ulong CreationId { get; init; }

    /// <summary>Size of its payload area, in bytes.</summary>
    public long CapacityBytes { get; init; }

    /// <summary>The process that opened it last; it may be gone.</summary>
    public int OwnerProcessId { get; init; }

    /// <summary>Entries of its descriptor table.</summary>
    public int SlotCount { get; init; }

    /// <summary>Entries that hold nothing.</summary>
    public int FreeEntries { get; init; }

    /// <summary>Entries that hold a block.</summary>
    public int ResidentEntries { get; init; }

    /// <summary>Entries that hold a further key.</summary>
    public int AliasEntries { get; init; }

    /// <summary>Entries that are being filled or changed.</summary>
    public int InFlightEntries { get; init; }

    /// <summary>Entries that are at fault, and blocks whose bytes differ from their id.</summary>
    public int DamagedEntries { get; init; }

    /// <summary>The first of the damaged entries, at most <see cref="ArenaInspector.MaxListedEntries"/>.</summary>
    public IReadOnlyList<DamagedEntry> Damaged { get; init; } = [];

    /// <summary>Keys that name a block.</summary>
    public int Keys { get; init; }

    /// <summary>Bytes of all blocks.</summary>
    public long LiveBytes { get; init; }

    /// <summary>Length of the largest block, in bytes; 0 when there is none.</summary>
    public long LargestBlockBytes { get; init; }

    /// <summary>Length of the smallest block, in bytes; 0 when there is none.</summary>
    public long SmallestBlockBytes { get; init; }

    /// <summary>Blocks whose bytes were compared with their id.</summary>
    public int VerifiedBlocks { get; init; }
}

/// <summary>An entry of the descriptor table that is at fault.</summary>
/// <param name="Slot">Its number.</param>
/// <param name="Reason">What is wrong.</param>
public readonly record struct DamagedEntry(uint Slot, string Reason);

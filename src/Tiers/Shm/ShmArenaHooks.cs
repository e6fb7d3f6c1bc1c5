using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Tiers.Shm;

/// <summary>Whom an arena tells of what happens. Each may be left out.</summary>
public sealed record ShmArenaHooks
{
    /// <summary>No hooks.</summary>
    public static readonly ShmArenaHooks None = new();

    /// <summary>Told of every lease, on the reader's thread.</summary>
    public IReadNotes? Policy { get; init; }

    /// <summary>Called with <see cref="BlockId.Prefix64"/> of every block leased, on the reader's thread. Must not block or allocate.</summary>
    public Action<ulong>? OnAccess { get; init; }

    /// <summary>
    /// Called once for each copy found to differ from its id, on the thread that found it. Readers do not get the copy from then on;
    /// the tier frees it by <see cref="IBlockArena.TryFree"/> with the location's slot and generation. Must not close the arena or wait for the tier.
    /// </summary>
    public Action<CopyLocation, BlockId>? OnCorrupt { get; init; }

    /// <summary>Told of bytes done and bytes in all while memory is set aside and faulted in; from several threads.</summary>
    public IProgress<(long DoneBytes, long TotalBytes)>? Progress { get; init; }
}

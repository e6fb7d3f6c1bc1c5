using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Ownership;

/// <summary>A copy that the owner counts, with what is going on around it.</summary>
internal sealed class HeldCopy(CopyLocation location)
{
    public CopyLocation Location { get; } = location;

    /// <summary>Leases of readers on it.</summary>
    public int ReaderLeases { get; private set; }

    /// <summary>Transfers that read from it.</summary>
    public int PullLeases { get; private set; }

    /// <summary>Until then the tier is busy writing it to the cold tier; zero when it was not told to.</summary>
    public TimeSpan DemotedUntil { get; set; }

    /// <summary>When an unconfirmed drop counts as done; null while the tier was not told to drop it.</summary>
    public TimeSpan? DropDeadline { get; set; }

    public bool IsLeased => ReaderLeases + PullLeases > 0;

    /// <summary>In memory that outlives the process: what lies on a device ends with it, so that it stands for no other copy.</summary>
    public bool IsInMemory => Location.Tier is not (TierKind.Cold or TierKind.Gpu);

    /// <summary>Where the copy goes when it is the last and has to leave its tier; null when that loses the block.</summary>
    public TierKind? NextTier(bool hasColdTier) => Location.Tier switch
    {
        TierKind.Gpu => TierKind.Shm,
        TierKind.Cold => null,
        _ => hasColdTier ? TierKind.Cold : null,
    };

    public void CountLease(bool isPull, int change)
    {
        if (isPull)
            PullLeases += change;
        else
            ReaderLeases += change;
    }
}

internal static class CopyLocationExtensions
{
    /// <summary>True when both name one descriptor entry, whatever its generation.</summary>
    public static bool SharesSlotWith(this in CopyLocation copy, in CopyLocation other) =>
        copy.Slot == other.Slot && copy.Node == other.Node && copy.Tier == other.Tier;

    /// <summary>How much later the copy was published than another of the same slot; generations wrap around.</summary>
    public static int GenerationsAfter(this in CopyLocation copy, in CopyLocation other) =>
        unchecked((int)(copy.Generation - other.Generation));
}

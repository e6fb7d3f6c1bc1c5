using Cascade.Core.Leases;
using Cascade.Core.Messages;

namespace Cascade.Tiers.Remote;

/// <summary>How a read of another node's copy ended.</summary>
public enum RemoteReadOutcome
{
    /// <summary>The block can be read.</summary>
    Done = 0,

    /// <summary>The copy is not there any more: tell the block's owner by <see cref="RemoveCopy"/> and ask it anew.</summary>
    Gone,

    /// <summary>Too much is under way, or the deadline passed while something was waited for. Trying again later may succeed.</summary>
    Busy,

    /// <summary>The holder cannot be read now, or what it holds is not the block. Another copy may do.</summary>
    Failed,
}

/// <summary>The end of a read.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Lease">The block, when it can be read; the caller disposes it.</param>
/// <param name="Reason">Why not, in words for a person; null when it can be read.</param>
/// <param name="IsMapped">True when the bytes are read where they lie, in the memory of a node on this machine; false when they were pulled here.</param>
public readonly record struct RemoteRead(RemoteReadOutcome Outcome, BlockLease Lease = default, string? Reason = null, bool IsMapped = false)
{
    internal static RemoteRead Of(object answer) => answer switch
    {
        NotFound => new RemoteRead(RemoteReadOutcome.Gone, Reason: "the copy is gone from where it was"),
        Busy busy => new RemoteRead(RemoteReadOutcome.Busy, Reason: busy.Reason),
        Unavailable unavailable => new RemoteRead(RemoteReadOutcome.Failed, Reason: unavailable.Reason),
        Refused refused => new RemoteRead(RemoteReadOutcome.Failed, Reason: refused.Reason),
        _ => new RemoteRead(RemoteReadOutcome.Failed, Reason: $"the holder answered {answer.GetType().Name}"),
    };
}

/// <summary>Figures of a reader since its start.</summary>
/// <param name="Mapped">Reads in place.</param>
/// <param name="Pulled">Reads of bytes that were pulled here.</param>
/// <param name="PulledBytes">Their bytes.</param>
/// <param name="Gone">Reads of copies that were gone.</param>
/// <param name="Busy">Reads that were turned away or came too late.</param>
/// <param name="Failed">Reads that failed otherwise.</param>
/// <param name="Corrupt">Those of them whose bytes were not the block's.</param>
/// <param name="Leases">Leases held now.</param>
public sealed record RemoteReadFigures(long Mapped, long Pulled, long PulledBytes, long Gone, long Busy, long Failed, long Corrupt, int Leases);

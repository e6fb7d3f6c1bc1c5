using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Remote;

/// <summary>A receiver of what the remote tier's cores want done, beside those who asked them something.</summary>
public sealed class RemotePort
{
    /// <summary>Who has blocks of this node's other tiers brought into memory: gets <see cref="StageCopy"/>.</summary>
    public static readonly RemotePort Stager = new("stager");

    /// <summary>Who moves bytes: gets <see cref="BringCopy"/>.</summary>
    public static readonly RemotePort Mover = new("mover");

    private readonly string _name;

    private RemotePort(string name) => _name = name;

    /// <inheritdoc/>
    public override string ToString() => _name;
}

/// <summary>To <see cref="RemotePort.Stager"/>: bring a block into memory. Answered once by <see cref="CopyStaged"/>.</summary>
/// <param name="Id">The block.</param>
/// <param name="Timeout">How long it may take.</param>
/// <param name="From">The tier of this node that holds it.</param>
public sealed record StageCopy(BlockId Id, TimeSpan Timeout, TierKind From);

/// <summary>What came of a <see cref="StageCopy"/>.</summary>
/// <param name="Id">The block.</param>
/// <param name="Failure">What to answer who waits for it; null when the block was readable in memory a moment ago.</param>
public sealed record CopyStaged(BlockId Id, object? Failure);

/// <summary>To <see cref="RemotePort.Mover"/>: bring a block into this node's memory and publish it. Answered once by <see cref="CopyBrought"/>.</summary>
/// <param name="Id">The block.</param>
/// <param name="Source">The copy to bring: another node's, or one of this node's other tiers.</param>
/// <param name="Binding">A key to name it by; default for none.</param>
/// <param name="Timeout">How long it may take.</param>
/// <param name="OnlySpareRoom">True to give nothing up for it: without room to spare the outcome is <see cref="BringOutcome.Busy"/>.</param>
/// <param name="IsExtra">True when the copy is for readers here alone, and no writer counts on it.</param>
public sealed record BringCopy(BlockId Id, CopyLocation Source, KeyBinding Binding, TimeSpan Timeout, bool OnlySpareRoom = false, bool IsExtra = false);

/// <summary>What came of a <see cref="BringCopy"/>.</summary>
/// <param name="Id">The block.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Copy">The new copy, when it is there.</param>
/// <param name="Reason">Why not, for people; null when it is there.</param>
public sealed record CopyBrought(BlockId Id, BringOutcome Outcome, CopyLocation Copy = default, string? Reason = null);

/// <summary>How a transfer ended.</summary>
public enum BringOutcome
{
    /// <summary>The copy is readable here, and the block's owner was told.</summary>
    Done = 0,

    /// <summary>The source is gone.</summary>
    Gone,

    /// <summary>There was no room or no free lease in time.</summary>
    Busy,

    /// <summary>Anything else.</summary>
    Failed,
}

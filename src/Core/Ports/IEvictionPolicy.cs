using Cascade.Core.Placement;

namespace Cascade.Core.Ports;

/// <summary>Decides which copy a full tier gives up.</summary>
/// <remarks>All members belong to the tier's thread, except <see cref="IReadNotes.Touch"/>, which any reader may call at any time.</remarks>
public interface IEvictionPolicy : IReadNotes
{
    /// <summary>A copy became resident in <paramref name="slot"/>.</summary>
    void Admit(uint slot, in KeyBinding binding, long lengthBytes);

    /// <summary>The copy left the tier (evicted, deleted or lost).</summary>
    /// <param name="slot">The slot it was in.</param>
    /// <param name="evicted">True when it was given up for room: the policy may remember its key as a ghost.</param>
    void Remove(uint slot, bool evicted);

    /// <summary>
    /// Picks a copy to give up. Never one that <paramref name="mayEvict"/> refuses, and never a block that has a resident child.
    /// The copy stays tracked until <see cref="Remove"/>; asking again without removing it or refusing it may pick it again.
    /// </summary>
    /// <returns>False when nothing may be given up.</returns>
    bool TryPickVictim(Func<uint, bool> mayEvict, out uint slot);

    /// <summary>
    /// How often the copy in a slot was asked for of late, by the policy's own measure: 0 for not at all. What was worth keeping once
    /// counts as 1 at least. 0 for a slot that is not tracked.
    /// </summary>
    int FrequencyOf(uint slot);
}

/// <summary>The blocks that no tier of memory may drop: this node's replica of the prefix registry.</summary>
/// <remarks>Thread-safe.</remarks>
public interface IProtectedBlocks
{
    /// <summary>True while the block is registered as shared.</summary>
    bool Contains(Identity.BlockId id);
}

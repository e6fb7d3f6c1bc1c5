using Cascade.Core.Eviction;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Tiering;

/// <summary>A policy that counts a read once which first brings the block here and then leases it, and knows whether what came ahead of readers was of use.</summary>
/// <remarks>A policy takes the coming of a block for an access. <see cref="Touch"/> is for any thread; the other members are for the tier's.</remarks>
/// <param name="inner">What decides.</param>
/// <param name="slotCount">Slots of the tier; a byte each.</param>
public sealed class ArrivingReads(IEvictionPolicy inner, int slotCount) : IEvictionPolicy, ISettledPolicy, IDisposable
{
    private const byte NotAwaited = 0;
    private const byte AwaitedByReader = 1;
    private const byte AheadOfReader = 2;
    private const int CountedMax = 1024;
    private const int TriedEvery = 16;

    private readonly byte[] _awaited = new byte[slotCount];

    /// <summary>Blocks that came ahead and were asked for; counted by readers.</summary>
    private long _used;
    private long _usedBefore;
    private long _inVain;
    private int _triedInVain;

    /// <summary>What decides.</summary>
    public IEvictionPolicy Inner => inner;

    private long UsedOfLate => Volatile.Read(ref _used) - _usedBefore;

    /// <summary>The block that comes into a slot now comes for a reader. To be called before readers can find it.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="isAhead">The reader did not ask for it yet, and perhaps never will.</param>
    public void Await(uint slot, bool isAhead = false) => Volatile.Write(ref _awaited[slot], isAhead ? AheadOfReader : AwaitedByReader);

    /// <inheritdoc/>
    public void Admit(uint slot, in KeyBinding binding, long lengthBytes) => inner.Admit(slot, binding, lengthBytes);

    /// <inheritdoc/>
    public void Touch(uint slot)
    {
        ref var awaited = ref _awaited[slot];
        if (Volatile.Read(ref awaited) is var isFor and not NotAwaited)
        {
            Volatile.Write(ref awaited, NotAwaited);
            if (isFor == AheadOfReader)
                Interlocked.Increment(ref _used);
        }
        else
        {
            inner.Touch(slot);
        }
    }

    /// <inheritdoc/>
    public void Settle() => (inner as ISettledPolicy)?.Settle();

    /// <inheritdoc/>
    public void Remove(uint slot, bool evicted)
    {
        if (Volatile.Read(ref _awaited[slot]) == AheadOfReader)
            CountInVain();
        Volatile.Write(ref _awaited[slot], NotAwaited);
        inner.Remove(slot, evicted);
    }

    /// <inheritdoc/>
    public bool TryPickVictim(Func<uint, bool> mayEvict, out uint slot) => inner.TryPickVictim(mayEvict, out slot);

    /// <inheritdoc/>
    public int FrequencyOf(uint slot) => inner.FrequencyOf(slot);

    /// <summary>
    /// Whether blocks that come ahead of their readers may have others go for them. One that is asked for then costs nothing, as it had to be read anyhow, and one that
    /// goes unread costs a read: so they may while at least half of the last thousand were asked for, and else one in sixteen may, to see whether that changes.
    /// The tier's thread.
    /// </summary>
    public bool MayReadAhead() => _inVain <= UsedOfLate || ++_triedInVain % TriedEvery == 0;

    /// <summary>Chance that the block in a slot is asked for again, as far as was seen: 0 to 1, and 1 where the policy cannot tell. The tier's thread.</summary>
    public double ChanceOfReuse(uint slot) => inner is HazardPolicy policy ? policy.ChanceOfReuse(slot) : 1;

    /// <summary>Gives the tables of what decides back, where it has any.</summary>
    public void Dispose() => (inner as IDisposable)?.Dispose();

    private void CountInVain()
    {
        _inVain++;
        var used = UsedOfLate;
        if (_inVain + used < CountedMax)
            return;
        _inVain /= 2;
        _usedBefore += used - (used / 2);
    }
}

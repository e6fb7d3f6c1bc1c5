namespace Cascade.Actors.Remoting;

/// <summary>The open asks that were sent to remote actors, by the number that their replies come under. Bounded; thread-safe.</summary>
/// <remarks>
/// A number is a slot and the slot's round, so that a late reply finds no younger ask. Rounds begin at a value drawn from the node's
/// incarnation, so that a reply to its former life finds none either.
/// </remarks>
internal sealed class AskRegistry(int asksMax, ulong incarnation)
{
    private readonly Lock _lock = new();
    private readonly uint _firstRound = (uint)((incarnation * 0x9E3779B97F4A7C15) >> 32);
    private Slot[] _slots = new Slot[Math.Min(256, asksMax)];
    private int _used;
    private int _free = -1;
    private bool _maySweep = true;

    /// <summary>Asks that are open, and those that have timed out since the last sweep.</summary>
    public int Count { get; private set; }

    /// <summary>Keeps an ask; false when the bound is reached.</summary>
    public bool TryAdd(IAskPromise promise, Peer peer, out ulong number)
    {
        lock (_lock)
        {
            number = 0;
            if (Count >= asksMax && !TrySweep()) return false;
            if (_free < 0 && _used == _slots.Length) Array.Resize(ref _slots, Math.Min(asksMax, _slots.Length * 2));
            var index = _free;
            if (index < 0) _slots[index = _used++].Round = _firstRound;
            else _free = _slots[index].NextFree;
            ref var slot = ref _slots[index];
            (slot.Promise, slot.Peer) = (promise, peer);
            Count++;
            number = ((ulong)slot.Round << 32) | (uint)index;
            return true;
        }
    }

    /// <summary>Removes an ask and returns it; null when it is not open.</summary>
    public IAskPromise? Take(ulong number)
    {
        lock (_lock)
        {
            var index = (int)(uint)number;
            if (Peek(number) is not { } promise) return null;
            Free(index);
            return promise;
        }
    }

    /// <summary>An open ask; null when it is not.</summary>
    public IAskPromise? Get(ulong number)
    {
        lock (_lock)
        {
            return Peek(number);
        }
    }

    /// <summary>Removes the open asks of one peer.</summary>
    public List<IAskPromise> TakeAll(Peer peer)
    {
        var taken = new List<IAskPromise>();
        lock (_lock)
        {
            for (var i = 0; i < _used; i++)
            {
                if (_slots[i].Peer != peer || _slots[i].Promise is not { } promise) continue;
                taken.Add(promise);
                Free(i);
            }
        }

        return taken;
    }

    /// <summary>Forgets the asks that are settled: those that timed out or were answered otherwise. Called now and then.</summary>
    public int Sweep()
    {
        lock (_lock)
        {
            var swept = 0;
            _maySweep = true;
            for (var i = 0; i < _used && Count > 0; i++)
            {
                if (_slots[i].Promise?.IsSettled != true) continue;
                Free(i);
                swept++;
            }

            return swept;
        }
    }

    /// <summary>At the bound one sweep is tried between two regular ones, so that overload does not turn into scanning.</summary>
    private bool TrySweep()
    {
        if (!_maySweep) return false;
        var swept = Sweep();
        _maySweep = false;
        return swept > 0;
    }

    private IAskPromise? Peek(ulong number)
    {
        var index = (uint)number;
        return index < (uint)_used && _slots[index].Round == (uint)(number >> 32) ? _slots[index].Promise : null;
    }

    private void Free(int index)
    {
        ref var slot = ref _slots[index];
        (slot.Promise, slot.Peer, slot.NextFree) = (null, null, _free);
        slot.Round++;
        _free = index;
        Count--;
    }

    private struct Slot
    {
        public IAskPromise? Promise;
        public Peer? Peer;
        public uint Round;
        public int NextFree;
    }
}

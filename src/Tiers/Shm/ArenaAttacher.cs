using Cascade.Core.Clocks;

namespace Cascade.Tiers.Shm;

/// <summary>Rebuilds the owner's knowledge from the descriptor table that an earlier process left, and clears what cannot be served.</summary>
internal sealed class ArenaAttacher(ArenaState state, bool unverified)
{
    private readonly List<uint> _aliases = [];
    private int _blocks;
    private int _aliasCount;
    private int _inFlight;
    private int _damaged;
    private long _bytes;
    private ulong _lastStamp;

    /// <summary>The latest stamp of a binding that was taken over; zero when there is none.</summary>
    public HybridTimestamp LastStamp => new(_lastStamp);

    /// <summary>Takes over every sound entry. The state is as made: nothing is in it yet.</summary>
    public AttachReport Run(bool created, Func<TimeSpan> elapsed)
    {
        if (!created)
            TakeOver();
        ReturnFreeSlots();
        return new AttachReport(created, _blocks, _aliasCount, _inFlight, _damaged, _bytes, elapsed());
    }

    private void TakeOver()
    {
        for (var slot = 0u; slot < (uint)state.Table.Count; slot++)
            Judge(slot);
        foreach (var slot in _aliases)
            LinkAlias(slot);
        for (var slot = 0u; slot < (uint)state.Table.Count; slot++)
        {
            if (state.IsServable(slot) && state.Table[slot].NamesBlock && WinsKey(slot))
                state.Names.AddOwn(slot);
        }
    }

    private void Judge(uint slot)
    {
        ref var entry = ref state.Table[slot];
        if (entry.IsChanging)
        {
            Drop(slot, ref _inFlight);
        }
        else if (entry.FindFault(state.PayloadBytes) is not null)
        {
            Drop(slot, ref _damaged);
        }
        else if (entry.Kind == DescriptorKind.Alias)
        {
            _lastStamp = Math.Max(_lastStamp, entry.Stamp);
            _aliases.Add(slot);
        }
        else if (entry.Kind == DescriptorKind.Resident)
        {
            if (state.TryFind(entry.Id, out _) || !state.Allocator.TryReserve(entry.OffsetBytes, entry.LengthBytes))
                Drop(slot, ref _damaged);
            else
                TakeBlock(slot);
        }
        else
        {
            state.Pins.SetVacant(slot, entry.Generation);
        }
    }

    private void TakeBlock(uint slot)
    {
        ref var entry = ref state.Table[slot];
        state.Pins.SetLive(slot, entry.Generation, unverified);
        state.Ids.Add(entry.Id.Prefix64, slot);
        _lastStamp = Math.Max(_lastStamp, entry.Stamp);
        _blocks++;
        _bytes += entry.LengthBytes;
    }

    /// <summary>An alias without its block: the process ended between freeing the one and the other.</summary>
    private void LinkAlias(uint slot)
    {
        ref var entry = ref state.Table[slot];
        if (!state.TryFind(entry.Id, out var block))
        {
            Drop(slot, ref _inFlight);
        }
        else if (!WinsKey(slot))
        {
            state.Pins.SetVacant(slot, state.Table.Clear(slot));
        }
        else
        {
            state.Names.Adopt(slot, block, entry.Generation);
            _aliasCount++;
        }
    }

    /// <summary>Of two entries that hold one key the later binding keeps it; the other loses it here.</summary>
    private bool WinsKey(uint slot)
    {
        ref var entry = ref state.Table[slot];
        if (!state.Names.TryLocate(entry.Key, out var other))
            return true;
        if (state.Table[other].Stamp < entry.Stamp)
        {
            if (state.Table[other].Kind == DescriptorKind.Alias)
                _aliasCount--;
            state.Names.Drop(other);
            return true;
        }

        if (entry.Kind == DescriptorKind.Resident)
            state.Table.RetireKey(slot);
        return false;
    }

    private void Drop(uint slot, ref int count)
    {
        state.Pins.SetVacant(slot, state.Table.Clear(slot));
        count++;
    }

    /// <summary>Backwards, so that low slots are taken first.</summary>
    private void ReturnFreeSlots()
    {
        for (var slot = (uint)state.Table.Count; slot-- > 0;)
        {
            if (!PinTable.IsLive(state.Pins.Read(slot)))
                state.Slots.Return(slot);
        }
    }
}

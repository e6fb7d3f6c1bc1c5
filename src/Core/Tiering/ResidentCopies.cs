using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Tiering;

/// <summary>What a memory tier knows of each slot: the copy in it, its block, and how its owner stands to letting it go.</summary>
internal sealed class ResidentCopies(int slotCount)
{
    private readonly CopyLocation[] _copies = new CopyLocation[slotCount];
    private readonly BlockId[] _ids = new BlockId[slotCount];

    /// <summary>Until when a slot is no candidate: its owner is being asked, or has just refused.</summary>
    private readonly TimeSpan[] _quietUntil = new TimeSpan[slotCount];
    private readonly bool[] _evicting = new bool[slotCount];
    private readonly bool[] _hasUnrecordedKey = new bool[slotCount];

    public int Count { get; private set; }

    public int EvictionsInFlight { get; private set; }

    public long EvictingBytes { get; private set; }

    public void Add(in CopyLocation copy, BlockId id)
    {
        _copies[copy.Slot] = copy;
        _ids[copy.Slot] = id;
        _quietUntil[copy.Slot] = TimeSpan.MinValue;
        _hasUnrecordedKey[copy.Slot] = false;
        Count++;
    }

    /// <summary>True when exactly this copy is still here.</summary>
    public bool Holds(in CopyLocation copy) => copy.LengthBytes > 0 && _copies[copy.Slot] == copy;

    public CopyLocation CopyAt(uint slot) => _copies[slot];

    public BlockId IdAt(uint slot) => _ids[slot];

    public bool IsResident(uint slot) => _copies[slot].LengthBytes > 0;

    public bool IsCandidate(uint slot, TimeSpan now) => !_evicting[slot] && _quietUntil[slot] <= now;

    /// <summary>True when a key that the arena had no room to record may name the copy as well.</summary>
    public bool HasUnrecordedKey(uint slot) => _hasUnrecordedKey[slot];

    public void NoteUnrecordedKey(uint slot) => _hasUnrecordedKey[slot] = true;

    public void StartEviction(uint slot, TimeSpan deadline)
    {
        _evicting[slot] = true;
        _quietUntil[slot] = deadline;
        EvictionsInFlight++;
        EvictingBytes += _copies[slot].LengthBytes;
    }

    /// <summary>Ends the question to the owner; false when none was open. The slot is no candidate until <paramref name="quietUntil"/>.</summary>
    public bool EndEviction(uint slot, TimeSpan quietUntil)
    {
        if (!_evicting[slot])
            return false;
        _evicting[slot] = false;
        _quietUntil[slot] = quietUntil;
        EvictionsInFlight--;
        EvictingBytes -= _copies[slot].LengthBytes;
        return true;
    }

    public void EndOverdueEvictions(TimeSpan now)
    {
        for (uint slot = 0; EvictionsInFlight > 0 && slot < _evicting.Length; slot++)
        {
            if (_evicting[slot] && _quietUntil[slot] <= now)
                EndEviction(slot, now);
        }
    }

    public void Remove(uint slot)
    {
        EndEviction(slot, TimeSpan.MinValue);
        _copies[slot] = default;
        _ids[slot] = default;
        Count--;
    }
}

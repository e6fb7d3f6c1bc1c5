using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;

namespace Cascade.Core.Tiering;

/// <summary>What a memory tier knows of each slot: the copy in it, its block, and how its owner stands to letting it go.</summary>
internal sealed class ResidentCopies(int slotCount)
{
    private readonly CopyLocation[] _copies = new CopyLocation[slotCount];
    private readonly BlockId[] _ids = new BlockId[slotCount];

    /// <summary>Until when a slot is no candidate: its owner is being asked, or has just refused.</summary>
    private readonly TimeSpan[] _quietUntil = new TimeSpan[slotCount];
    private readonly EvictQuestion[] _questions = new EvictQuestion[slotCount];

    /// <summary>Questions about the copy in a slot whose answer is not waited for any more.</summary>
    private readonly uint[] _attempts = new uint[slotCount];
    private readonly Marks[] _marks = new Marks[slotCount];
    private readonly ShardChains _shards = new(slotCount);

    /// <summary>The slots whose owners are being asked, in no order, and where in that list a slot is: the table has many more slots.</summary>
    private readonly List<uint> _asked = [];
    private readonly int[] _placeAmongAsked = new int[slotCount];

    [Flags]
    private enum Marks : byte
    {
        None = 0,
        HasUnrecordedKey = 1,
        Flushed = 2,
        Written = 4,
        Leaving = 8,
    }

    public int Count { get; private set; }

    public int EvictionsInFlight => _asked.Count;

    public long EvictingBytes { get; private set; }

    public void Add(in CopyLocation copy, BlockId id)
    {
        _copies[copy.Slot] = copy;
        _ids[copy.Slot] = id;
        _quietUntil[copy.Slot] = TimeSpan.MinValue;
        _marks[copy.Slot] = Marks.None;
        _attempts[copy.Slot] = 0;
        _shards.Add(HeldBlock.Of(id, copy));
        Count++;
    }

    /// <summary>True when exactly this copy is still here.</summary>
    public bool Holds(in CopyLocation copy) => copy.LengthBytes > 0 && _copies[copy.Slot] == copy;

    public CopyLocation CopyAt(uint slot) => _copies[slot];

    public BlockId IdAt(uint slot) => _ids[slot];

    public bool IsResident(uint slot) => _copies[slot].LengthBytes > 0;

    public bool IsCandidate(uint slot, TimeSpan now) =>
        _questions[slot] == EvictQuestion.None && !Has(slot, Marks.Written) && _quietUntil[slot] <= now;

    /// <summary>True when a key that the arena had no room to record may name the copy as well.</summary>
    public bool HasUnrecordedKey(uint slot) => Has(slot, Marks.HasUnrecordedKey);

    public void NoteUnrecordedKey(uint slot) => Set(slot, Marks.HasUnrecordedKey, true);

    /// <summary>True when all keys that the arena records for the copy were flushed in the cold tier.</summary>
    public bool IsFlushed(uint slot) => Has(slot, Marks.Flushed);

    public void SetFlushed(uint slot, bool isFlushed) => Set(slot, Marks.Flushed, isFlushed);

    /// <summary>Whether the copy is on its way to the cold tier: then it is no candidate.</summary>
    public void SetWritten(uint slot, bool isWritten) => Set(slot, Marks.Written, isWritten);

    /// <summary>True when the copy was deleted or found corrupt, and only waits for who still reads it.</summary>
    public bool IsLeaving(uint slot) => Has(slot, Marks.Leaving);

    public void NoteLeaving(uint slot) => Set(slot, Marks.Leaving, true);

    /// <summary>Leaves a slot alone until then.</summary>
    public void Quiet(uint slot, TimeSpan until) => _quietUntil[slot] = until;

    public void StartEviction(uint slot, EvictQuestion question, TimeSpan deadline)
    {
        _questions[slot] = question;
        _quietUntil[slot] = deadline;
        _placeAmongAsked[slot] = _asked.Count;
        _asked.Add(slot);
        EvictingBytes += _copies[slot].LengthBytes;
    }

    /// <summary>
    /// Ends the question to the owner and gives what it was; none when none was open. The slot is then no candidate until <paramref name="quietUntil"/>.
    /// </summary>
    public EvictQuestion EndEviction(uint slot, TimeSpan quietUntil)
    {
        var question = _questions[slot];
        if (question == EvictQuestion.None)
            return question;
        _questions[slot] = EvictQuestion.None;
        _quietUntil[slot] = quietUntil;
        var (place, last) = (_placeAmongAsked[slot], _asked[^1]);
        (_asked[place], _placeAmongAsked[last]) = (last, place);
        _asked.RemoveAt(_asked.Count - 1);
        EvictingBytes -= _copies[slot].LengthBytes;
        return question;
    }

    /// <summary>What the next question to the owner is numbered by, or the one that is open.</summary>
    public uint AttemptAt(uint slot) => _attempts[slot];

    /// <summary>Whatever grant is under way is void, whether a question is open or not.</summary>
    public void VoidEviction(uint slot, TimeSpan quietUntil)
    {
        _attempts[slot]++;
        EndEviction(slot, quietUntil);
    }

    public void EndOverdueEvictions(TimeSpan now)
    {
        // The last of the list takes the place of one that is removed, and was looked at before it.
        for (var at = _asked.Count - 1; at >= 0; at--)
        {
            if (_quietUntil[_asked[at]] <= now)
                VoidEviction(_asked[at], now);
        }
    }

    public void Remove(uint slot)
    {
        EndEviction(slot, TimeSpan.MinValue);
        Disown(slot);
        _copies[slot] = default;
        _ids[slot] = default;
        Count--;
    }

    /// <summary>The copy is no longer one that owners are told of: it was found corrupt.</summary>
    public void Disown(uint slot) => _shards.TryRemove(HeldBlock.Of(_ids[slot], _copies[slot]));

    /// <summary>True when owners are told of the copy.</summary>
    public bool IsOwned(uint slot) => _shards.Contains(slot);

    /// <summary>What the copies in a shard that owners are told of add up to.</summary>
    public ShardTally TallyOf(int shard) => _shards.TallyOf(shard);

    /// <summary>Adds the copies in a shard that owners are told of to a list.</summary>
    public void CopiesIn(int shard, List<HeldBlock> into)
    {
        foreach (var slot in _shards.SlotsOf(shard))
            into.Add(HeldBlock.Of(_ids[slot], _copies[slot]));
    }

    private bool Has(uint slot, Marks mark) => (_marks[slot] & mark) != 0;

    private void Set(uint slot, Marks mark, bool isSet) =>
        _marks[slot] = isSet ? _marks[slot] | mark : _marks[slot] & ~mark;
}

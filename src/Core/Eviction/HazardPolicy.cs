using System.Runtime.CompilerServices;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Eviction;

/// <summary>
/// Holds the blocks that are most likely to be asked for again soon, as learned from the stream, and a block only as long as its
/// parent.
/// </summary>
/// <remarks>
/// <para>
/// Each block is of a kind, by what a cache of prefixes can see of it: how often it, or the conversation that it continues, was
/// used; the pause before the last use; how far it lies behind what was known when it came; its depth; whether anything continues it, or
/// so much that it is shared.
/// <see cref="ReuseModel"/> learns when blocks of each kind are asked for again, also of blocks that were given up long ago, and
/// <see cref="WorthTable"/> makes of that what the room of a block is worth at its age. The leaf of least worth goes first; a block
/// that has just come may be that leaf. Nothing in it is fitted to a recording, and nothing needs a clock: time is counted in accesses.
/// </para>
/// <para>
/// A step takes constant time: besides the block at hand, a few others are looked at in turn, and their worth is brought up to date.
/// Memory: 47 bytes a slot, 16 for each block that is remembered, and 910 KiB. As many blocks are remembered as the tier has ever held, to the next power of two,
/// and 32,768 at least: when it holds twice as many as before, that takes a pass over them. Blocks whose parent is not resident cost up to 30 bytes more.
/// </para>
/// <para><see cref="Touch"/> is for any thread; the other members are for one thread at a time.</para>
/// </remarks>
public sealed partial class HazardPolicy : IEvictionPolicy, ISettledPolicy
{
    private const int RememberedMin = 32_768;

    /// <summary>Blocks that a tier is taken to hold until it holds more.</summary>
    private const int SizeMin = 2_048;

    // All slots in use are looked at in an eighth of the accesses that the tier takes to be filled anew.
    private const int RankedPerAccess = 8;

    // What is learned is brought up to date that often in the time in which all that is remembered changes.
    private const int SurveyedPerAccess = 16;

    /// <summary>Accesses in which a block's child follows it, if the same request has one.</summary>
    private const uint RequestAccesses = 64;

    private readonly TrackedBlock[] _blocks;
    private readonly KeySlots _slots;
    private readonly RememberedBlocks _remembered;

    /// <summary>Keys of absent parents to their resident children.</summary>
    private readonly Dictionary<ulong, int> _orphans = [];

    private AgeScale _scale;
    private readonly ReuseModel _model = new();
    private readonly WorthTable _worth;
    private readonly WorthLists _leaves;
    private readonly TouchBuffer _touches;
    private long _sizeClassSum;

    /// <summary>Blocks that the tier is taken to hold: a power of two. Slots are more, by far where blocks are large.</summary>
    private int _size = SizeMin;

    /// <summary>Slots that were ever used, from the first one on.</summary>
    private int _used;
    private uint _now;
    private int _rankedNext;
    private int _surveyedNext;
    private int _circleNext;

    /// <summary>Lays out the tables.</summary>
    /// <param name="slotCount">Slots of the tier: 1 to 500,000,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is outside its range.</exception>
    public HazardPolicy(int slotCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slotCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slotCount, 500_000_000);
        _blocks = new TrackedBlock[slotCount];
        _slots = new KeySlots(_blocks);
        _remembered = new RememberedBlocks(RememberedMin);
        _scale = new AgeScale(_size);
        _worth = new WorthTable(_scale, _model);
        _leaves = new WorthLists(_blocks);
        _touches = new TouchBuffer(slotCount);
        foreach (ref var block in _blocks.AsSpan())
            block.List = TrackedBlock.NoList;
    }

    /// <summary>Blocks that are tracked.</summary>
    public int Count { get; private set; }

    /// <summary>Blocks that it can know of at once: resident or remembered.</summary>
    public long KnownMax => (long)_blocks.Length + _remembered.Capacity;

    /// <summary>Bytes of all its tables; those of <see cref="KnownMax"/> blocks, and of what was learned.</summary>
    public long TableBytes =>
        (_blocks.Length * (long)Unsafe.SizeOf<TrackedBlock>()) + _slots.TableBytes + _remembered.TableBytes + _touches.TableBytes
        + _model.TableBytes + _worth.TableBytes + _leaves.TableBytes;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The slot is tracked already.</exception>
    public void Admit(uint slot, in KeyBinding binding, long lengthBytes)
    {
        Settle();
        ref var block = ref _blocks[slot];
        if (block.IsTracked)
            throw new InvalidOperationException($"Slot {slot} is tracked already: remove its copy before another one enters it.");
        Tick();
        var (key, parent) = NamesOf(binding);
        block.History = Arrive(key, parent, binding.Depth);
        block.Key = key;
        block.Parent = parent;
        block.Marks = Marks.Tracked;
        block.Size = SizeClassOf(lengthBytes);
        Count++;
        _sizeClassSum += block.Size;
        _used = Math.Max(_used, (int)slot + 1);
        Link((int)slot);
        PutAsNew((int)slot);
        if (Count > _size)
            Grow();
    }

    /// <inheritdoc/>
    public void Touch(uint slot) => _touches.Note(slot);

    /// <inheritdoc/>
    public void Settle()
    {
        while (_touches.TryTake(out var slot))
        {
            ref var block = ref _blocks[slot];
            if (!block.IsTracked)
                continue;
            Tick();
            block.History = Again(block.History);
            PutAsNew(slot);
        }
    }

    /// <inheritdoc/>
    public void Remove(uint slot, bool evicted)
    {
        Settle();
        ref var block = ref _blocks[slot];
        if (!block.IsTracked)
            return;
        _leaves.Take((int)slot);
        Unlink((int)slot);
        if (evicted && block.Key != 0)
            Remember(block.Key, block.History);
        else
            _model.CountForgotten(block.History.Kind, StepOf(block.History));
        Count--;
        _sizeClassSum -= block.Size;
        block = new TrackedBlock { List = TrackedBlock.NoList };
    }

    /// <inheritdoc/>
    public bool TryPickVictim(Func<uint, bool> mayEvict, out uint slot)
    {
        ArgumentNullException.ThrowIfNull(mayEvict);
        Settle();
        var parkedBefore = _leaves.ParkedCount;
        for (var least = _leaves.FindLeast(out _); least >= 0; least = _leaves.FindLeast(out _))
        {
            slot = (uint)least;
            if (mayEvict(slot))
                return true;
            _leaves.Park(least);
        }
        for (; parkedBefore > 0; parkedBefore--)
        {
            var parked = _leaves.FirstParked;
            slot = (uint)parked;
            if (mayEvict(slot))
                return true;
            _leaves.Park(parked);
        }
        return TryPickFromCircle(mayEvict, out slot);
    }

    /// <summary>
    /// Says whether a block that is not resident is worth more than the leaf that would go for it. Changes nothing. A block whose
    /// parent is not resident is not worth its room.
    /// </summary>
    public bool WouldKeep(in KeyBinding binding, long lengthBytes)
    {
        Settle();
        var (key, parent) = NamesOf(binding);
        if (parent != 0 && _slots.Find(parent) < 0)
            return false;
        var rank = _worth.RankOf(HistoryOf(key, parent, binding.Depth).KindWhenFollowed, LevelsMore(SizeClassOf(lengthBytes)), 0);
        return _leaves.FindLeast(out var least) < 0 || rank >= least;
    }

    /// <summary>Notes that a block was asked for and not taken in.</summary>
    public void Refuse(in KeyBinding binding)
    {
        Settle();
        Tick();
        var (key, parent) = NamesOf(binding);
        if (key != 0)
            Remember(key, Arrive(key, parent, binding.Depth));
    }

    /// <inheritdoc/>
    /// <remarks>The accesses that were seen after the first, up to 3.</remarks>
    public int FrequencyOf(uint slot)
    {
        ref var block = ref _blocks[slot];
        return block.IsTracked && block.History.NewBefore == 0 ? Math.Clamp((int)block.History.Uses, 1, 3) : 0;
    }

    /// <summary>
    /// Chance that the block is asked for again, ever, as far as was seen: 0 to 1. What is not worth the write need not go to a farther
    /// tier. 0 for a slot that is not tracked.
    /// </summary>
    public double ChanceOfReuse(uint slot)
    {
        ref var block = ref _blocks[slot];
        return block.IsTracked ? _worth.ChanceOf(block.History.Kind, StepOf(block.History)) : 0;
    }

    private static (ulong Key, ulong Parent) NamesOf(in KeyBinding binding)
    {
        var key = binding.Key.IsZero ? 0 : Math.Max(1, binding.Key.Prefix64);
        var parent = binding.Parent.IsZero ? 0 : Math.Max(1, binding.Parent.Prefix64);
        return (key, parent == key ? 0 : parent);
    }
}

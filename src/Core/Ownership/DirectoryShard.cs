using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;

namespace Cascade.Core.Ownership;

/// <summary>What is known of the blocks of one shard. To be used under <see cref="Gate"/>, but for <see cref="IsComplete"/>.</summary>
internal sealed class DirectoryShard
{
    /// <summary>Removals that are remembered while tiers have yet to report; a phantom that slips through is found by the next comparison.</summary>
    private const int GoneMax = 65_536;

    private readonly CopyTable _copies = new();

    /// <summary>The tiers with copies here and what their copies add up to. A list, since nodes are few beside blocks.</summary>
    private readonly List<(TierAddress Tier, ShardTally Sum)> _tallies = [];
    private readonly List<TierAddress> _unreported = [];

    /// <summary>Copies in unreported tiers that went meanwhile: a report under way may still name them.</summary>
    private HashSet<(BlockId Id, CopyLocation Copy)>? _gone;
    private volatile bool _isComplete;

    public Lock Gate { get; } = new();

    /// <summary>True when every copy is known, but for those that are being told. Any thread may ask.</summary>
    public bool IsComplete
    {
        get => _isComplete;
        set => _isComplete = value;
    }

    public int Count => _copies.Count;

    public bool IsReported(TierAddress tier) => !_unreported.Contains(tier);

    public void CopiesOf(BlockId id, List<CopyLocation> into) => _copies.CopiesOf(id, into);

    public void Expect(TierAddress tier)
    {
        if (!_unreported.Contains(tier))
            _unreported.Add(tier);
    }

    public void SetReported(TierAddress tier)
    {
        _unreported.Remove(tier);
        if (_unreported.Count == 0)
            _gone = null;
    }

    public bool Add(BlockId id, in CopyLocation copy)
    {
        if (!_copies.TryAdd(id, copy, out var replaced))
            return false;
        if (replaced != default)
            Tally(id, replaced, -1);
        Tally(id, copy, +1);
        return true;
    }

    public bool Remove(BlockId id, in CopyLocation copy)
    {
        if (_unreported.Contains(copy.Address) && (_gone ??= []).Count < GoneMax)
            _gone.Add((id, copy));
        if (!_copies.TryRemove(id, copy, out var removed))
            return false;
        Tally(id, removed, -1);
        return true;
    }

    /// <summary>Takes in a copy that a tier reports, unless word of its end came first.</summary>
    public bool AddReported(BlockId id, in CopyLocation copy) => _gone?.Contains((id, copy)) != true && Add(id, copy);

    public ShardTally TallyOf(TierAddress tier)
    {
        var at = PlaceOf(tier);
        return at < 0 ? default : _tallies[at].Sum;
    }

    public void CopiesIn(TierAddress tier, List<HeldBlock> into)
    {
        if (PlaceOf(tier) >= 0)
            _copies.CopiesIn(tier, into);
    }

    /// <summary>Forgets the copies in tiers of nodes that are not there.</summary>
    public bool ForgetAll(Func<NodeId, bool> isThere)
    {
        var forgot = false;
        for (var i = _tallies.Count - 1; i >= 0; i--)
        {
            var tier = _tallies[i].Tier;
            if (isThere(tier.Node))
                continue;
            List<HeldBlock> gone = [];
            _copies.CopiesIn(tier, gone);
            foreach (var block in gone)
                _copies.TryRemove(block.Id, block.At(tier), out _);
            _tallies.RemoveAt(i);
            forgot = true;
        }
        foreach (var tier in _unreported.Where(tier => !isThere(tier.Node)).ToList())
            SetReported(tier);
        return forgot;
    }

    private void Tally(BlockId id, in CopyLocation copy, int change)
    {
        var at = PlaceOf(copy.Address);
        if (at < 0)
        {
            at = _tallies.Count;
            _tallies.Add((copy.Address, default));
        }
        var tally = _tallies[at].Sum.With(id, copy.Slot, copy.Generation, change);
        if (tally.Count == 0)
            _tallies.RemoveAt(at);
        else
            _tallies[at] = (copy.Address, tally);
    }

    private int PlaceOf(TierAddress tier)
    {
        for (var i = 0; i < _tallies.Count; i++)
        {
            if (_tallies[i].Tier == tier)
                return i;
        }
        return -1;
    }
}

namespace Cascade.Core.Eviction;

/// <summary>How the policy follows the histories of blocks, and keeps their worth up to date.</summary>
public sealed partial class HazardPolicy
{
    private static byte SizeClassOf(long lengthBytes) => (byte)Math.Round(Math.Log2(Math.Max(1, lengthBytes)) * WorthTable.LevelsPerDoubling);

    /// <summary>
    /// Levels by which a block is to be taken for livelier than its kind: worth is per byte, so that one of twice the usual size has to be
    /// twice as lively. The usual size is the geometric mean of what is resident.
    /// </summary>
    private int LevelsMore(byte size) => Count == 0 ? 0 : (int)((_sizeClassSum + (Count / 2)) / Count) - size;

    private int StepOf(in BlockHistory history) => _scale.StepOf(_now - history.LastAccess);

    /// <summary>Lets an access's time go by: looks at some slots and at some of all that is known.</summary>
    private void Tick()
    {
        _now++;
        for (var i = 0; i < RankedPerAccess; i++)
        {
            Rank(_rankedNext);
            _rankedNext = _rankedNext + 1 >= _used ? 0 : _rankedNext + 1;
        }
        for (var i = 0; i < SurveyedPerAccess; i++)
        {
            Survey(_surveyedNext);
            if (++_surveyedNext >= _used + _remembered.Capacity)
                Learn();
        }
    }

    /// <summary>The tier holds more than it was taken to: ages count on a scale for twice as many.</summary>
    private void Grow()
    {
        _size *= 2;
        _scale = new AgeScale(_size);
        _model.DoubleUnit();
        _worth.Use(_scale);
        _worth.Learn(_model);
        if (_remembered.Capacity < _size)
            _remembered.Grow();
    }

    private void Learn()
    {
        _surveyedNext = 0;
        _model.Fit();
        _worth.Learn(_model);
    }

    /// <summary>Puts a leaf, also a parked one, where it belongs by its age and by what was learned since.</summary>
    private void Rank(int slot)
    {
        ref var block = ref _blocks[slot];
        if (block.Parent != 0 && (block.IsOrphan || _orphans.Count > 0))
            SetOrphan(slot);
        if (block.List == TrackedBlock.NoList && (block.Children > 0 || !block.IsTracked))
            return;
        var history = block.History;
        var isOfRunningRequest = _now - history.LastAccess < RequestAccesses;
        var rank = _worth.RankOf(isOfRunningRequest ? history.KindWhenFollowed : history.Kind, LevelsMore(block.Size), StepOf(history));
        if (!_leaves.IsIn(slot, rank))
            _leaves.Put(slot, rank);
    }

    /// <summary>An ancestor may have come or gone since the block was looked at.</summary>
    private void SetOrphan(int slot)
    {
        var parent = _slots.Find(_blocks[slot].Parent);
        var isOrphan = parent < 0 || _blocks[parent].IsOrphan;
        if (isOrphan == _blocks[slot].IsOrphan)
            return;
        _leaves.Take(slot);
        _blocks[slot].IsOrphan = isOrphan;
    }

    private void Survey(int place)
    {
        ref var history = ref _blocks[0].History;
        if (place < _used)
        {
            if (!_blocks[place].IsTracked)
                return;
            history = ref _blocks[place].History;
        }
        else
        {
            place -= _used;
            if (!_remembered.IsTaken(place))
                return;
            history = ref _remembered[place];
        }
        var age = _now - history.LastAccess;
        if (age > AgeScale.AgeMax)
            history = history with { LastAccess = _now - AgeScale.AgeMax };
        _model.CountRemembered(history.Kind, _scale.StepOf(age));
    }

    /// <summary>
    /// Lists a leaf that was just accessed. Whether the request goes on with a child of it is not known yet: until it is, the block
    /// counts as if it did, or the first block of each request would have to go for the second one.
    /// </summary>
    private void PutAsNew(int slot)
    {
        ref var block = ref _blocks[slot];
        if (block.Children == 0)
            _leaves.Put(slot, _worth.RankOf(block.History.KindWhenFollowed, LevelsMore(block.Size), 0));
    }

    private BlockHistory Again(in BlockHistory history)
    {
        var pause = _now - history.LastAccess;
        _model.CountHit(history.Kind, _scale.StepOf(pause));
        return history.Again(_now, _scale.PauseClassOf(pause));
    }

    /// <summary>The history of a block that comes in now, which is not remembered apart from it any more.</summary>
    private BlockHistory Arrive(ulong key, ulong parent, int depth)
    {
        BlockHistory history;
        var remembered = key == 0 ? -1 : _remembered.Find(key);
        if (remembered >= 0)
        {
            history = Again(_remembered[remembered]);
            _remembered.Forget(remembered);
        }
        else
        {
            history = HistoryOf(key, parent, depth);
        }
        if (parent == 0)
            return history;
        if (_slots.Find(parent) is var slot and >= 0)
            _blocks[slot].History = _blocks[slot].History.Followed(remembered < 0);
        else if (_remembered.Find(parent) is var place and >= 0)
            _remembered[place] = _remembered[place].Followed(remembered < 0);
        return history;
    }

    /// <summary>The history that a block would have if it came in now.</summary>
    private BlockHistory HistoryOf(ulong key, ulong parent, int depth)
    {
        if (key != 0 && _remembered.Find(key) is var known and >= 0)
            return _remembered[known].Again(_now, _scale.PauseClassOf(_now - _remembered[known].LastAccess));
        if (parent == 0)
            return BlockHistory.First(_now, depth, isParentKnown: false, default);
        if (_slots.Find(parent) is var slot and >= 0)
            return BlockHistory.First(_now, depth, isParentKnown: true, _blocks[slot].History);
        return _remembered.Find(parent) is var place and >= 0
            ? BlockHistory.First(_now, depth, isParentKnown: true, _remembered[place])
            : BlockHistory.First(_now, depth, isParentKnown: false, default);
    }

    private void Remember(ulong key, in BlockHistory history)
    {
        // Another slot may have had the same key and gone before.
        if (_remembered.Find(key) is var place and >= 0)
            _remembered[place] = history;
        else if (_remembered.Remember(key, history, _now, out var forgotten))
            _model.CountForgotten(forgotten.Kind, StepOf(forgotten));
    }
}

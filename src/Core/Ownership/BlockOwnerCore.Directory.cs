using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Ownership;

/// <content>What others learn of the block's copies, and how this life of the owner ends.</content>
public sealed partial class BlockOwnerCore
{
    /// <summary>The answer about a block without copies: that it is nowhere can be said only when every node has told what it holds.</summary>
    private object NotHere => _isComplete || _isDraining ? NotFound.Instance : Moved.Instance;

    /// <summary>
    /// The life of a node is over: its copies are gone as far as the directory says so, its leases and transfers end, and its writers are not waited for.
    /// </summary>
    public void NodeGone(TimeSpan now, NodeId node, Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(outbox);
        Tick(now, outbox);
        ReadNews(now, outbox);
        _removed?.Forget(node);
        _leases?.EndAllOf(node);
        LetGoOfEmptyLeases();
        _waiters?.RemoveAll(waiter => waiter.Writer == node);
        if (_waiters?.Count == 0)
            _waiters = null;
        if (_fill != 0 && _writer == node)
        {
            _fill = 0;
            GrantNext(now, outbox);
        }
        if (!_isDraining)
            return;
        foreach (var copy in _copies)
            DropWhenFree(now, copy, outbox);
        EndDrainWhenEmpty(now, outbox);
    }

    /// <summary>
    /// The block's shard is another node's from now on: who waits is answered so. Leases that were given go without a word: they guard the moment until the
    /// reader leases the copy where it lies. This object is not to be used any more.
    /// </summary>
    public void HandOff(Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(outbox);
        if (_waiters is null)
            return;
        foreach (var waiter in _waiters)
            outbox.Send(waiter.Sender, Moved.Instance);
        _waiters = null;
    }

    /// <summary>Takes over what others than this owner changed in the directory. Costs a look when they changed nothing.</summary>
    private void ReadNews(TimeSpan now, Outbox outbox)
    {
        // In this order: when all is known, then what made it so is read as well.
        _isComplete = _directory.IsComplete(_id);
        var version = _directory.Version;
        if (version == _seenVersion)
            return;
        _seenVersion = version;
        var known = ReadDirectory();
        for (var i = _copies.Count - 1; i >= 0; i--)
        {
            if (!known.Contains(_copies[i].Location))
                Lose(_copies[i]);
        }
        foreach (var copy in known)
        {
            if (FindSlot(copy)?.Location == copy || _copies.Count >= _settings.MaxCopies)
                continue;
            Hold(copy);
            if (_isDraining)
                DropWhenFree(now, FindSlot(copy)!, outbox);
        }
        if (_copies.Count > 0 && !_isDraining)
            TellWaitersPresent(outbox);
        EndDrainWhenEmpty(now, outbox);
    }

    private List<CopyLocation> ReadDirectory()
    {
        List<CopyLocation> known = new(1);
        _directory.Read(_id, known);
        return known;
    }
}

using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Cold;

/// <content>
/// What others are told of the copies here: owners, of each that comes and goes; the key index, after recovery, of the keys that name one.
/// </content>
public sealed partial class ColdStoreCore
{
    /// <summary>Keys under way to the index at a time, so that a full store does not flood its mailbox.</summary>
    private const int AnnounceWindow = 256;

    /// <summary>How long the index may take to answer before the keys under way are told again.</summary>
    private static readonly TimeSpan AnnouncePatience = TimeSpan.FromSeconds(5);

    /// <summary>How soon they are told again when nobody is in charge of the index, as while the node joins its cluster.</summary>
    private static readonly TimeSpan AnnouncePause = TimeSpan.FromMilliseconds(20);

    /// <summary>Requests to tell keys again that wait; a further one is dropped, and asked for again by whoever it was.</summary>
    private const int AnnounceRequestsMax = 4096;

    private readonly ToldBlocks _told = new();
    private readonly HashSet<KeyDigest> _announcing = [];
    private readonly List<(object Sender, AnnounceKeys Request)> _announceFor = [];
    private readonly List<(object Sender, AnnounceKeys Request)> _announceRequests = [];

    /// <summary>Blocks of which an owner did not know: their keys are due once none are under way.</summary>
    private readonly HashSet<BlockId> _unknown = [];
    private uint _generation;
    private List<LogEntry> _unannounced = [];
    private bool _mayAnnounce;
    private bool _hasAnnounced;
    private int _announcedTo;
    private int _announceNext;
    private int _announceRefused;
    private long _headersRead;
    private TimeSpan _announceAgainAt;

    /// <summary>
    /// The copy of a block here, if it can be read and is durable. Any thread may ask at any time: what a step is about to change may be
    /// seen or not, and the owner is told of the change by that step.
    /// </summary>
    /// <param name="id">The block.</param>
    /// <param name="copy">Where it is: one slot a block and node, by generations.</param>
    public bool TryDescribe(BlockId id, out CopyLocation copy)
    {
        if (_index.Block(id) is { IsTold: true } block && CopyOf(block) is { LengthBytes: > 0 } described)
        {
            copy = described;
            return true;
        }

        copy = default;
        return false;
    }

    private CopyLocation CopyOf(LogEntry block) => new(_self.Node, _self.Tier, 0, block.Generation, 0, block.PayloadBytes);

    /// <summary>Tells the owner of a block that can be read from here from now on.</summary>
    private void Tell(LogEntry block)
    {
        if (block.IsTold || !block.IsReadable || block.Write is not null)
            return;
        if (block.WasRenounced)
            block.Generation = ++_generation;
        _told.Add(block);
        _figures.Published++;
        _outbox.Send(Destination.Owners, new AddCopy(block.Id, CopyOf(block)));
    }

    /// <summary>Who stores a block that is here already may do so because its owner does not know: a word may have been lost on its way.</summary>
    private void TellAgain(BlockId id)
    {
        if (_index.Block(id) is { IsTold: true } block)
            _outbox.Send(Destination.Owners, new AddCopy(id, CopyOf(block)));
    }

    private void OnUnreadable(LogEntry block)
    {
        _figures.Dropped += block.IsBad ? 0 : 1;
        Renounce(block);
    }

    /// <summary>Tells the owner of a block that it can be read from here no more.</summary>
    private void Renounce(LogEntry block)
    {
        _told.Remove(block);
        block.WasRenounced = true;
        _outbox.Send(Destination.Owners, new RemoveCopy(block.Id, CopyOf(block), block.IsBinding ? block.Binding : default));
    }

    /// <summary>Of records that are about to go those with a key that no owner is told of by <see cref="Renounce"/>.</summary>
    private static List<LogEntry> KeysAlone(List<LogEntry> leaving) => [.. leaving.Where(entry => entry.IsBinding && !entry.IsTold)];

    /// <summary>
    /// A key went whose block is not here: should that be nowhere, its owner has the key index forget the key. The copy named was never there.
    /// </summary>
    private void RenounceKey(LogEntry entry)
    {
        if (_index.Block(entry.Id) is not { IsReadable: true })
            _outbox.Send(Destination.Owners, new RemoveCopy(entry.Id, new CopyLocation(_self.Node, _self.Tier, 0, 0, 0, 0), entry.Binding));
    }

    private void BeginAnnouncing()
    {
        _mayAnnounce = true;
        foreach (var entry in _index.Held())
        {
            if (entry is { IsReadable: true, IsTold: false })
                _told.Add(entry);
            if (entry.IsBinding)
                _unannounced.Add(entry);
        }

        Announce();
        if (_announcing.Count == 0)
            EndAnnouncing();
    }

    /// <summary>Tells the key index the next window of keys that it was not told.</summary>
    private void Announce()
    {
        (_announcedTo, _announceRefused) = (_announceNext, 0);
        while (_announcing.Count < AnnounceWindow && _announceNext < _unannounced.Count)
            Announce(_unannounced[_announceNext++]);
        _announceAgainAt = Deadline.After(_now, AnnouncePatience);
    }

    private void Announce(LogEntry entry)
    {
        if (entry.IsBinding && _index.Block(entry.Id) is { IsTold: true } && _announcing.Add(entry.Binding.Key))
            _outbox.Send(Destination.KeyIndex, new Bind(entry.Binding, entry.Id));
    }

    /// <summary>All keys were told: at start the store is ready then; who asked for it is told so.</summary>
    private void EndAnnouncing()
    {
        (_unannounced, _announcedTo, _announceNext) = ([], 0, 0);
        if (!_hasAnnounced)
        {
            _hasAnnounced = true;
            _outbox.Send(
                ColdPort.Tier,
                new ColdReady(_index.ReadableBlocks, _index.Bindings, new HybridTimestamp(_latestStamp), _headersRead));
        }

        foreach (var (sender, request) in _announceFor)
            _outbox.Send(sender, new KeysAnnounced(_self, request.Round, AwaitCold: false));
        _announceFor.Clear();
        AnnounceAsked();
    }

    private void OnAnnounceKeys(object sender, AnnounceKeys message)
    {
        var asked = (sender, message);
        if (_announceFor.Contains(asked) || _announceRequests.Contains(asked) || _announceRequests.Count >= AnnounceRequestsMax)
            return;
        _announceRequests.Add(asked);
        if (_mayAnnounce && _announcing.Count == 0)
            AnnounceAsked();
    }

    private void AnnounceAsked()
    {
        if (_announceRequests.Count == 0 && _unknown.Count == 0)
            return;
        _announceFor.AddRange(_announceRequests);
        _announceRequests.Clear();
        _unannounced = [.. _index.Held().Where(
            entry => entry.IsBinding && (_unknown.Contains(entry.Id) || _announceFor.Exists(asked => asked.Request.Includes(entry.Binding.Key))))];
        _unknown.Clear();
        Announce();
        if (_announcing.Count == 0)
            EndAnnouncing();
    }

    private void OnAnnounced(object answer)
    {
        if (_announcing.Count == 0 || (answer is Bound bound && !_announcing.Remove(bound.Key)))
            return;
        _announceRefused += answer is Refused ? 1 : 0;

        // A refusal does not say of which key: the window is through when as many were refused as are left.
        if (_announceRefused >= _announcing.Count)
            EndWindow();
    }

    private void OnNobodyInCharge()
    {
        var again = Deadline.After(_now, AnnouncePause);
        if (_announcing.Count > 0 && again < _announceAgainAt)
            _announceAgainAt = again;
    }

    private void EndWindow()
    {
        _announcing.Clear();
        Announce();
        if (_announcing.Count == 0)
            EndAnnouncing();
    }

    /// <summary>What the index is not in charge of yet, or did not get, it is told again.</summary>
    private void AnnounceAgain()
    {
        if (_announcing.Count == 0 || _now < _announceAgainAt)
            return;
        KeyDigest[] left = [.. _announcing];
        _announcing.Clear();
        _announceRefused = 0;
        for (var i = _announcedTo; i < _announceNext; i++)
        {
            if (left.AsSpan().Contains(_unannounced[i].Binding.Key))
                Announce(_unannounced[i]);
        }

        _announceAgainAt = Deadline.After(_now, AnnouncePatience);
        if (_announcing.Count == 0)
            EndWindow();
    }
}

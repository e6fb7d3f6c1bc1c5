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

    private readonly ToldBlocks _told = new();
    private uint _generation;
    private List<LogEntry> _unannounced = [];
    private int _announcedTo;
    private int _announceNext;
    private int _announcing;
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
        foreach (var entry in _index.Held())
        {
            if (entry is { IsReadable: true, IsTold: false })
                _told.Add(entry);
            if (entry.IsBinding)
                _unannounced.Add(entry);
        }

        Announce();
    }

    /// <summary>Tells the key index the next window of keys; when there are none left, that the store is ready.</summary>
    private void Announce()
    {
        _announcedTo = _announceNext;
        while (_announcing < AnnounceWindow && _announceNext < _unannounced.Count)
        {
            var entry = _unannounced[_announceNext++];
            if (!entry.IsBinding || _index.Block(entry.Id) is not { IsTold: true })
                continue;
            _announcing++;
            _outbox.Send(Destination.KeyIndex, new Bind(entry.Binding, entry.Id));
        }

        _announceAgainAt = Deadline.After(_now, AnnouncePatience);
        if (_announcing > 0)
            return;
        _unannounced = [];
        _outbox.Send(
            ColdPort.Tier,
            new ColdReady(_index.ReadableBlocks, _index.Bindings, new HybridTimestamp(_latestStamp), _headersRead));
    }

    private void OnAnnounced()
    {
        if (_announcing > 0 && --_announcing == 0)
            Announce();
    }

    private void AnnounceAgain()
    {
        if (_announcing == 0 || _now < _announceAgainAt)
            return;
        (_announceNext, _announcing) = (_announcedTo, 0);
        Announce();
    }
}

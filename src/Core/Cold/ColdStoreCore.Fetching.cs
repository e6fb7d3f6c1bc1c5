using System.Diagnostics.CodeAnalysis;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Log;
using Cascade.Core.Messages;

namespace Cascade.Core.Cold;

public sealed partial class ColdStoreCore
{
    private const int ReadAttemptsMax = 2;

    /// <summary>Of the reads at a time so great a part may be for blocks that nobody asked for.</summary>
    private const int AheadPart = 2;

    private readonly Dictionary<BlockId, BlockFetch> _fetches = [];
    private readonly SortedDictionary<long, BlockFetch> _fetchesByNumber = [];
    private readonly Queue<BlockFetch> _readsWaiting = new();

    /// <summary>Those that nobody asked for; who was asked for since stands in the other line, too.</summary>
    private readonly Queue<BlockFetch> _aheadWaiting = new();
    private long _aheadBytes;
    private int _aheadInFlight;
    private long _fetchNumbers;
    private int _readsInFlight;

    /// <summary>No wait for a block ends before.</summary>
    private TimeSpan _nextFetchExpiry = TimeSpan.MaxValue;

    private void OnFetch(object sender, ColdFetch message)
    {
        if (!IsReady)
        {
            _outbox.Send(sender, NotReadyYet);
            return;
        }

        var block = message.Id.IsZero ? _index.Resolve(message.Key) : _index.Block(message.Id);
        if (block is not { IsReadable: true })
        {
            _outbox.Send(sender, NotFound.Instance);
            return;
        }

        var deadline = Deadline.After(_now, message.Timeout);
        if (message.IsAhead)
        {
            ReadAhead(block, sender, deadline);
            return;
        }

        if (Join(block, sender, deadline) && !message.Key.IsZero && message.ReadAheadMax > 0)
        {
            var ahead = _index.Descendants(message.Key, message.ReadAheadMax, _settings.ReadAheadBytesMax);
            if (ahead.Count > 0)
                _outbox.Send(ColdPort.Tier, new ReadAheadProposed(ahead));
        }
    }

    private void ReadAhead(LogEntry block, object sender, TimeSpan deadline)
    {
        if (_fetches.ContainsKey(block.Id) || _fetches.Count >= _settings.FetchesMax || _aheadBytes + block.PayloadBytes > _settings.ReadAheadBytesMax)
        {
            _outbox.Send(sender, BusyReply($"{_aheadBytes} bytes are read ahead already"));
            return;
        }

        NoteFetchExpiry(deadline);
        _aheadBytes += block.PayloadBytes;
        Begin(block, sender, deadline, isAhead: true);
    }

    private void Begin(LogEntry block, object sender, TimeSpan deadline, bool isAhead)
    {
        var fetch = new BlockFetch(++_fetchNumbers, block.Id, block.PayloadBytes) { IsAhead = isAhead };
        fetch.Askers.Add((sender, deadline));
        _fetches.Add(block.Id, fetch);
        _fetchesByNumber.Add(fetch.Number, fetch);
        AskForRoom(fetch, block);
    }

    private void AskForRoom(BlockFetch fetch, LogEntry block) => _outbox.Send(
        ColdPort.Memory, new RoomNeeded(fetch.Number, block.Id, block.PayloadBytes, fetch.IsAhead));

    /// <summary>What was read ahead is asked for: from here on it is as any other.</summary>
    private void Hasten(BlockFetch fetch, LogEntry block)
    {
        fetch.IsAhead = false;
        _aheadBytes -= fetch.LengthBytes;
        if (fetch.Memory is null)
            AskForRoom(fetch, block);
        else if (fetch.IsQueued)
            _readsWaiting.Enqueue(fetch);
    }

    private bool Join(LogEntry block, object sender, TimeSpan deadline)
    {
        NoteFetchExpiry(deadline);
        if (_fetches.TryGetValue(block.Id, out var fetch))
        {
            if (fetch.Askers.Count >= _settings.AskersPerFetchMax)
            {
                _outbox.Send(sender, BusyReply($"{fetch.Askers.Count} askers wait for this block already"));
                return false;
            }

            _figures.Joined++;
            if (fetch.IsAhead)
                Hasten(fetch, block);
            fetch.Askers.Add((sender, deadline));
            return true;
        }

        if (_fetches.Count >= _settings.FetchesMax)
        {
            _outbox.Send(sender, BusyReply($"{_fetches.Count} blocks are being fetched already"));
            return false;
        }

        Begin(block, sender, deadline, isAhead: false);
        return true;
    }

    private void OnRoomGiven(RoomGiven message)
    {
        if (!_fetchesByNumber.TryGetValue(message.Fetch, out var fetch) || fetch.Memory is not null)
        {
            _outbox.Send(ColdPort.Memory, new RoomReturned(message.Fetch, message.Memory));
            return;
        }

        fetch.Memory = message.Memory;
        QueueRead(fetch);
    }

    private void OnRoomDenied(RoomDenied message)
    {
        // Was it asked for since, the room for that is under way.
        if (_fetchesByNumber.TryGetValue(message.Fetch, out var fetch) && fetch.Memory is null && (fetch.IsAhead || !message.WasAhead))
            End(fetch, BusyReply($"there is no room in memory for the block: {message.Reason}"));
    }

    private void QueueRead(BlockFetch fetch)
    {
        if (fetch.IsQueued || fetch.IsReading)
            return;
        fetch.IsQueued = true;
        (fetch.IsAhead ? _aheadWaiting : _readsWaiting).Enqueue(fetch);
    }

    /// <summary>A block became durable, moved or was lost: who waits for it looks again.</summary>
    private void WakeFetch(BlockId id)
    {
        if (_fetches.TryGetValue(id, out var fetch) && fetch.Memory is not null)
            QueueRead(fetch);
    }

    private void PumpReads()
    {
        while (_readsInFlight < _settings.ReadsInFlightMax && TryTakeRead(out var fetch))
        {
            fetch.IsQueued = false;
            if (!_fetchesByNumber.ContainsKey(fetch.Number))
                continue;
            if (_index.Block(fetch.Id) is not { IsReadable: true } block)
                End(fetch, NotFound.Instance);
            else if (block.PayloadBytes > fetch.Memory!.Value.LengthBytes)
                End(fetch, BusyReply($"{fetch.Memory.Value.LengthBytes} bytes of memory were given for a block of {block.PayloadBytes}"));
            else if (block.Write is null)
                Read(fetch, block);
        }
    }

    /// <summary>What is asked for comes first, and finds most of the device free.</summary>
    private bool TryTakeRead([NotNullWhen(true)] out BlockFetch? fetch)
    {
        if (_readsWaiting.TryDequeue(out fetch))
            return true;
        while (_aheadInFlight < Math.Max(1, _settings.ReadsInFlightMax / AheadPart) && _aheadWaiting.TryDequeue(out fetch))
        {
            if (fetch.IsAhead)
                return true;
        }

        return false;
    }

    private void Read(BlockFetch fetch, LogEntry block)
    {
        var file = _index.Files[block.Place.File];
        var place = block.Place;
        var ahead = fetch.IsAhead ? 1 : 0;
        fetch.IsReading = true;
        file.InFlight++;
        _readsInFlight++;
        _aheadInFlight += ahead;
        Issue(new ReadPayload(NextNumber(), block.PayloadHeader, fetch.Memory!.Value), done =>
        {
            fetch.IsReading = false;
            file.InFlight--;
            _readsInFlight--;
            _aheadInFlight -= ahead;
            OnRead(fetch, block, place, done.Status);
        });
    }

    private void OnRead(BlockFetch fetch, LogEntry block, LogPosition place, DeviceStatus status)
    {
        if (status == DeviceStatus.Ok)
        {
            _figures.Read++;
            block.WasRead = true;
            var memory = fetch.Memory!.Value;
            _outbox.Send(ColdPort.Memory, new RoomFilled(fetch.Number, fetch.Id, memory, block.HoldsKey ? block.Binding : default, fetch.IsAhead));
            fetch.Memory = null;
            End(fetch, new ColdFetched(fetch.Id, memory));
            return;
        }

        var isStillThere = block.HoldsBlock && block.Place == place;
        if (status == DeviceStatus.DigestMismatch)
        {
            _figures.Corrupt++;
            if (isStillThere)
                _index.MarkBad(block);
        }
        else
        {
            _figures.DeviceErrors++;
            if (status == DeviceStatus.Gone && _index.Files.TryGetValue(place.File, out var file))
                OnFileGone(file);
        }

        // A block that moved meanwhile is looked for at its new place; one that failed for another reason gets a second try.
        if (++fetch.Failures < ReadAttemptsMax && _index.Block(fetch.Id) is { IsReadable: true })
            QueueRead(fetch);
        else
            End(fetch, NotFound.Instance);
    }

    private void End(BlockFetch fetch, object reply)
    {
        if (fetch.Memory is { } memory)
            _outbox.Send(ColdPort.Memory, new RoomReturned(fetch.Number, memory));
        _fetches.Remove(fetch.Id);
        _fetchesByNumber.Remove(fetch.Number);
        _aheadBytes -= fetch.IsAhead ? fetch.LengthBytes : 0;
        foreach (var (sender, _) in fetch.Askers)
            _outbox.Send(sender, reply);
    }

    private void NoteFetchExpiry(TimeSpan deadline) => _nextFetchExpiry = deadline < _nextFetchExpiry ? deadline : _nextFetchExpiry;

    private void ExpireFetches()
    {
        if (_now < _nextFetchExpiry)
            return;
        _nextFetchExpiry = TimeSpan.MaxValue;
        foreach (var fetch in _fetchesByNumber.Values.ToList())
        {
            foreach (var (sender, _) in fetch.Askers.Where(asker => asker.Deadline <= _now))
                _outbox.Send(sender, BusyReply($"the block was not read in time"));
            fetch.Askers.RemoveAll(asker => asker.Deadline <= _now);
            if (fetch.Askers.Count == 0 && !fetch.IsReading)
                End(fetch, NotFound.Instance);
            else
                NoteFetchExpiry(fetch.Askers.Count == 0 ? _now : fetch.Askers.Min(asker => asker.Deadline));
        }
    }
}

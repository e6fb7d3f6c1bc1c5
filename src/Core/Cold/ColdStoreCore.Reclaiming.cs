using Cascade.Core.Log;

namespace Cascade.Core.Cold;

/// <summary>
/// Gets space back, one file at a time: by compaction of one that is mostly dead, else by eviction of the oldest. What is kept is
/// copied to the end of the log and flushed before the file is deleted.
/// </summary>
public sealed partial class ColdStoreCore
{
    /// <summary>Deletions on disk, in the order in which they were first written.</summary>
    private readonly Queue<LogEntry> _tombstones = new();
    private readonly DroppedWorth _dropped = new();
    private LogFile? _victim;
    private bool _isEvicting;
    private bool _isDeleting;
    private bool _mayEvictForSpace;
    private bool _areCopiesStuck;
    private long _emptiedAt;
    private int _cursor;
    private int _copiesOpen;
    private long _keepBytes;
    private long _wantedBytes;
    private TimeSpan _reclaimAt = TimeSpan.MinValue;

    private void ChooseVictim()
    {
        if (!IsReady || _victim is not null || _failing || _now < _reclaimAt)
            return;
        if (_settlers.Count > 0 && _wantedBytes == 0)
            return;
        if (_index.OldestDoomed is { } doomed)
            Reclaim(doomed, evicting: true);
        else if (MostlyDead() is { } sparse)
            Reclaim(sparse, evicting: false);
        else if (IsShortOfSpace && _index.Files.Values[0] is { IsSealed: true, Unflushed: 0 } oldest)
            Reclaim(oldest, evicting: true);
    }

    /// <summary>Room is made before the open file is full, so that puts need not wait for it.</summary>
    private bool IsShortOfSpace =>
        _index.Files.Count > 0
        && (_mayEvictForSpace
            || _index.ChargedBytes + Math.Max(_wantedBytes, _settings.FileBytes) + _settings.FileBytes > _settings.CapacityBytes);

    /// <summary>True when the next file can be begun only because another one was, or is to be, given up: two are kept free ahead.</summary>
    private bool IsFull => _index.ChargedBytes + (3 * _settings.FileBytes) > _settings.CapacityBytes;

    private LogFile? MostlyDead()
    {
        LogFile? best = null;
        var bestShare = double.MaxValue;
        var mayCopy = !_full && !IsReserveInUse;
        foreach (var file in _index.Files.Values)
        {
            if (!file.IsSealed || file.Unflushed > 0 || file.IsFrozen || _rewrites.Count > 0)
                continue;
            var share = file.LiveBytes / (double)Math.Max(1, file.EndBytes);
            var isWorthIt = file.LiveBytes == 0 || (mayCopy && share < _settings.CompactBelowShare && file.LiveBytes <= _settings.FileBytes);
            if (isWorthIt && share < bestShare)
                (best, bestShare) = (file, share);
        }

        return best;
    }

    private void Reclaim(LogFile file, bool evicting)
    {
        _victim = file;
        _isEvicting = evicting;
        _cursor = 0;
        _areCopiesStuck = false;
        _keepBytes = evicting && !_full && !IsReserveInUse ? (long)(_settings.ReinsertShareMax * _settings.FileBytes) : 0;
        if (evicting)
            _mayEvictForSpace = false;
    }

    private void AdvanceReclaim()
    {
        if (_victim is not { } file || _isDeleting)
            return;
        if (!file.IsDoomed)
        {
            if (_areCopiesStuck || _full)
                CancelCopies();
            QueueCopies(file);
            if (_copiesOpen > 0 || _failing || !TryEmpty(file))
                return;
        }

        if (!_isEvicting && !file.IsGone && !IsDurableTo(_emptiedAt))
        {
            // What fails to be written may need the room of another file: this one is looked at again later.
            if (_rewrites.Count > 0)
                ReconsiderVictim(file);
            return;
        }

        if (file.InFlight == 0 && file.Unflushed == 0 && _copiesOpen == 0)
            Delete(file);
    }

    /// <summary>
    /// True when all that was appended up to a number is durable. A record that was overruled is needed until the one that overruled it
    /// is safe.
    /// </summary>
    private bool IsDurableTo(long sequence) =>
        (_rewrites.First is not { } rewrite || rewrite.Value.Sequence > sequence) && (_log.Count == 0 || _log[0].Sequence > sequence);

    private void QueueCopies(LogFile file)
    {
        while (_copiesOpen < _settings.WritesInFlightMax && _cursor < file.Records.Count)
        {
            var entry = file.Records[_cursor++];
            if (!IsIn(entry, file))
                continue;
            if (_isEvicting && entry.IsReadable)
                JudgeUnread(entry, file);
            if (!IsKept(entry))
                continue;
            _copiesOpen++;
            _keepBytes -= _isEvicting ? entry.LiveBytes : 0;
            _copies.AddLast(new LogWrite(LogWriteKind.Copy, null, TimeSpan.MaxValue) { Id = entry.Id, Entry = entry, Source = entry.Place });
        }
    }

    private void JudgeUnread(LogEntry entry, LogFile file)
    {
        if (entry.IsKeptToSee)
            _dropped.Count(entry.WasRead);
        entry.IsKeptToSee = !entry.WasRead && !_protected.Contains(entry.Id) && DroppedWorth.IsSample(entry.Id, file.Number);
    }

    private static bool IsIn(LogEntry entry, LogFile file) => entry.IsHeld && entry.Place.File == file.Number;

    private bool IsKept(LogEntry entry)
    {
        if (entry.Kind == LogRecordKind.Tombstone)
            return OldestOtherThan(_victim!) <= entry.Origin.File;
        if (!_isEvicting)
            return entry.IsReadable || entry.IsBinding;
        return entry.LiveBytes <= _keepBytes
            && (entry.IsReadable
                ? entry.WasRead || entry.IsKeptToSee || _protected.Contains(entry.Id)
                : entry.IsBinding && _index.Block(entry.Id) is { IsReadable: true } block && block.Place.File != _victim!.Number);
    }

    private uint OldestOtherThan(LogFile file)
    {
        foreach (var number in _index.Files.Keys)
        {
            if (number != file.Number)
                return number;
        }

        return uint.MaxValue;
    }

    /// <summary>Without room for copies an eviction keeps nothing more, and a compaction is put off.</summary>
    private void CancelCopies()
    {
        CancelCopies(_copies);
        CancelCopies(_rewrites);
        _keepBytes = 0;
        if (!_isEvicting)
            _cursor = int.MaxValue;
    }

    private void CancelCopies(LinkedList<LogWrite> queue)
    {
        for (var node = queue.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.Kind == LogWriteKind.Copy)
            {
                queue.Remove(node);
                _copiesOpen--;
            }

            node = next;
        }
    }

    /// <summary>Drops what is left in a file of which all that is kept has moved; false when something is left that must stay.</summary>
    private bool TryEmpty(LogFile file)
    {
        var left = file.Records.Where(entry => IsIn(entry, file)).ToList();
        if (!_isEvicting && left.Any(IsKept))
        {
            _victim = null;
            _reclaimAt = _now + _settings.RetryDelay;
            return false;
        }

        var keys = KeysAlone(left);
        foreach (var entry in left)
        {
            if (entry.IsTold)
            {
                _figures.Evicted++;
                Renounce(entry);
            }

            _index.Forget(entry);
        }

        keys.ForEach(RenounceKey);
        _index.Doom(file);
        _emptiedAt = _sequence;
        return true;
    }

    /// <summary>It is not deleted for now: something in it may hold again, or room is needed elsewhere first.</summary>
    private void ReconsiderVictim(LogFile file)
    {
        _index.Doom(file, false);
        _victim = null;
    }

    private void Delete(LogFile file)
    {
        _isDeleting = true;
        Issue(new DeleteFile(NextNumber(), file.Number), done =>
        {
            _isDeleting = false;
            _victim = null;
            if (done.Status != DeviceStatus.Ok)
            {
                OnDeviceError(done.Status, "a file could not be deleted");
                _reclaimAt = _now + _settings.RetryDelay;
                return;
            }

            _index.Remove(file);
            _figures.FilesReclaimed++;

            // On a disk that was full there is room now, unless it was the file that could not be created: there is nothing to wait for.
            if (_full && file.EndBytes > 0)
                _retryAt = _now;
            ForgetTombstones();
            ChooseVictim();
        });
    }

    /// <summary>Drops deletions that are younger than no file any more: nothing that they covered can be left.</summary>
    private void ForgetTombstones()
    {
        var oldest = _index.Files.Count > 0 ? _index.Files.Keys[0] : uint.MaxValue;
        while (_tombstones.TryPeek(out var entry) && (!entry.IsHeld || entry.Origin.File < oldest))
        {
            _tombstones.Dequeue();
            if (entry.Write is null)
                _index.Forget(entry);
        }
    }

    private LogRecordHeader? PlanCopy(LogWrite write)
    {
        if (write.Entry is { IsHeld: true } entry && entry.Place == write.Source)
            return entry.HeaderAt(default);
        _copiesOpen--;
        return null;
    }

    private void OnCopied(LogWrite write)
    {
        _copiesOpen--;
        _figures.Copied++;
        var entry = write.Entry!;
        if (!entry.IsHeld || entry.Place != write.Source)
            return;
        if (write.Header.Kind == LogRecordKind.Alias)
        {
            _index.ReleaseBlock(entry);
            _index.Become(entry, LogRecordKind.Alias);
        }

        if (entry.IsKeptToSee && entry.WasRead)
        {
            _dropped.Count(wasRead: true);
            entry.IsKeptToSee = false;
        }

        _index.Move(entry, write.Place);
        entry.WasRead = false;
        WakeFetch(entry.Id);
    }

    private void OnCopyLost(LogWrite write)
    {
        _copiesOpen--;
        if (write.SourceLost && write.Entry is { IsReadable: true } entry && entry.Place == write.Source)
            _index.MarkBad(entry);
    }
}

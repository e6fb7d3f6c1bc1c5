using System.Globalization;
using Cascade.Core.Log;

namespace Cascade.Core.Cold;

public sealed partial class ColdStoreCore
{
    /// <summary>A write or a flush failed: nothing is written until all that is in flight has come back.</summary>
    private bool _failing;

    /// <summary>The device has no space left: no put is taken in until a file could be created again.</summary>
    private bool _full;

    /// <summary>The last file that was asked for could not be created, for whatever reason: no put is taken in either.</summary>
    private bool _isRefused;

    /// <summary>What failed last, until a file could be created or flushed; null while the device does its work.</summary>
    private string? _broken;

    /// <summary>Why there is no room for what waits; null while there is.</summary>
    private string? _stalled;
    private TimeSpan _retryAt = TimeSpan.MinValue;

    private void OnDeviceError(DeviceStatus status, string what, bool pause = false)
    {
        _figures.DeviceErrors++;
        _broken = string.Create(CultureInfo.InvariantCulture, $"{what} ({status}): see to the disk of the cold tier");
        if (status == DeviceStatus.NoSpace)
        {
            _full = true;
            _wantedBytes = Math.Max(_wantedBytes, _settings.FileBytes);
            _mayEvictForSpace = true;
        }

        if (pause || status is DeviceStatus.NoSpace or DeviceStatus.AccessDenied)
            _retryAt = _now + _settings.RetryDelay;
    }

    /// <summary>While puts are turned away nobody else would find out that there is space again.</summary>
    private void ProbeFullDisk()
    {
        if (!(_full || _isRefused) || !IsReady || _failing || _now < _retryAt)
            return;
        if (_active is null)
            HasRoom(LogRecordHeader.SizeBytes, isOwn: true);
        else
            _full = _isRefused = false;
    }

    /// <summary>
    /// Once nothing is in flight: closes the files that failed at their last good offset, and has the record that failed and all that
    /// came after it written anew in a new file, in their order.
    /// </summary>
    /// <remarks>
    /// Later records go along even if they were written well: a deletion that stayed where it is would come before the record that
    /// it deletes.
    /// </remarks>
    private void FinishFailing()
    {
        if (!_failing || _writesInFlight > 0 || _flushing)
            return;
        _failing = false;
        _pendingCheckpoint = null;
        StartGroup();
        var firstBad = _log.FindIndex(write => !write.Written || _index.Files[write.Place.File].IsGone);
        if (firstBad < 0)
            return;
        var failed = _log.GetRange(firstBad, _log.Count - firstBad);
        _log.RemoveRange(firstBad, failed.Count);
        foreach (var part in failed.GroupBy(write => write.Place.File))
            CutOff(_index.Files[part.Key], part);
        for (var at = failed.Count - 1; at >= 0; at--)
            _rewrites.AddFirst(failed[at]);
        _figures.Rewritten += failed.Count;
        DropHopeless();
    }

    private void CutOff(LogFile file, IEnumerable<LogWrite> failed)
    {
        file.EndBytes = failed.Min(write => write.Place.OffsetBytes);
        file.Unflushed -= failed.Count();
        file.IsSealed = file.IsTrimmed = true;
        if (_active == file)
            _active = null;

        // What was cut off is written anew with a later origin; only if that fails too may the old record speak again.
        Truncate(file);
    }

    private void DropHopeless()
    {
        for (var node = _rewrites.First; node is not null;)
        {
            var next = node.Next;
            var write = node.Value;
            if (write.SourceLost || write.Failures > _settings.RewritesMax)
            {
                _rewrites.Remove(node);
                Lose(write);
            }

            node = next;
        }
    }

    /// <summary>Gives a record up: its sender is told, and the index forgets what it said.</summary>
    private void Lose(LogWrite write)
    {
        _figures.Lost++;
        write.IsLost = true;
        if (write.Kind == LogWriteKind.Copy)
        {
            OnCopyLost(write);
            return;
        }

        if (write.Entry is { } entry)
            TakeBack(entry);
        Complete(write, isDurable: false);
        write.Followers?.ForEach(follower => Complete(follower, isDurable: false));
        WakeFetch(write.Id);
    }

    /// <summary>A record holds no longer, and what it overruled holds again. It may be on disk all the same.</summary>
    private void TakeBack(LogEntry entry)
    {
        _isUncertain = true;
        entry.Write = null;
        _index.Undo(entry);

        // What holds again may lie in the file that was about to be deleted.
        if (_victim is { IsDoomed: true, IsGone: false } victim && !_isEvicting && !_isDeleting)
            ReconsiderVictim(victim);
    }

    /// <summary>Ends the wait of puts whose record could not be written anew in time, so that their memory is given back.</summary>
    private void ExpireRewrites()
    {
        for (var node = _rewrites.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.Deadline <= _now && node.Value.Header.Kind == LogRecordKind.Block)
            {
                _rewrites.Remove(node);
                Lose(node.Value);
            }
            else
            {
                ExpireAnswer(node.Value);
                node.Value.Followers?.ForEach(ExpireAnswer);
            }

            node = next;
        }
    }
}

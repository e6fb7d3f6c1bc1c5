using System.Globalization;
using Cascade.Core.Log;

namespace Cascade.Core.Cold;

public sealed partial class ColdStoreCore
{
    /// <summary>What failed and is to be written anew, before anything else, in its order.</summary>
    private readonly LinkedList<LogWrite> _rewrites = new();

    /// <summary>The store's own writes: they may use the room that is kept back for them.</summary>
    private readonly LinkedList<LogWrite> _copies = new();

    /// <summary>What was given a place in the log and is not durable yet, in the order of the log.</summary>
    private readonly List<LogWrite> _log = [];
    private LogFile? _active;
    private uint _nextFile = 1;
    private long _sequence;
    private int _writesInFlight;
    private LogFile? _creating;

    /// <summary>Records were lost, or files may come back: what the index does not know may be on disk all the same.</summary>
    private bool _isUncertain;

    /// <summary>True when the disk may hold records that the index does not know: a deletion is then written whatever it says.</summary>
    private bool MayHoldMore => _isUncertain || _index.OldestDoomed is not null;

    /// <summary>True while the room kept back for copies is in use.</summary>
    private bool IsReserveInUse => _index.ChargedBytes + _settings.FileBytes > _settings.CapacityBytes;

    private void PumpWrites()
    {
        while (!_failing && _writesInFlight < _settings.WritesInFlightMax)
        {
            if (TryAppendFirst(_rewrites, isOwn: true))
                continue;
            if (_rewrites.Count > 0)
                return;
            if (!TryAppendFirst(_copies, isOwn: true) && !TryAppendFirst(_queue, isOwn: false))
                return;
        }
    }

    /// <summary>Gives the first change its place in the log, or ends it when it needs none; false when there is none or no room.</summary>
    private bool TryAppendFirst(LinkedList<LogWrite> queue, bool isOwn)
    {
        if (queue.First is not { } first)
            return false;
        var write = first.Value;
        if (DropFirst(write) is { } drop)
        {
            queue.AddFirst(drop);
            return true;
        }

        if (Plan(write) is not { } header)
        {
            queue.RemoveFirst();
            return true;
        }

        if (!HasRoom(header.RecordBytes, isOwn))
            return false;
        queue.RemoveFirst();
        Append(write, header);
        return true;
    }

    private void Append(LogWrite write, LogRecordHeader header)
    {
        var file = _active!;
        var place = LogPosition.At(file.Number, file.EndBytes);
        var isCopy = write.Kind == LogWriteKind.Copy;
        write.Header = header = header with
        {
            Origin = isCopy ? header.Origin : place,
            Place = place,
            Generation = isCopy || header.Generation != 0 ? header.Generation : header.Kind == LogRecordKind.Block ? ++_generation : _generation,
            DurableTo = _log.Count > 0 ? _log[0].Place : place,
        };
        write.Written = false;
        write.Sequence = write.Sequence == 0 ? ++_sequence : write.Sequence;
        file.EndBytes += header.RecordBytes;
        file.Unflushed++;
        _appendedBytes += header.RecordBytes;
        if (isCopy)
            _index.Files[write.Source.File].InFlight++;
        else
            Index(write, place);
        _log.Add(write);
        _writesInFlight++;
        var hasPayload = header.Kind == LogRecordKind.Block;
        Issue(
            new WriteRecord(NextNumber(), header, hasPayload && !isCopy ? write.Memory : default, hasPayload && isCopy ? write.Source : default),
            done => OnWritten(write, done.Status));
        if (!write.Durable)
            Answer(write, Success(write, durable: false));
    }

    private void Index(LogWrite write, LogPosition place)
    {
        if (write.Entry is { } entry)
        {
            entry.Origin = place;
            _index.Move(entry, place);
            entry.Write = write;
            if (write.Kind == LogWriteKind.Restate)
                _tombstones.Enqueue(entry);
            return;
        }

        write.Entry = new LogEntry(write.Header) { Write = write };
        _index.Apply(write.Entry);
        if (write.Entry.Kind == LogRecordKind.Tombstone)
            _tombstones.Enqueue(write.Entry);
    }

    private bool HasRoom(long recordBytes, bool isOwn)
    {
        if (!isOwn && _victim is not null && IsReserveInUse)
            return Stall($"space is being reclaimed");
        if (_active is { } active && active.EndBytes + recordBytes <= active.ChargedBytes)
            return true;
        if (_creating is not null || _now < _retryAt)
            return false;
        var fileBytes = Math.Max(_settings.FileBytes, recordBytes);
        if (_index.ChargedBytes + fileBytes + (isOwn ? 0 : _settings.FileBytes) > _settings.CapacityBytes)
        {
            _wantedBytes = fileBytes;
            _areCopiesStuck |= isOwn;
            return Stall($"all {_settings.CapacityBytes} bytes are in use and none could be given up yet");
        }

        SealActive();
        CreateNext(fileBytes);
        return false;
    }

    /// <summary>True when space may come of a file that is given up.</summary>
    private bool MayGiveUpAnother(LogFile file) => _index.Files.Values.Any(other => other != file && other.IsSealed);

    private bool Stall(FormattableString reason)
    {
        _stalled = reason.ToString(CultureInfo.InvariantCulture);
        return false;
    }

    private void SealActive()
    {
        if (_active is not { } active)
            return;
        active.IsSealed = true;
        _active = null;
        TrimIfSafe(active);
    }

    private void CreateNext(long fileBytes)
    {
        var file = _creating = new LogFile(_nextFile++) { ChargedBytes = fileBytes };
        _index.Add(file);
        Issue(new CreateFile(NextNumber(), file.Number, fileBytes), done =>
        {
            _creating = null;
            if (done.Status == DeviceStatus.Ok)
            {
                _active = file;
                _full = _isRefused = false;
                _broken = _stalled = null;
                _wantedBytes = 0;
                return;
            }

            // It may exist in part: it is deleted like any file in which nothing lives.
            file.IsSealed = file.IsTrimmed = _isRefused = true;
            OnDeviceError(done.Status, "a new file could not be created", pause: true);
            if (done.Status != DeviceStatus.NoSpace || !MayGiveUpAnother(file))
                TurnAwayWaiting();
        });
    }
}

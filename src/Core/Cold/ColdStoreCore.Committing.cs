namespace Cascade.Core.Cold;

public sealed partial class ColdStoreCore
{
    private bool _flushing;

    /// <summary>The written records at the head of the log that lie in one file, as far as was counted.</summary>
    private int _groupCount;
    private long _groupBytes;
    private TimeSpan _groupOldest = TimeSpan.MaxValue;
    private TimeSpan _groupDue = TimeSpan.MaxValue;

    private void OnWritten(LogWrite write, DeviceStatus status)
    {
        _writesInFlight--;
        if (write.Kind == LogWriteKind.Copy)
            _index.Files[write.Source.File].InFlight--;
        if (status == DeviceStatus.Ok)
        {
            write.Written = true;
            write.WrittenAt = _now;
        }
        else
        {
            write.SourceLost = status == DeviceStatus.SourceFailed;
            write.Failures += status == DeviceStatus.NoSpace ? 0 : 1;
            _failing = true;
            OnDeviceError(status, "a record could not be written");
        }

        FinishFailing();
    }

    /// <summary>
    /// Flushes the written records at the head of the log, in one file, when they are enough or have waited long enough. What was written
    /// behind a record that is not written yet waits for it: records become durable in the order of the log.
    /// </summary>
    private void BeginFlush()
    {
        _groupDue = TimeSpan.MaxValue;
        if (_flushing || _failing || _log.Count == 0 || !_log[0].Written)
            return;
        var file = _log[0].Place.File;
        while (_groupCount < _log.Count && _log[_groupCount] is { Written: true } write && write.Place.File == file)
        {
            _groupCount++;
            _groupBytes += write.Header.RecordBytes;
            _groupOldest = write.WrittenAt < _groupOldest ? write.WrittenAt : _groupOldest;
        }

        // A file that is closed gets no more company, and a clock that went back says nothing about how long it was.
        var isDue = _now - _groupOldest >= _settings.GroupDelay || _now < _groupOldest || _index.Files[file].IsSealed;
        if (!isDue && _groupCount < _settings.GroupRecordsMax && _groupBytes < _settings.GroupBytesMax)
        {
            _groupDue = _groupOldest + _settings.GroupDelay;
            return;
        }

        _flushing = true;
        var count = _groupCount;
        StartGroup();
        Issue(new Flush(NextNumber(), file), done => OnFlushed(file, count, done.Status));
    }

    private void StartGroup() => (_groupCount, _groupBytes, _groupOldest) = (0, 0, TimeSpan.MaxValue);

    private void OnFlushed(uint fileNumber, int count, DeviceStatus status)
    {
        _flushing = false;
        if (status != DeviceStatus.Ok || _index.Files[fileNumber].IsGone)
        {
            // What the flush was to cover may be lost in the page cache or in the device, whatever a second flush would say.
            foreach (var write in _log)
            {
                if (write.Place.File == fileNumber)
                {
                    write.Failures += write.Written ? 1 : 0;
                    write.Written = false;
                }
            }

            _failing = true;
            OnDeviceError(status, "records could not be flushed");
            FinishFailing();
            return;
        }

        _figures.Flushes++;
        _broken = _full || _isRefused ? _broken : null;
        var flushed = _log.GetRange(0, count);
        _log.RemoveRange(0, count);
        var file = _index.Files[fileNumber];
        file.Unflushed -= count;
        foreach (var write in flushed)
            MakeDurable(write);
        TrimIfSafe(file);
        FinishFailing();
    }

    private void MakeDurable(LogWrite write)
    {
        if (write.Kind == LogWriteKind.Copy)
        {
            OnCopied(write);
            return;
        }

        _figures.Stored++;
        var entry = write.Entry!;
        entry.Write = null;
        entry.OverruledBlock = entry.OverruledKey = null;
        Tell(entry);
        Complete(write, isDurable: true);
        write.Followers?.ForEach(follower => Complete(follower, isDurable: true));
        WakeFetch(entry.Id);
    }

    /// <summary>Gives back what lies behind the last record of a closed file, once all of it is durable.</summary>
    private void TrimIfSafe(LogFile file)
    {
        if (!file.IsSealed || file.IsTrimmed || file.Unflushed > 0)
            return;
        file.IsTrimmed = true;
        if (file.EndBytes < file.ChargedBytes)
            Truncate(file);
    }

    private void Truncate(LogFile file)
    {
        file.InFlight++;
        var endBytes = file.EndBytes;
        Issue(new TruncateFile(NextNumber(), file.Number, endBytes), done =>
        {
            file.InFlight--;
            if (done.Status == DeviceStatus.Ok)
                _index.Charge(file, endBytes);
            else
                _figures.DeviceErrors++;
        });
    }
}

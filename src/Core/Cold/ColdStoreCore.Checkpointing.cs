using Cascade.Core.Log;

namespace Cascade.Core.Cold;

public sealed partial class ColdStoreCore
{
    /// <summary>A picture of the index that waits until all it shows is durable, and where the log ended then.</summary>
    private (byte[] Bytes, LogPosition Until)? _pendingCheckpoint;
    private ulong _checkpointGeneration;
    private long _appendedBytes;
    private long _pictureBytes;
    private bool _isCheckpointing;
    private bool _checkpointSoon;

    /// <summary>A large index is written less often: checkpoints take a small part of what is written.</summary>
    private long CheckpointDueBytes => Math.Max(_settings.CheckpointEveryBytes, 32 * _pictureBytes);

    /// <summary>What is shown then leaves no record to be read again at the next start.</summary>
    private bool IsLogQuiet => _openWrites == 0 && _copies.Count == 0 && _log.Count == 0;

    private void AdvanceCheckpoint()
    {
        if (_isCheckpointing || _failing || _rewrites.Count > 0)
            return;
        if (_pendingCheckpoint is null && ((_checkpointSoon && IsLogQuiet) || _appendedBytes >= CheckpointDueBytes))
            _pendingCheckpoint = TakePicture();
        if (_pendingCheckpoint is not { } pending || (_log.Count > 0 && _log[0].Place < pending.Until))
            return;
        _isCheckpointing = true;
        _pendingCheckpoint = null;
        Issue(new WriteCheckpoint(NextNumber(), (int)(_checkpointGeneration % 2), pending.Bytes), done =>
        {
            _isCheckpointing = false;
            if (done.Status == DeviceStatus.Ok)
                _figures.Checkpoints++;
            else
                OnDeviceError(done.Status, "the index checkpoint could not be written");
        });
    }

    /// <summary>
    /// Headers are read again from the first record on that is not durable now. A copy among them stands in the picture at its
    /// old place, whose file may be gone by the time the picture is read.
    /// </summary>
    private (byte[] Bytes, LogPosition Until) TakePicture()
    {
        _appendedBytes = 0;
        _checkpointSoon = false;
        var end = _active is { } active ? LogPosition.At(active.Number, active.EndBytes)
            : new LogPosition(_creating?.Number ?? _nextFile, 0);
        var from = _log.Count > 0 ? _log[0].Place : end;
        var head = new CheckpointHead(++_checkpointGeneration, from, _nextFile, _isUncertain, _generation);
        var bytes = CheckpointCodec.Encode(head, _index.Files.Values, _index.Held());
        _pictureBytes = bytes.Length;
        return (bytes, end);
    }
}

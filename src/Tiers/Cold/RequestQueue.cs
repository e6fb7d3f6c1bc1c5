using Cascade.Core.Cold;

namespace Cascade.Tiers.Cold;

/// <summary>
/// The requests that wait for a thread, oldest first. Writes that adjoin each other in a file leave as one run. Thread-safe.
/// </summary>
/// <remarks>
/// While few bytes wait to be written, only a few runs are under way at a time, so that small records gather into large transfers while the disk
/// is at work: a disk, and a parallel file system even more, does many small transfers far slower than few large ones.
/// </remarks>
internal sealed class RequestQueue(int capacity)
{
    /// <summary>Most records of a run: their headers and last pages go through a worker's buffer.</summary>
    public const int RunRecordsMax = 128;

    /// <summary>Bytes at which a run is long enough: more of them are begun side by side.</summary>
    private const long RunBytes = 4 << 20;

    /// <summary>Shorter runs under way at a time: one at the disk, and one that follows at once.</summary>
    private const int ShortRunsMax = 2;

    private readonly Queue<(DeviceRequest Request, TimeSpan Deadline)> _others = new();
    private readonly Queue<(DeviceRequest Request, TimeSpan Deadline)> _writes = new();
    private readonly object _gate = new();
    private long _writeBytes;
    private int _runs;
    private bool _closed;

    /// <summary>False when the queue is full or closed.</summary>
    public bool TryAdd(DeviceRequest request, TimeSpan deadline)
    {
        lock (_gate)
        {
            if (_closed || _others.Count + _writes.Count >= capacity)
                return false;
            if (request is WriteRecord { Source.File: 0 } write)
            {
                _writes.Enqueue((write, deadline));
                _writeBytes += write.Header.RecordBytes;

                // While it is to gather company no thread has anything to do: waking one for each record cost more than the rest of its way here.
                if (IsRunReady)
                    Monitor.Pulse(_gate);
            }
            else
            {
                _others.Enqueue((request, deadline));
                Monitor.Pulse(_gate);
            }

            return true;
        }
    }

    /// <summary>
    /// Waits for a request, or for a run of writes, whose end is to be told by <see cref="EndRun"/>. False when the queue is closed.
    /// </summary>
    /// <param name="taken">Takes what was taken; empty before.</param>
    public bool Take(List<DeviceRequest> taken)
    {
        lock (_gate)
        {
            while (!_closed && _others.Count == 0 && !IsRunReady)
                Monitor.Wait(_gate);
            if (_closed)
                return false;
            if (IsRunReady && (_others.Count == 0 || _writes.Peek().Deadline <= _others.Peek().Deadline))
                TakeRun(taken);
            else
                taken.Add(_others.Dequeue().Request);

            // Whoever leaves work behind wakes the next.
            if (_others.Count > 0 || IsRunReady)
                Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>A run that was taken has been carried out.</summary>
    public void EndRun()
    {
        lock (_gate)
        {
            _runs--;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Takes out the oldest request whose time to wait is over.</summary>
    public bool TryTakeExpired(TimeSpan now, out DeviceRequest? request)
    {
        lock (_gate)
        {
            request = _others.Count > 0 && _others.Peek().Deadline <= now ? _others.Dequeue().Request
                : _writes.Count > 0 && _writes.Peek().Deadline <= now ? DequeueWrite()
                : null;
            return request is not null;
        }
    }

    /// <summary>Lets nothing in or out any more; gives what waited.</summary>
    public IReadOnlyList<DeviceRequest> Close()
    {
        lock (_gate)
        {
            _closed = true;
            DeviceRequest[] left = [.. _others.Concat(_writes).Select(w => w.Request)];
            _others.Clear();
            _writes.Clear();
            Monitor.PulseAll(_gate);
            return left;
        }
    }

    private bool IsRunReady => _writes.Count > 0 && (_runs < ShortRunsMax || _writeBytes >= RunBytes);

    private void TakeRun(List<DeviceRequest> taken)
    {
        _runs++;
        var bytes = 0L;
        WriteRecord last;
        do
        {
            last = DequeueWrite();
            taken.Add(last);
            bytes += last.Header.RecordBytes;
        }
        while (taken.Count < RunRecordsMax && _writes.Count > 0 && Adjoins(last, (WriteRecord)_writes.Peek().Request, bytes));
    }

    private static bool Adjoins(WriteRecord last, WriteRecord next, long bytes) =>
        next.Header.Place.File == last.Header.Place.File
        && next.Header.Place.OffsetBytes == last.Header.Place.OffsetBytes + last.Header.RecordBytes
        && bytes + next.Header.RecordBytes <= RunBytes;

    private WriteRecord DequeueWrite()
    {
        var write = (WriteRecord)_writes.Dequeue().Request;
        _writeBytes -= write.Header.RecordBytes;
        return write;
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using Cascade.Core.Cold;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Log;

namespace Cascade.Tiers.Cold;

/// <summary>
/// Reads records of other ranks out of a directory that is shared with them, past the page cache, on a few threads of its own. Thread-safe.
/// </summary>
/// <remarks>
/// Every payload is held against its block's id: the rank that writes may fail, and its files be anything, while they are read. A file is opened for each read, so that
/// none that its writer deleted is kept from giving its space back.
/// </remarks>
public sealed class SharedRecords : IDisposable
{
    /// <summary>Reads that wait for a thread; one more fails at once.</summary>
    private const int QueueMax = 1024;

    private readonly string _directory;
    private readonly DigestAlgorithm _algorithm;
    private readonly TimeProvider _time;
    private readonly BlockingCollection<Request> _queue = new(QueueMax);
    private readonly Thread[] _threads;
    private int _disposed;

    /// <summary>Starts the threads.</summary>
    /// <param name="directory">The directory, which exists.</param>
    /// <param name="algorithm">What block ids of the cluster are digests by.</param>
    /// <param name="threads">How many records are read at a time: 1 or more.</param>
    /// <param name="time">The clock of deadlines.</param>
    /// <exception cref="ColdRefusedException">The directory has no name and can be given none; the message says why and what to do.</exception>
    public SharedRecords(string directory, DigestAlgorithm algorithm, int threads, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentNullException.ThrowIfNull(time);
        (_directory, _algorithm, _time) = (directory, algorithm, time);
        DirectoryId = SharedDirectory.IdOf(directory);
        _threads = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(Work) { IsBackground = true, Name = string.Create(CultureInfo.InvariantCulture, $"cascade-shared-{i + 1}") };
            _threads[i].Start();
        }
    }

    /// <summary>Names the directory, to whoever sees it.</summary>
    public string DirectoryId { get; }

    /// <summary>Reads a record's payload.</summary>
    /// <param name="rank">Whose file it lies in.</param>
    /// <param name="record">What its holder said about it.</param>
    /// <param name="address">Where it goes, with room up to the next page boundary. It is written to until the task has ended.</param>
    /// <param name="owner">What keeps that mapped.</param>
    /// <param name="timeout">After so long no further piece is read.</param>
    /// <returns>How it went. The task does not fail.</returns>
    internal Task<DeviceFault> ReadAsync(NodeId rank, RecordLeased record, nint address, object owner, TimeSpan timeout)
    {
        var request = new Request(rank, record, address, owner, timeout, _time.GetTimestamp());
        try
        {
            if (!_queue.TryAdd(request))
                request.Done.SetResult(new DeviceFault(DeviceStatus.IoError, $"{QueueMax} records of other nodes wait to be read already."));
        }
        catch (InvalidOperationException)
        {
            request.Done.SetResult(new DeviceFault(DeviceStatus.IoError, "The node stops."));
        }

        return request.Done.Task;
    }

    /// <summary>Ends what has begun, and fails what has not. When it returns nothing is written to memory any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _queue.CompleteAdding();
        foreach (var thread in _threads)
            thread.Join();
        _queue.Dispose();
    }

    private void Work()
    {
        foreach (var request in _queue.GetConsumingEnumerable())
        {
            DeviceFault fault;
            try
            {
                fault = Read(request);
            }
            catch (Exception failure)
            {
                // A bug in one read, or nonsense from a holder, must not take the others' thread along.
                fault = new DeviceFault(DeviceStatus.IoError, failure.ToString());
            }

            GC.KeepAlive(request.Owner);
            request.Done.SetResult(fault);
        }
    }

    private DeviceFault Read(Request request)
    {
        if (IsOver(request))
            return new DeviceFault(DeviceStatus.IoError, "The record was not read in time.");
        var record = request.Record;
        var header = new LogRecordHeader(LogRecordKind.Block, record.Id, record.LengthBytes, default, _algorithm)
        {
            Place = LogPosition.At(record.File, record.OffsetBytes),
        };
        var path = Path.Combine(_directory, ColdFileNames.Aggregated(checked((int)request.Rank.Value), record.File));
        var fault = DeviceFault.Of(DirectFile.Open(path, DirectFileAccess.Read, null, out var file), "Opening", path);
        if (fault.Occurred)
            return fault;
        using (file)
            return PayloadRead.Run(file!, header, request.Address, isToBeChecked: true, () => IsOver(request));
    }

    private bool IsOver(Request request) => Volatile.Read(ref _disposed) != 0 || _time.GetElapsedTime(request.Since) >= request.Timeout;

    private sealed record Request(NodeId Rank, RecordLeased Record, nint Address, object Owner, TimeSpan Timeout, long Since)
    {
        public TaskCompletionSource<DeviceFault> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

using System.Globalization;
using Cascade.Core.Cold;

namespace Cascade.Tiers.Cold;

/// <summary>A cold directory as a block device: a few threads that each carry out one request at a time by direct transfers.</summary>
/// <remarks>
/// Payloads move between the disk and the payload area without a copy; only a last page that is not whole goes through a buffer, so that it is
/// padded with zeros instead of whatever lies behind it in memory.
/// </remarks>
public sealed class ColdDevice : IColdDevice
{
    private readonly ColdDirectory _directory;
    private readonly PayloadArea _payload;
    private readonly ColdDeviceOptions _options;
    private readonly ColdDeviceHooks _hooks;
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private readonly RequestQueue _queue;
    private readonly OpenFiles _files;
    private readonly Thread[] _threads;
    private readonly ITimer _expiry;
    private int _saidBuffered;
    private int _disposed;

    /// <summary>Starts the threads. The directory is the caller's to dispose, after the device.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public ColdDevice(ColdDirectory directory, PayloadArea payload, ColdDeviceOptions options, ColdDeviceHooks hooks, TimeProvider time)
    {
        options.Validate();
        (_directory, _payload, _options, _hooks, _time) = (directory, payload, options, hooks, time);
        _startedAt = time.GetTimestamp();
        _queue = new RequestQueue(options.QueueMax);
        _files = new OpenFiles(directory, options.OpenFilesMax, SayBuffered);
        _threads = new Thread[options.Threads];
        for (var i = 0; i < _threads.Length; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"cascade-cold-{i + 1}");
            _threads[i] = new Thread(Work) { IsBackground = true, Name = name };
            _threads[i].Start();
        }

        var period = options.QueueTimeout / 4;
        _expiry = time.CreateTimer(_ => AnswerExpired(), null, period, period);
    }

    private TimeSpan Now => _time.GetElapsedTime(_startedAt);

    /// <inheritdoc/>
    public void Submit(DeviceRequest request)
    {
        if (request is WriteRecord { Source.File: 0, Header.PayloadBytes: > 0 } write)
            RequireMemory(write.Memory, write.Header.PayloadBytes);
        if (request is ReadPayload read)
            RequireMemory(read.Destination, read.Header.PayloadBytes);
        if (!_queue.TryAdd(request, Now + _options.QueueTimeout))
            Refuse(request, Volatile.Read(ref _disposed) != 0 ? "the device is closed" : $"{_options.QueueMax} requests are waiting already");
    }

    /// <summary>
    /// Ends what has begun, answers what has not with an I/O error, and stops. When it returns every request is answered. Not to be called from
    /// a hook.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        foreach (var request in _queue.Close())
            Refuse(request, "the device closes");
        foreach (var thread in _threads)
            thread.Join();
        _expiry.Dispose();
        _files.Dispose();
    }

    /// <summary>Answers those that waited too long: all threads are held up, as by a disk that does not answer.</summary>
    internal void AnswerExpired()
    {
        while (_queue.TryTakeExpired(Now, out var request))
            Refuse(request!, $"no thread was free for {_options.QueueTimeout.TotalSeconds:0.#} s: the disk does not keep up");
    }

    private void RequireMemory(in PayloadMemory memory, long payloadBytes)
    {
        if (memory.LengthBytes != payloadBytes)
            throw new ArgumentException($"The memory is for {memory.LengthBytes} bytes, the payload has {payloadBytes}.", nameof(memory));
        _ = _payload.AddressOf(memory);
    }

    private void Work()
    {
        using var worker = new DeviceWorker(_directory, _files, _payload, _options);
        var taken = new List<DeviceRequest>(RequestQueue.RunRecordsMax);
        for (; _queue.Take(taken); taken.Clear())
        {
            if (taken[0] is WriteRecord { Source.File: 0 })
                WriteRun(worker, taken);
            else
                Execute(worker, taken[0]);
        }
    }

    private void Execute(DeviceWorker worker, DeviceRequest request)
    {
        DeviceCompletion completion;
        DeviceFault fault;
        try
        {
            completion = worker.Execute(request, out fault);
        }
        catch (Exception failure)
        {
            fault = FaultOf(failure);
            completion = DeviceWorker.Answer(request, fault.Status);
        }

        Complete(completion, request, fault.Reason);
    }

    private void WriteRun(DeviceWorker worker, List<DeviceRequest> run)
    {
        var (written, fault) = (0, DeviceFault.None);
        try
        {
            fault = worker.WriteRun(run, out written);
        }
        catch (Exception failure)
        {
            fault = FaultOf(failure);
        }

        _queue.EndRun();
        for (var i = 0; i < run.Count; i++)
        {
            var isWritten = i < written;
            Complete(DeviceWorker.Answer(run[i], isWritten ? DeviceStatus.Ok : fault.Status), run[i], isWritten ? null : fault.Reason);
        }
    }

    /// <summary>A bug in one request must not take the others' thread along.</summary>
    private static DeviceFault FaultOf(Exception failure) => new(DeviceStatus.IoError, failure.ToString());

    private void Refuse(DeviceRequest request, string reason) =>
        Complete(DeviceWorker.Answer(request, DeviceStatus.IoError), request, reason);

    private void Complete(DeviceCompletion completion, DeviceRequest request, string? reason)
    {
        if (reason is not null)
            reason = $"{request.GetType().Name} {request.Number} in {_directory.Path} ended {completion.Status}: {reason}";
        _hooks.OnCompletion(completion, reason);
    }

    private void SayBuffered(DirectFile file)
    {
        if (Interlocked.Exchange(ref _saidBuffered, 1) == 0)
            _hooks.OnBuffered?.Invoke($"The file system of {_directory.Path} refuses O_DIRECT (seen at {file.Path}). Files are written through the page "
                + "cache and dropped from it after each transfer, which is slower; a directory on another file system would be used directly.");
    }
}

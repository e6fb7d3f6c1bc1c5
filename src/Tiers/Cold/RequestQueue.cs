using Cascade.Core.Cold;

namespace Cascade.Tiers.Cold;

/// <summary>The requests that wait for a thread, oldest first. Thread-safe.</summary>
internal sealed class RequestQueue(int capacity)
{
    private readonly Queue<(DeviceRequest Request, TimeSpan Deadline)> _waiting = new(capacity);
    private readonly object _gate = new();
    private bool _closed;

    /// <summary>False when the queue is full or closed.</summary>
    public bool TryAdd(DeviceRequest request, TimeSpan deadline)
    {
        lock (_gate)
        {
            if (_closed || _waiting.Count == capacity)
                return false;
            _waiting.Enqueue((request, deadline));
            Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>Waits for a request; null when the queue is closed.</summary>
    public DeviceRequest? Take()
    {
        lock (_gate)
        {
            while (!_closed && _waiting.Count == 0)
                Monitor.Wait(_gate);
            return _closed ? null : _waiting.Dequeue().Request;
        }
    }

    /// <summary>Takes out the oldest request whose time to wait is over.</summary>
    public bool TryTakeExpired(TimeSpan now, out DeviceRequest? request)
    {
        lock (_gate)
        {
            var expired = _waiting.Count > 0 && _waiting.Peek().Deadline <= now;
            request = expired ? _waiting.Dequeue().Request : null;
            return expired;
        }
    }

    /// <summary>Lets nothing in or out any more; gives what waited.</summary>
    public IReadOnlyList<DeviceRequest> Close()
    {
        lock (_gate)
        {
            _closed = true;
            DeviceRequest[] left = [.. _waiting.Select(w => w.Request)];
            _waiting.Clear();
            Monitor.PulseAll(_gate);
            return left;
        }
    }
}

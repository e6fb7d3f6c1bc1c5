using System.Net.Sockets;

namespace Cascade.Tiers.Fabric;

/// <summary>
/// Bounds what the thread of a connection may be blocked in, one after another: closes the connection when the time given is over, or the server
/// ends. For one thread.
/// </summary>
internal sealed class BulkWatch : IDisposable
{
    private readonly Lock _turn = new();
    private readonly TimeProvider _time;
    private readonly Socket _socket;
    private readonly ITimer _timer;
    private readonly CancellationTokenRegistration _stopping;
    private TimeSpan _due = TimeSpan.MaxValue;
    private bool _isOver;

    public BulkWatch(TimeProvider time, Socket socket, CancellationToken stopping)
    {
        (_time, _socket) = (time, socket);
        _timer = time.CreateTimer(static watch => ((BulkWatch)watch!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _stopping = stopping.UnsafeRegister(static watch => ((BulkWatch)watch!).Cut(), this);
    }

    /// <summary>True once it has closed the connection.</summary>
    public bool IsOver
    {
        get
        {
            lock (_turn)
                return _isOver;
        }
    }

    private TimeSpan Now => _time.GetElapsedTime(0);

    /// <summary>From now on the connection has so long, until it is given another time.</summary>
    public void Give(TimeSpan timeout)
    {
        lock (_turn)
        {
            _due = Now + timeout;
            _timer.Change(timeout, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _timer.Dispose();
    }

    /// <summary>The timer may come for a time that was replaced meanwhile.</summary>
    private void Look()
    {
        lock (_turn)
        {
            var left = _due - Now;
            if (left > TimeSpan.Zero)
            {
                _timer.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        Cut();
    }

    private void Cut()
    {
        lock (_turn)
            _isOver = true;
        _socket.Dispose();
    }
}

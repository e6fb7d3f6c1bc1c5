namespace Cascade.Tiers.Fabric;

/// <summary>Threads for work that blocks in sockets: as many as there are works at a time, kept for a while for the next. Thread-safe.</summary>
/// <remarks>It bounds nothing itself: whoever gives it work does.</remarks>
internal sealed class BulkThreads : IDisposable
{
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(30);

    // The last to come to rest goes first, so that those beyond what is needed end.
    private readonly List<Worker> _resting = [];
    private bool _disposed;

    /// <summary>Runs work, which must not throw, on a thread of its own, now.</summary>
    public void Run(Action work)
    {
        var worker = default(Worker);
        lock (_resting)
        {
            if (_resting.Count > 0)
            {
                worker = _resting[^1];
                _resting.RemoveAt(_resting.Count - 1);
            }
        }

        if (worker is null)
            new Worker(this).Start(work);
        else
            worker.Wake(work);
    }

    /// <summary>Ends the threads that rest, and the others when their work is done.</summary>
    public void Dispose()
    {
        lock (_resting)
        {
            _disposed = true;
            foreach (var worker in _resting)
                worker.Wake(null);
            _resting.Clear();
        }
    }

    private bool TryRest(Worker worker)
    {
        lock (_resting)
        {
            if (!_disposed)
                _resting.Add(worker);
            return !_disposed;
        }
    }

    private bool TryLeave(Worker worker)
    {
        lock (_resting)
            return _resting.Remove(worker);
    }

    private sealed class Worker(BulkThreads owner)
    {
        private readonly object _turn = new();
        private Action? _work;
        private bool _isWoken;

        public void Start(Action work)
        {
            _work = work;
            new Thread(Loop) { IsBackground = true, Name = "cascade-bulk" }.Start();
        }

        public void Wake(Action? work)
        {
            lock (_turn)
            {
                (_work, _isWoken) = (work, true);
                Monitor.Pulse(_turn);
            }
        }

        private void Loop()
        {
            while (_work is not null)
            {
                _work();
                _work = null;
                if (!owner.TryRest(this))
                    return;

                // Whoever took it out of the list meanwhile is about to wake it.
                if (!IsWoken(IdleTimeout) && !owner.TryLeave(this))
                    IsWoken(Timeout.InfiniteTimeSpan);
            }
        }

        private bool IsWoken(TimeSpan within)
        {
            lock (_turn)
            {
                while (!_isWoken)
                {
                    if (!Monitor.Wait(_turn, within))
                        return false;
                }

                _isWoken = false;
                return true;
            }
        }
    }
}

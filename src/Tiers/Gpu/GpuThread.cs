namespace Cascade.Tiers.Gpu;

/// <summary>Turns a device's copies over on a thread of its own: asks the driver in quick succession while copies are under way, sleeps when there are none.</summary>
internal sealed class GpuThread : IDisposable
{
    // A piece of a few MiB takes about 100 us: no sleep is short enough to wait for it. After that long without an end the copies are large, or held up.
    private static readonly TimeSpan PollsFor = TimeSpan.FromMilliseconds(5);

    private readonly AutoResetEvent _wake = new(false);
    private readonly TimeProvider _time;
    private readonly Thread _thread;
    private GpuCopier? _copier;
    private volatile bool _stopping;

    public GpuThread(int device, TimeProvider time)
    {
        _time = time;
        _thread = new Thread(Run) { IsBackground = true, Name = $"cascade-gpu-{device}" };
    }

    /// <summary>Has the thread look for work.</summary>
    public void Wake() => _wake.Set();

    public void Start(GpuCopier copier)
    {
        _copier = copier;
        _thread.Start();
    }

    /// <summary>Ends the thread once nothing is under way. The copier is closed first.</summary>
    public void Dispose()
    {
        _stopping = true;
        _wake.Set();
        if (_copier is not null)
            _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        var moved = _time.GetTimestamp();
        while (true)
        {
            switch (_copier!.Turn())
            {
                case GpuPace.Moving:
                    moved = _time.GetTimestamp();
                    break;
                case GpuPace.Idle when _stopping:
                    return;
                case GpuPace.Idle:
                    _wake.WaitOne();
                    moved = _time.GetTimestamp();
                    break;
                case GpuPace.Waiting when _time.GetElapsedTime(moved) < PollsFor:
                    Thread.Yield();
                    break;
                default:
                    _wake.WaitOne(TimeSpan.FromMilliseconds(1));
                    break;
            }
        }
    }
}

namespace Cascade.Actors;

internal sealed class ActorTimers(ActorCell cell) : ITimerScheduler
{
    // Only while there are timers: an idle entity that could have some pays for none.
    private Dictionary<object, ActorTimer>? _timers;

    public void StartPeriodicTimer(object key, object msg, TimeSpan interval) => StartPeriodicTimer(key, msg, interval, interval);

    public void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        Start(key, msg, initialDelay, interval);
    }

    public void StartSingleTimer(object key, object msg, TimeSpan timeout) => Start(key, msg, timeout, null);

    public bool IsTimerActive(object key) => _timers?.ContainsKey(key) == true;

    public void Cancel(object key)
    {
        if (_timers?.Remove(key, out var timer) != true) return;
        timer!.Cancel();
        if (_timers.Count == 0) _timers = null;
    }

    public void CancelAll()
    {
        foreach (var timer in _timers?.Values ?? Enumerable.Empty<ActorTimer>()) timer.Cancel();
        _timers = null;
    }

    /// <summary>Forgets a single timer whose message is being handled.</summary>
    public void Complete(ActorTimer timer)
    {
        _timers?.Remove(timer.Key);
        if (_timers is { Count: 0 }) _timers = null;
    }

    private void Start(object key, object message, TimeSpan delay, TimeSpan? interval)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        Cancel(key);
        var timer = new ActorTimer(this, cell, key, message, interval);
        (_timers ??= []).Add(key, timer);
        cell.System.Timers.Schedule(timer, delay);
    }
}

/// <summary>One timer of an actor; it is itself the signal that waits in the mailbox, so that cancelling it reaches that too.</summary>
internal sealed class ActorTimer(ActorTimers owner, ActorCell cell, object key, object message, TimeSpan? interval) : TimerEntry
{
    private volatile bool _cancelled;
    private int _waiting;

    public object Key => key;

    public object Message => message;

    public void Cancel()
    {
        _cancelled = true;
        cell.System.Timers.Cancel(this);
    }

    public override void Fire()
    {
        if (_cancelled) return;
        if (interval is { } span) cell.System.Timers.Repeat(this, span);
        if (Interlocked.Exchange(ref _waiting, 1) == 0) cell.Mailbox.PostSignal(this);
    }

    /// <summary>True when the message may be handled: the timer was neither cancelled nor replaced meanwhile.</summary>
    public bool TryAccept()
    {
        Volatile.Write(ref _waiting, 0);
        if (_cancelled) return false;
        if (interval is null) owner.Complete(this);
        return true;
    }
}

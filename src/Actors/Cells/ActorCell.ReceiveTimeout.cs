namespace Cascade.Actors;

internal sealed partial class ActorCell
{
    public TimeSpan? ReceiveTimeout => _extras?.ReceiveTimeout?.Span;

    public void SetReceiveTimeout(TimeSpan? timeout)
    {
        if (timeout is { } span) ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(span, TimeSpan.Zero, nameof(timeout));
        _extras?.ReceiveTimeout?.Disarm();
        if (timeout is null)
        {
            if (_extras is not null) _extras.ReceiveTimeout = null;
            return;
        }

        Extras.ReceiveTimeout = new ReceiveTimeoutTimer(this, timeout.Value);
    }
}

/// <summary>Watches for silence without being re-armed at each message: it looks at the last one's stamp when it fires.</summary>
internal sealed class ReceiveTimeoutTimer : TimerEntry
{
    private readonly ActorCell _cell;
    private long _lastMessage;
    private bool _disarmed;

    public ReceiveTimeoutTimer(ActorCell cell, TimeSpan span)
    {
        _cell = cell;
        Span = span;
        Touch();
        cell.System.Timers.Schedule(this, span);
    }

    public TimeSpan Span { get; }

    public void Touch() => _lastMessage = _cell.System.Time.GetTimestamp();

    public void Disarm()
    {
        _disarmed = true;
        _cell.System.Timers.Cancel(this);
    }

    public override void Fire() => _cell.Mailbox.PostSignal(this);

    /// <summary>True when the silence was long enough; arms the next round either way.</summary>
    public bool TryAccept()
    {
        if (_disarmed) return false;
        var left = Span - _cell.System.Time.GetElapsedTime(_lastMessage);
        var isDue = left <= TimeSpan.Zero;
        if (isDue) Touch();
        _cell.System.Timers.Schedule(this, isDue ? Span : left);
        return isDue;
    }
}

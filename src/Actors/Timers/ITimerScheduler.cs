namespace Cascade.Actors;

/// <summary>An actor that has timers: the engine sets <see cref="Timers"/> before <c>PreStart</c>.</summary>
public interface IWithTimers
{
    /// <summary>The actor's timers; not yet there in the constructor.</summary>
    ITimerScheduler Timers { get; set; }
}

/// <summary>
/// Timers that send the actor messages. They belong to the instance: a cancelled, replaced or restarted one's message is never
/// seen, even when it waits in the mailbox already. Deadlines hold to 1 ms, never early. Only for use in the actor's own turns.
/// </summary>
public interface ITimerScheduler
{
    /// <summary>Sends <paramref name="msg"/> every <paramref name="interval"/>; a round is skipped while the last one's message still waits.</summary>
    void StartPeriodicTimer(object key, object msg, TimeSpan interval);

    /// <summary>As above, with another wait before the first round.</summary>
    void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval);

    /// <summary>Sends <paramref name="msg"/> once after <paramref name="timeout"/>, in place of any timer of the same key.</summary>
    void StartSingleTimer(object key, object msg, TimeSpan timeout);

    /// <summary>True from the start of the timer until its message is handled (single) or it is cancelled.</summary>
    bool IsTimerActive(object key);

    /// <summary>Ends the timer of that key, if there is one.</summary>
    void Cancel(object key);

    /// <summary>Ends all timers of the actor.</summary>
    void CancelAll();
}

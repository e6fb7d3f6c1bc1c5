namespace Cascade.Actors;

/// <summary>Something that falls due: a link of the timer wheel's lists, so that arming and cancelling allocate nothing.</summary>
internal abstract class TimerEntry
{
    public TimerEntry? Next;
    public TimerEntry? Previous;
    public long DueTick;

    /// <summary>The list the entry is in; negative while it is in none.</summary>
    public int Slot = -1;

    /// <summary>Called once for each time it was scheduled and not cancelled, outside the wheel's lock.</summary>
    public abstract void Fire();
}

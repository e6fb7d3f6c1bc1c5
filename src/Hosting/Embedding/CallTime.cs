namespace Cascade.Hosting;

/// <summary>
/// The time of one call: it waits for room and for others until its deadline, and <see cref="Grace"/> longer for answers to what it asked by then. So whom it asked
/// can say at the deadline why not, and a call that is not to wait at all can still ask.
/// </summary>
internal readonly struct CallTime(TimeProvider time, TimeSpan deadline)
{
    /// <summary>How much later than its deadline a call may end: several round trips of a network, and nothing that a person notices.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(100);

    private readonly TimeSpan _giveUpAt = time.GetElapsedTime(0) + deadline;

    private CallTime(TimeProvider time, TimeSpan deadline, TimeSpan giveUpAt)
        : this(time, deadline) => _giveUpAt = giveUpAt;

    /// <summary>What the caller gave.</summary>
    public TimeSpan Deadline => deadline;

    /// <summary>The time now, as all moments of the call.</summary>
    public TimeSpan Now => time.GetElapsedTime(0);

    /// <summary>Until the deadline; zero when that is over.</summary>
    public TimeSpan Left => Until(_giveUpAt);

    /// <summary>Until the call has to be over; zero when it has.</summary>
    public TimeSpan LeftToEnd => Until(_giveUpAt + Grace);

    /// <summary>The same with so much more: for what is work, and no wait.</summary>
    public CallTime LaterBy(TimeSpan work) => new(time, deadline, _giveUpAt + work);

    private TimeSpan Until(TimeSpan moment)
    {
        var left = moment - Now;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}

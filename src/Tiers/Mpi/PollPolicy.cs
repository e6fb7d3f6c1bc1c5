namespace Cascade.Tiers.Mpi;

/// <summary>Decides after each poll of MPI whether the next comes at once. For one thread.</summary>
/// <remarks>A poll that took long had work to do, and more of it is likely to follow: then it polls on for a while, and otherwise rests between polls.</remarks>
internal struct PollPolicy(TimeSpan busyAbove, int pollsAfterWork)
{
    private int _left;

    /// <summary>True when there is time for a rest before the next poll.</summary>
    public bool RestsAfter(TimeSpan pollTook)
    {
        if (pollTook > busyAbove)
            _left = pollsAfterWork;
        else if (_left > 0)
            _left--;
        return _left == 0;
    }
}

namespace Cascade.Core.Clocks;

/// <summary>Deadline arithmetic that neither overflows on an endless wait nor goes back on a negative one.</summary>
internal static class Deadline
{
    public static TimeSpan After(TimeSpan now, TimeSpan wait)
    {
        if (wait <= TimeSpan.Zero)
            return now;
        return wait > TimeSpan.MaxValue - now ? TimeSpan.MaxValue : now + wait;
    }
}

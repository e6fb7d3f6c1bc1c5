namespace Cascade.LoadTests.Engine;

/// <summary>When arrivals come and how many copies run, for simulations one after the other. Times count from the start. Immutable.</summary>
internal sealed class LoadPlan
{
    /// <summary>Arrivals are counted by a sum of products of doubles: a whole number that comes out this little short is meant.</summary>
    private const double Rounding = 1e-6;

    private readonly List<Segment> _segments = [];

    /// <summary>Lays simulations one after the other. A ramp goes on from the one before when that is of its own model.</summary>
    public LoadPlan(IReadOnlyList<LoadSimulation> simulations)
    {
        ArgumentOutOfRangeException.ThrowIfZero(simulations.Count);
        var (start, arrivals) = (TimeSpan.Zero, 0.0);
        LoadSimulation? before = null;
        foreach (var simulation in simulations)
        {
            var from = !simulation.IsRamp ? simulation.Target : before?.IsOpen == simulation.IsOpen ? before.Target : 0;
            var segment = new Segment(start, simulation.During, simulation.IsOpen, from, simulation.Target, arrivals);
            _segments.Add(segment);
            arrivals = segment.ArrivalsAfter;
            (start, before) = (segment.End, simulation);
        }

        Duration = start;
        CopiesMax = (int)_segments.Where(segment => !segment.IsOpen).Select(segment => Math.Max(segment.From, segment.To)).DefaultIfEmpty().Max();
    }

    /// <summary>How long all of it takes.</summary>
    public TimeSpan Duration { get; }

    /// <summary>The most copies at one time.</summary>
    public int CopiesMax { get; }

    /// <summary>The moments at which something starts, in order: an arrival, or one more copy.</summary>
    public IEnumerable<Start> Starts()
    {
        var copies = 0;
        foreach (var segment in _segments)
        {
            if (segment.IsOpen)
            {
                copies = 0;
                foreach (var at in segment.Arrivals())
                    yield return new Start(at, IsArrival: true, Copy: -1);
                continue;
            }

            // On a way down, copies end by themselves; the next way up starts them again.
            copies = Math.Min(copies, segment.CopiesAt(segment.Start));
            for (; copies < Math.Max(segment.From, segment.To); copies++)
                yield return new Start(segment.StartOfCopy(copies), IsArrival: false, copies);
            copies = (int)segment.To;
        }
    }

    /// <summary>How many copies are to run at a moment; 0 when it is over.</summary>
    public int CopiesAt(TimeSpan at)
    {
        foreach (var segment in _segments)
        {
            if (at < segment.End)
                return segment.IsOpen ? 0 : segment.CopiesAt(at);
        }

        return 0;
    }

    /// <summary>A moment at which something starts.</summary>
    /// <param name="At">When, from the start of the plan.</param>
    /// <param name="IsArrival">True for an arrival, false for a copy.</param>
    /// <param name="Copy">Number of the copy, from 0.</param>
    internal readonly record struct Start(TimeSpan At, bool IsArrival, int Copy);

    private sealed record Segment(TimeSpan Start, TimeSpan During, bool IsOpen, double From, double To, double ArrivalsBefore)
    {
        public TimeSpan End => Start + During;

        public double ArrivalsAfter => IsOpen ? ArrivalsBefore + ((From + To) / 2 * During.TotalSeconds) : ArrivalsBefore;

        /// <summary>The k-th arrival of all comes when the integral of the rate reaches k.</summary>
        public IEnumerable<TimeSpan> Arrivals()
        {
            var slope = (To - From) / During.TotalSeconds;
            for (var k = (long)Math.Ceiling(ArrivalsBefore - Rounding); k < ArrivalsAfter - Rounding; k++)
            {
                var wanted = Math.Max(0, k - ArrivalsBefore);

                // From the root of slope t^2 / 2 + From t = wanted, in the form that does not cancel.
                var root = Math.Sqrt(Math.Max(0, (From * From) + (2 * slope * wanted)));
                var seconds = wanted == 0 ? 0 : 2 * wanted / (From + root);
                yield return Start + TimeSpan.FromTicks(Math.Min((long)Math.Round(seconds * TimeSpan.TicksPerSecond), During.Ticks));
            }
        }

        public int CopiesAt(TimeSpan at)
        {
            var (from, to) = ((long)From, (long)To);
            var passed = Math.Max(0, (at - Start).Ticks);
            var steps = (long)((Int128)Math.Abs(to - from) * passed / During.Ticks);
            return (int)(to > from ? Math.Min(to, from + steps + 1) : from - steps);
        }

        public TimeSpan StartOfCopy(int copy)
        {
            var (from, to) = ((long)From, (long)To);
            if (copy < from || to <= from)
                return Start;
            var ticks = ((Int128)During.Ticks * (copy - from) + (to - from) - 1) / (to - from);
            return Start + TimeSpan.FromTicks((long)ticks);
        }
    }
}

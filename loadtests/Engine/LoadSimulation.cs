namespace Cascade.LoadTests.Engine;

/// <summary>How a stretch of load comes about.</summary>
internal enum SimulationKind
{
    /// <summary>Open: arrivals at a fixed rate, whatever the answers do.</summary>
    Inject,

    /// <summary>Open: the rate goes in a straight line from the one before to its own.</summary>
    RampingInject,

    /// <summary>Closed: a fixed number of copies, each starting again when it is done.</summary>
    KeepConstant,

    /// <summary>Closed: the number of copies goes in equal steps from the one before to its own.</summary>
    RampingConstant,
}

/// <summary>One stretch of load. Made by <see cref="Simulation"/>.</summary>
/// <param name="Kind">How it comes about.</param>
/// <param name="Target">Arrivals a second, or copies; what a ramp ends at.</param>
/// <param name="During">How long.</param>
internal sealed record LoadSimulation(SimulationKind Kind, double Target, TimeSpan During)
{
    /// <summary>True when arrivals do not wait for answers.</summary>
    public bool IsOpen => Kind is SimulationKind.Inject or SimulationKind.RampingInject;

    /// <summary>True when it goes from the load before it to its own.</summary>
    public bool IsRamp => Kind is SimulationKind.RampingInject or SimulationKind.RampingConstant;

    /// <summary>The same load without the ramp, for another time: what a warm-up does.</summary>
    public LoadSimulation Steady(TimeSpan during) => new(IsOpen ? SimulationKind.Inject : SimulationKind.KeepConstant, Target, during);
}

/// <summary>Makes load simulations, in NBomber's words.</summary>
internal static class Simulation
{
    /// <summary><paramref name="rate"/> arrivals an interval, evenly spaced.</summary>
    public static LoadSimulation Inject(double rate, TimeSpan interval, TimeSpan during) => Open(SimulationKind.Inject, rate, interval, during);

    /// <summary>A ramp from the rate before (none: 0) to <paramref name="rate"/> arrivals an interval.</summary>
    public static LoadSimulation RampingInject(double rate, TimeSpan interval, TimeSpan during) =>
        Open(SimulationKind.RampingInject, rate, interval, during);

    /// <summary>So many copies of the scenario, each in a loop.</summary>
    public static LoadSimulation KeepConstant(int copies, TimeSpan during) => Closed(SimulationKind.KeepConstant, copies, during);

    /// <summary>A ramp from the copies before (none: 0) to so many: the i-th of n further ones starts at i/n of the time.</summary>
    public static LoadSimulation RampingConstant(int copies, TimeSpan during) => Closed(SimulationKind.RampingConstant, copies, during);

    private static LoadSimulation Open(SimulationKind kind, double rate, TimeSpan interval, TimeSpan during)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rate);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(during, TimeSpan.Zero);
        return new LoadSimulation(kind, rate / interval.TotalSeconds, during);
    }

    private static LoadSimulation Closed(SimulationKind kind, int copies, TimeSpan during)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(copies);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(during, TimeSpan.Zero);
        return new LoadSimulation(kind, copies, during);
    }
}

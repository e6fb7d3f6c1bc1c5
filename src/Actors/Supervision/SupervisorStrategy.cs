namespace Cascade.Actors;

/// <summary>How an actor deals with failures of its children. Immutable; may be shared.</summary>
public abstract class SupervisorStrategy
{
    /// <summary>Makes a strategy.</summary>
    /// <param name="maxNrOfRetries">Restarts of a child allowed within the range; -1 for any number. The next failure stops it.</param>
    /// <param name="withinTimeRange">The range they are counted in; null or <see cref="Timeout.InfiniteTimeSpan"/> for the child's life.</param>
    /// <param name="decider">Which directive answers which exception; null for <see cref="DefaultDecider"/>.</param>
    protected SupervisorStrategy(int maxNrOfRetries, TimeSpan? withinTimeRange, Func<Exception, Directive>? decider)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxNrOfRetries, -1);
        MaxNumberOfRetries = maxNrOfRetries;
        WithinTimeRange = withinTimeRange is { } range && range > TimeSpan.Zero ? range : Timeout.InfiniteTimeSpan;
        Decider = decider ?? DefaultDecider;
    }

    /// <summary>Restarts each child that fails, any number of times; stops those that cannot start, were killed, or broke a death pact.</summary>
    public static SupervisorStrategy DefaultStrategy { get; } = new OneForOneStrategy(DefaultDecider);

    /// <summary>Stops each child that fails.</summary>
    public static SupervisorStrategy StoppingStrategy { get; } = new OneForOneStrategy(static _ => Directive.Stop);

    /// <summary>Restarts allowed within the range; -1 for any number.</summary>
    public int MaxNumberOfRetries { get; }

    /// <summary>The range they are counted in.</summary>
    public TimeSpan WithinTimeRange { get; }

    /// <summary>Which directive answers which exception.</summary>
    public Func<Exception, Directive> Decider { get; }

    /// <summary>True when a directive for one child holds for its siblings too.</summary>
    internal abstract bool IsForAll { get; }

    /// <summary>Stop for what a restart cannot mend, else restart.</summary>
    public static Directive DefaultDecider(Exception cause) => cause switch
    {
        ActorInitializationException or ActorKilledException or DeathPactException => Directive.Stop,
        _ => Directive.Restart,
    };
}

/// <summary>Deals with the failed child alone.</summary>
public sealed class OneForOneStrategy : SupervisorStrategy
{
    /// <summary>Decides by <paramref name="decider"/>, with any number of restarts.</summary>
    public OneForOneStrategy(Func<Exception, Directive>? decider)
        : base(-1, null, decider)
    {
    }

    /// <inheritdoc cref="SupervisorStrategy(int, TimeSpan?, Func{Exception, Directive}?)"/>
    public OneForOneStrategy(int maxNrOfRetries = -1, TimeSpan? withinTimeRange = null, Func<Exception, Directive>? localOnlyDecider = null)
        : base(maxNrOfRetries, withinTimeRange, localOnlyDecider)
    {
    }

    internal override bool IsForAll => false;
}

/// <summary>Deals with all children as with the failed one.</summary>
public sealed class AllForOneStrategy : SupervisorStrategy
{
    /// <summary>Decides by <paramref name="decider"/>, with any number of restarts.</summary>
    public AllForOneStrategy(Func<Exception, Directive>? decider)
        : base(-1, null, decider)
    {
    }

    /// <inheritdoc cref="SupervisorStrategy(int, TimeSpan?, Func{Exception, Directive}?)"/>
    public AllForOneStrategy(int maxNrOfRetries = -1, TimeSpan? withinTimeRange = null, Func<Exception, Directive>? localOnlyDecider = null)
        : base(maxNrOfRetries, withinTimeRange, localOnlyDecider)
    {
    }

    internal override bool IsForAll => true;
}

/// <summary>How often a child was restarted in the running range.</summary>
internal sealed class RestartStatistics
{
    private int _restarts;
    private long _rangeStart;

    public bool RequestRestart(SupervisorStrategy strategy, TimeProvider time)
    {
        if (strategy.MaxNumberOfRetries == 0) return false;
        if (strategy.WithinTimeRange == Timeout.InfiniteTimeSpan)
            return strategy.MaxNumberOfRetries < 0 || ++_restarts <= strategy.MaxNumberOfRetries;

        // A range without a number allows one restart in it, as in Akka.
        var allowed = strategy.MaxNumberOfRetries < 0 ? 1 : strategy.MaxNumberOfRetries;
        if (_restarts == 0 || time.GetElapsedTime(_rangeStart) > strategy.WithinTimeRange)
        {
            _rangeStart = time.GetTimestamp();
            _restarts = 1;
            return true;
        }

        return ++_restarts <= allowed;
    }
}

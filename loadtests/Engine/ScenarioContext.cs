using Cascade.LoadTests.Targets;

namespace Cascade.LoadTests.Engine;

/// <summary>What one instance of a scenario works with. An instance does one run at a time.</summary>
internal sealed class ScenarioContext(int instanceNumber, int seed, ILoadTarget target, TimeProvider time)
{
    private long _stepStart;

    /// <summary>Number of the instance, from 0. As many instances as runs that go on at one time.</summary>
    public int InstanceNumber { get; } = instanceNumber;

    /// <summary>How many runs this instance began before this one.</summary>
    public long InvocationNumber { get; private set; } = -1;

    /// <summary>Of this instance alone; the same numbers from the same seed.</summary>
    public Random Random { get; } = new(seed);

    /// <summary>What the load goes to.</summary>
    public ILoadTarget Target { get; } = target;

    /// <summary>Fires when the run is to be given up.</summary>
    public CancellationToken CancellationToken { get; private set; }

    /// <summary>Where this run's results go.</summary>
    public ScenarioStats Stats { get; private set; } = null!;

    /// <summary>All time of the load.</summary>
    public TimeProvider Time { get; } = time;

    /// <summary>Begins a run.</summary>
    /// <param name="stats">Where its results go.</param>
    /// <param name="startedAt">The timestamp at which it was due: the first step's time counts from there.</param>
    /// <param name="cancellationToken">Fires when it is to be given up.</param>
    public void Begin(ScenarioStats stats, long startedAt, CancellationToken cancellationToken)
    {
        (Stats, _stepStart, CancellationToken) = (stats, startedAt, cancellationToken);
        InvocationNumber++;
    }

    /// <summary>When the step that begins now was due: of a run's first step when the run was, of others now.</summary>
    public long TakeStepStart()
    {
        var start = _stepStart == NotDue ? Time.GetTimestamp() : _stepStart;
        _stepStart = NotDue;
        return start;
    }

    private const long NotDue = long.MinValue;
}

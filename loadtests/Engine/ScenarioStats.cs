using System.Collections.Concurrent;

namespace Cascade.LoadTests.Engine;

/// <summary>What became of a scenario: its steps, whole runs, and the bytes that were compared. Thread-safe.</summary>
internal sealed class ScenarioStats(TimeProvider time)
{
    /// <summary>Name of the row of whole runs.</summary>
    public const string WholeName = "scenario";

    /// <summary>Steps that a scenario may have: a name made of data would grow without end.</summary>
    private const int StepsMax = 32;

    private readonly ConcurrentDictionary<string, StepStats> _steps = new();
    private readonly double _nanosecondsPerTick = 1e9 / time.TimestampFrequency;
    private long _checkedBlocks;
    private long _checkedBytes;
    private long _wrongBlocks;
    private long _wrongBytes;
    private long _overruns;

    /// <summary>Whole runs, from the moment for which they were planned.</summary>
    public StepStats Whole { get; } = new(WholeName);

    /// <summary>How late the load itself was: from the planned moment of an arrival to its being handed out.</summary>
    public LatencyHistogram Lag { get; } = new();

    /// <summary>Arrivals that found the most runs already going on.</summary>
    public long Overruns => Interlocked.Read(ref _overruns);

    /// <summary>Blocks whose bytes were compared, wholly or in samples.</summary>
    public long CheckedBlocks => Interlocked.Read(ref _checkedBlocks);

    /// <summary>Bytes that were compared.</summary>
    public long CheckedBytes => Interlocked.Read(ref _checkedBytes);

    /// <summary>Blocks with a wrong byte.</summary>
    public long WrongBlocks => Interlocked.Read(ref _wrongBlocks);

    /// <summary>Bytes that were not what was put. Must be 0.</summary>
    public long WrongBytes => Interlocked.Read(ref _wrongBytes);

    /// <summary>The steps so far, by name.</summary>
    public IEnumerable<StepStats> Steps => _steps.Values.OrderBy(step => step.Name, StringComparer.Ordinal);

    /// <summary>A step's figures.</summary>
    /// <exception cref="InvalidOperationException">More than 32 steps.</exception>
    public StepStats Step(string name)
    {
        if (_steps.TryGetValue(name, out var step))
            return step;
        return _steps.Count < StepsMax
            ? _steps.GetOrAdd(name, static key => new StepStats(key))
            : throw new InvalidOperationException($"A scenario has at most {StepsMax} steps: '{name}' is one more. Steps are named for what they do, not for data.");
    }

    /// <summary>Counts an arrival that was not begun.</summary>
    public void Overrun(int inFlightMax)
    {
        Interlocked.Increment(ref _overruns);
        Whole.Record(Response.Fail("overrun", $"{inFlightMax} runs were under way already."), 0);
    }

    /// <summary>Counts a block that was compared.</summary>
    public void Checked(long comparedBytes, long wrongBytes)
    {
        Interlocked.Increment(ref _checkedBlocks);
        Interlocked.Add(ref _checkedBytes, comparedBytes);
        if (wrongBytes == 0)
            return;
        Interlocked.Increment(ref _wrongBlocks);
        Interlocked.Add(ref _wrongBytes, wrongBytes);
    }

    /// <summary>Time between two timestamps.</summary>
    public long NanosecondsBetween(long from, long to) => (long)((to - from) * _nanosecondsPerTick);
}

using Cascade.LoadTests.Targets;

namespace Cascade.LoadTests.Engine;

/// <summary>The instances of a scenario: as many as runs go on at one time. Thread-safe.</summary>
internal sealed class InstancePool(int seed, ILoadTarget target, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Stack<ScenarioContext> _free = new();
    private int _made;

    /// <summary>Takes an instance that no run uses.</summary>
    public ScenarioContext Rent()
    {
        lock (_gate)
        {
            if (_free.TryPop(out var instance))
                return instance;
            var number = _made++;
            return new ScenarioContext(number, unchecked((seed * 31) + (number * 7_919)), target, time);
        }
    }

    /// <summary>Gives an instance back.</summary>
    public void Return(ScenarioContext instance)
    {
        lock (_gate)
            _free.Push(instance);
    }
}

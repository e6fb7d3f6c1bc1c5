using Cascade.Actors;
using Cascade.Actors.Simulation;

namespace Cascade.Simulation.World;

/// <summary>
/// What one life of a node runs on: the world's one thread, until the life is over. From then on nothing of it runs any more, as after a kill. A slow
/// node's turns come late.
/// </summary>
internal sealed class NodeTurns(DeterministicDispatcher world, Action<TimeSpan, Action> after, Func<TimeSpan> lateness) : SynchronizationContext, IDispatcher
{
    /// <summary>The life is over.</summary>
    public bool IsOver { get; set; }

    /// <summary>Turns come late.</summary>
    public bool IsSlow { get; set; }

    public int Throughput => 1;

    public bool OwnsContinuations => true;

    public void Schedule(IRunnable runnable)
    {
        if (IsOver)
            return;
        var turn = new Turn(this, runnable);
        if (IsSlow)
            after(lateness(), () => world.Schedule(turn));
        else
            world.Schedule(turn);
    }

    public override void Post(SendOrPostCallback d, object? state) => Schedule(new Posted(d, state));

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    private sealed class Turn(NodeTurns node, IRunnable inner) : IRunnable
    {
        public void Run()
        {
            if (node.IsOver)
                return;
            var outer = Current;
            SetSynchronizationContext(node);
            try
            {
                inner.Run();
            }
            finally
            {
                SetSynchronizationContext(outer);
            }
        }

        public void Execute() => Run();
    }

    private sealed class Posted(SendOrPostCallback callback, object? state) : IRunnable
    {
        public void Run() => callback(state);

        public void Execute() => Run();
    }
}

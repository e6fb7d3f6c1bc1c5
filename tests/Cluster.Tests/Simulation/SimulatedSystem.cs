using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Actors.Simulation;

namespace Cascade.Cluster.Tests.Simulation;

/// <summary>A system in one thread under virtual time; its errors and the messages nobody wanted are collected.</summary>
internal sealed class SimulatedSystem : IDisposable
{
    /// <summary>Longer than anything that is answered may take.</summary>
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(5);

    private readonly Probe _unhandled;

    /// <summary>Turns run in an order drawn from the seed, or first in first out without one.</summary>
    public SimulatedSystem(ulong? seed = null)
    {
        Dispatcher = seed is { } s ? DeterministicDispatcher.Seeded(Time, s) : DeterministicDispatcher.Fifo(Time);
        System = ActorSystem.Create(
            "sim", new ActorSystemSettings { Time = Time, Dispatcher = Dispatcher, AskTimeout = AskTimeout, LogSink = Log.Add });
        _unhandled = Probe("unhandled");
        System.EventStream.Subscribe(_unhandled.Ref, typeof(UnhandledMessage));
        Run();
    }

    public VirtualTimeProvider Time { get; } = new();

    public DeterministicDispatcher Dispatcher { get; }

    public ActorSystem System { get; }

    public Recipients Recipients { get; } = new();

    public List<LogEvent> Log { get; } = [];

    /// <summary>What actors were told and did not know, in order.</summary>
    public IEnumerable<object> Unhandled => _unhandled.Messages.Cast<UnhandledMessage>().Select(u => u.Message);

    public Probe Probe(string? name = null)
    {
        var messages = new List<object>();
        return new Probe(System.ActorOf(Props.Create(() => new ProbeActor(messages)), name), messages);
    }

    /// <summary>A probe in the place of every actor that a node's cores send to by name.</summary>
    public Probe ProbeFor(object destination)
    {
        var probe = Probe();
        Recipients.Add(destination, probe.Ref);
        return probe;
    }

    public void Run() => Dispatcher.RunUntilIdle();

    public void Advance(TimeSpan span) => Dispatcher.Advance(span);

    public object Ask(IActorRef actor, object message) => Ask<object>(actor, message);

    public T Ask<T>(IActorRef actor, object message) => Dispatcher.Run(() => actor.Ask<T>(message));

    /// <summary>Entities that a region keeps alive.</summary>
    public int EntitiesOf(IActorRef region) =>
        Ask<ShardRegionStats>(region, GetShardRegionStats.Instance).Stats.Values.Sum();

    public void Dispose()
    {
        System.Dispose();
        Run();
    }

    private sealed class ProbeActor(List<object> messages) : UntypedActor
    {
        protected override void OnReceive(object message) => messages.Add(message);
    }
}

/// <summary>An actor that keeps what it is told.</summary>
internal sealed record Probe(IActorRef Ref, List<object> Messages)
{
    /// <summary>All that it was told since the last look.</summary>
    public List<object> Take()
    {
        List<object> taken = [.. Messages];
        Messages.Clear();
        return taken;
    }
}

using System.Globalization;
using Cascade.Actors.Simulation;

namespace Cascade.Actors.Tests;

/// <summary>A system under virtual time and the deterministic dispatcher, with its errors and dead letters collected.</summary>
internal sealed class SimulatedSystem
{
    public SimulatedSystem(ulong? seed = null, Func<ActorSystemSettings, ActorSystemSettings>? configure = null)
    {
        Dispatcher = seed is { } s ? DeterministicDispatcher.Seeded(Time, s) : DeterministicDispatcher.Fifo(Time);
        var settings = new ActorSystemSettings { Time = Time, Dispatcher = Dispatcher, LogSink = Log.Add };
        System = ActorSystem.Create("test", configure?.Invoke(settings) ?? settings);
        DeadLetters = Probe("dead-letter-probe");
        System.EventStream.Subscribe(DeadLetters.Ref, typeof(DeadLetter));
        Run();
    }

    public VirtualTimeProvider Time { get; } = new();

    public DeterministicDispatcher Dispatcher { get; }

    public ActorSystem System { get; }

    public List<LogEvent> Log { get; } = [];

    public Probe DeadLetters { get; }

    public Probe Probe(string? name = null)
    {
        var messages = new List<object>();
        return new Probe(System.ActorOf(Props.Create(() => new ProbeActor(messages)), name), messages);
    }

    public IActorRef Start<TActor>(Func<TActor> factory, string? name = null)
        where TActor : ActorBase => System.ActorOf(Props.Create(factory), name);

    public void Run() => Dispatcher.RunUntilIdle();

    public void Advance(double seconds) => Dispatcher.Advance(TimeSpan.FromSeconds(seconds));

    public static IEnumerable<ulong> Seeds(int count) => Enumerable.Range(1, count).Select(i => (ulong)i);

    /// <summary>Runs a scenario under many seeds; a failure names its seed.</summary>
    public static void ForSeeds(int count, Action<ulong> scenario)
    {
        foreach (var seed in Seeds(count))
        {
            try
            {
                scenario(seed);
            }
            catch (Exception cause)
            {
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {cause.Message}"), cause);
            }
        }
    }

    private sealed class ProbeActor(List<object> messages) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is WatchIt watch) Context.Watch(watch.Subject);
            else if (message is UnwatchIt unwatch) Context.Unwatch(unwatch.Subject);
            else messages.Add(message);
        }
    }
}

internal sealed record WatchIt(IActorRef Subject);

internal sealed record UnwatchIt(IActorRef Subject);

/// <summary>An actor that keeps what it is told.</summary>
internal sealed record Probe(IActorRef Ref, List<object> Messages)
{
    public IEnumerable<T> Of<T>() => Messages.OfType<T>();
}

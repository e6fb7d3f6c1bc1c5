using Cascade.Actors.Remoting;
using Cascade.Actors.Remoting.Simulated;
using Cascade.Actors.Simulation;

namespace Cascade.Actors.Tests.Remoting;

/// <summary>Several nodes in one thread, joined by a simulated network.</summary>
internal sealed class RemoteWorld
{
    public RemoteWorld(ulong seed = 1)
    {
        Dispatcher = DeterministicDispatcher.Seeded(Time, seed);
        Network = new SimulatedNetwork(Time, seed);
    }

    public VirtualTimeProvider Time { get; } = new();

    public DeterministicDispatcher Dispatcher { get; }

    public SimulatedNetwork Network { get; }

    public RemoteNode Start(string host, ulong incarnation = 1, Func<RemoteSettings, RemoteSettings>? configure = null, int port = 1_000)
    {
        var settings = new RemoteSettings { ClusterName = "tests", Host = host, Port = port, Incarnation = incarnation };
        var node = new RemoteNode(this, host, configure?.Invoke(settings) ?? settings);
        Dispatcher.RunUntilIdle();
        return node;
    }

    public void Advance(double seconds) => Dispatcher.Advance(TimeSpan.FromSeconds(seconds));
}

/// <summary>A node of the world, with its log and dead letters.</summary>
internal sealed class RemoteNode
{
    private readonly RemoteWorld _world;

    public RemoteNode(RemoteWorld world, string host, RemoteSettings settings)
    {
        _world = world;
        System = ActorSystem.Create(host, new ActorSystemSettings { Time = world.Time, Dispatcher = world.Dispatcher, LogSink = Log.Add });
        Remote = RemoteSystem.Start(System, settings, new TestCodec(), world.Network.Transport(host));
        DeadLetters = Probe("dead-letter-probe");
        System.EventStream.Subscribe(DeadLetters.Ref, typeof(DeadLetter));
    }

    public ActorSystem System { get; }

    public RemoteSystem Remote { get; }

    public Probe DeadLetters { get; }

    public List<LogEvent> Log { get; } = [];

    public IEnumerable<string> Events => Log.OfType<RemotingEvent>().Select(e => e.Text);

    public Probe Probe(string name)
    {
        var messages = new List<object>();
        return new Probe(System.ActorOf(Props.Create(() => new ProbeActor(messages)), name), messages);
    }

    public IActorRef Echo(string name = "echo") => System.ActorOf(Props.Create(() => new EchoActor()), name);

    public IActorRef At(RemoteNode other, string path) => Remote.Resolve(other.Remote.Address, path);

    /// <summary>Asks and moves time on until the reply or the failure is there; says how long it took.</summary>
    public (object? Reply, Exception? Failure, TimeSpan Took) Ask(IActorRef target, object message, double timeoutSeconds = 5)
    {
        var before = _world.Time.Elapsed;
        try
        {
            var reply = _world.Dispatcher.Run(() => target.Ask<object>(message, TimeSpan.FromSeconds(timeoutSeconds)));
            return (reply, null, _world.Time.Elapsed - before);
        }
        catch (Exception cause)
        {
            return (null, cause, _world.Time.Elapsed - before);
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

    private sealed class EchoActor : ReceiveActor
    {
        public EchoActor()
        {
            Receive<string>(text =>
            {
                switch (text)
                {
                    case "fail":
                        Sender.Tell(new Status.Failure(new InvalidOperationException("it is broken")));
                        break;
                    case "late":
                        Sender.Tell(new Status.Failure(new AskTimeoutException("too slow")));
                        break;
                    case "silent":
                        break;
                    case "success":
                        Sender.Tell(new Status.Success("done"));
                        break;
                    case "unwritable":
                        Sender.Tell(new object());
                        break;
                    case "unreadable-reply":
                        Sender.Tell("unreadable");
                        break;
                    case "who":
                        Sender.Tell(Sender.Path.ToString());
                        break;
                    default:
                        Sender.Tell($"echo {text}");
                        break;
                }
            });
            Receive<int>(number => Sender.Tell(number + 1));
            Receive<byte[]>(bytes => Sender.Tell(bytes.Length));
        }
    }
}

using System.Collections.Concurrent;
using Cascade.Actors.Remoting.Associations;
using Cascade.Actors.Remoting.Frames;
using Cascade.Actors.Remoting.Refs;

namespace Cascade.Actors.Remoting;

/// <summary>Joins an actor system to others: refs to their actors, and their messages to ours. Thread-safe; ends with its system.</summary>
public sealed class RemoteSystem : IRefReader, IDisposable
{
    private const int WiresCached = 4_096;
    private const int PathLengthMax = 16_384;

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, Peer> _peers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<LocalActorRef, byte[]> _wires = new();
    private readonly HashSet<Link> _strangers = [];
    private readonly long _start;
    private ITimer? _timer;
    private long _ticks;
    private int _largestMessage;
    private bool _stopped;
    private ulong _incarnation;

    private RemoteSystem(ActorSystem system, RemoteSettings settings, IMessageCodec codec, IRemoteTransport transport)
    {
        (System, Settings, Transport, _incarnation) = (system, settings, transport, settings.Incarnation);
        _start = system.Time.GetTimestamp();
        Codec = new WireCodec(codec, this);
        Asks = new AskRegistry(settings.AsksMax, settings.Incarnation);
        Address = new Address("cascade", system.Name, settings.Host, settings.Port);
        Name = Address.ToString();
    }

    /// <summary>The system that is joined.</summary>
    public ActorSystem System { get; }

    /// <summary>Told of each peer to which frames flow from now on. On any thread; must be quick and must not throw.</summary>
    public event Action<Address>? Connected;

    /// <summary>Told of each peer to which the connection was lost, or none came about: what was sent and not answered may be lost. As <see cref="Connected"/>.</summary>
    public event Action<Address>? Lost;

    /// <summary>Where other systems reach this one.</summary>
    public Address Address { get; private set; }

    /// <summary>This life of the system, as peers are told: that of the settings, or of the last <see cref="BeginLife"/>.</summary>
    public ulong Incarnation => Volatile.Read(ref _incarnation);

    /// <summary>
    /// Bytes of the largest message that was sent to another system or came from one since the start, with all that its frame has; 0 before the first. Of messages alone:
    /// greetings, heartbeats and their like are a few KiB at most. What is told within the system is not encoded, and not counted.
    /// </summary>
    public int LargestMessageBytes => Volatile.Read(ref _largestMessage);

    internal string Name { get; private set; }

    internal RemoteSettings Settings { get; }

    internal IRemoteTransport Transport { get; }

    internal WireCodec Codec { get; }

    internal AskRegistry Asks { get; }

    internal TimeSpan Now => System.Time.GetElapsedTime(_start);

    /// <summary>Joins a system, listening from now on. At most once a system.</summary>
    /// <param name="system">The system.</param>
    /// <param name="settings">Who it is and its bounds.</param>
    /// <param name="codec">The table of messages, the same on all nodes.</param>
    /// <param name="transport">What carries the bytes; of this system alone.</param>
    /// <exception cref="InvalidOperationException">The system is joined already.</exception>
    /// <exception cref="ArgumentException">The settings are out of range.</exception>
    public static RemoteSystem Start(ActorSystem system, RemoteSettings settings, IMessageCodec codec, IRemoteTransport transport)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(codec);
        ArgumentNullException.ThrowIfNull(transport);
        settings.Validate();
        var made = new RemoteSystem(system, settings, codec, transport);
        if (system.Extension(_ => made) != made) throw new InvalidOperationException($"{system.Name} has its remoting already; start it once.");
        made.Listen();
        return made;
    }

    /// <summary>The remoting of a system; null when it has none.</summary>
    public static RemoteSystem? Of(ActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return system.FindExtension<RemoteSystem>();
    }

    /// <summary>The ref for a full path; to a local actor when the address is this system's own, to nobody's mailbox when there is none.</summary>
    /// <exception cref="FormatException">The text is no <c>cascade://system@host:port/path</c>.</exception>
    /// <exception cref="InvalidOperationException">Too many peers are known, or the remoting has ended.</exception>
    public IActorRef Resolve(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!ActorPaths.TryParse(path, out var address, out var local) || local.Length < 2)
            throw new FormatException($"'{path}' is no path of an actor: write cascade://system@host:port/user/name.");
        return Resolve(address, local);
    }

    /// <summary>The ref for a path, such as <c>/user/name</c>, of the system at an address.</summary>
    /// <param name="address">Where the peer listens.</param>
    /// <param name="path">The path, without address.</param>
    /// <param name="incarnation">
    /// The only life of the peer that messages are for, its <see cref="Incarnation"/>: in any other they are dead letters. 0 for whichever is there.
    /// </param>
    public IActorRef Resolve(Address address, string path, ulong incarnation = 0)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(path.Length, PathLengthMax, nameof(path));
        if (address == Address) return (IActorRef?)ActorPaths.Find(System, path, 0) ?? new MissingActorRef(System, ActorPaths.Parse(address, path, 0));
        var peer = TryPeer(address) ?? throw new InvalidOperationException($"{address} has no host, {Settings.PeersMax} peers are known already, or the remoting has ended.");
        return new RemoteActorRef(peer, incarnation, path, 0);
    }

    /// <inheritdoc/>
    public IActorRef? Read(string path)
    {
        if (path is null || !ActorPaths.TryParse(path, out var address, out var local) || local.Length < 2) return null;
        return address != Address && TryPeer(address) is null ? null : Resolve(address, local);
    }

    /// <summary>
    /// Goes on as a later life: for a host that finds that a former life at its address was given a later number than this one, by a clock that has been set back since.
    /// Peers are greeted anew, and take this for a restart: what was sent and not answered may be lost, and refs that were given out before are good for nobody.
    /// </summary>
    /// <param name="incarnation">Greater than <see cref="Incarnation"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not greater.</exception>
    public void BeginLife(ulong incarnation)
    {
        lock (_lock)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(incarnation, _incarnation);
            Volatile.Write(ref _incarnation, incarnation);
        }

        foreach (var peer in _peers.Values) peer.Step((association, now, effects) => association.BeginLife(incarnation, now, effects));
    }

    /// <summary>
    /// Says that a life of a peer is over, whatever it says itself. When no other life of it is known: watches of its actors fire, open asks fail at once,
    /// messages to it are dead letters until <see cref="MarkUp"/> or until it greets in another life. That life's connections are refused either way.
    /// </summary>
    /// <param name="address">Where the peer listens.</param>
    /// <param name="incarnation">The life: the peer's <see cref="Incarnation"/>.</param>
    public void MarkDown(Address address, ulong incarnation)
    {
        ArgumentOutOfRangeException.ThrowIfZero(incarnation);
        TryPeer(address)?.Step((association, now, effects) => association.MarkDown(incarnation, now, effects));
    }

    /// <summary>
    /// Says that a life of a peer is taken for dead, as by a failure detector, which may be wrong: watches of its actors fire and open asks fail at once, and
    /// connections to it and from it are still made, so that it is found again when it was only out of reach.
    /// </summary>
    /// <param name="address">Where the peer listens.</param>
    /// <param name="incarnation">The life: the peer's <see cref="Incarnation"/>.</param>
    public void MarkLost(Address address, ulong incarnation)
    {
        ArgumentOutOfRangeException.ThrowIfZero(incarnation);
        TryPeer(address)?.Step((association, now, effects) => association.MarkLost(incarnation, now, effects));
    }

    /// <summary>
    /// Says that a life of a peer is there: it may be called at once, and any former life is over as by <see cref="MarkDown"/>. It takes that back of the same
    /// life. What is said of a life before the one that is known changes nothing.
    /// </summary>
    /// <param name="address">Where the peer listens.</param>
    /// <param name="incarnation">The life: the peer's <see cref="Incarnation"/>.</param>
    public void MarkUp(Address address, ulong incarnation)
    {
        ArgumentOutOfRangeException.ThrowIfZero(incarnation);
        TryPeer(address)?.Step((association, now, effects) => association.MarkUp(incarnation, now, effects));
    }

    /// <summary>Whether frames flow between this system and a peer now.</summary>
    public bool IsConnected(Address address) =>
        address is not null && _peers.TryGetValue(address.ToString(), out var peer) && peer.State == AssociationState.Established;

    /// <summary>Says farewell to all peers and takes no more connections.</summary>
    public void Dispose()
    {
        Link[] strangers;
        lock (_lock)
        {
            if (_stopped) return;
            _stopped = true;
            strangers = [.. _strangers];
        }

        _timer?.Dispose();
        Transport.StopListening();
        foreach (var stranger in strangers) stranger.Close(ByeCode.Shutdown, "the node ends");
        foreach (var peer in _peers.Values) peer.Step(static (association, now, effects) => association.Stop(now, effects));
    }

    internal Peer? TryPeer(Address address)
    {
        var name = address.ToString();
        if (_peers.TryGetValue(name, out var known)) return known;
        lock (_lock)
        {
            if (_peers.TryGetValue(name, out known)) return known;
            if (_stopped || _peers.Count >= Settings.PeersMax || address.Host is null || name == Name) return null;
            return _peers[name] = new Peer(this, address);
        }
    }

    internal byte[] WireOf(LocalActorRef local)
    {
        if (_wires.TryGetValue(local, out var wire)) return wire;
        // Dropping all is cheap, and keeps refs of stopped actors from gathering.
        if (_wires.Count >= WiresCached) _wires.Clear();
        return _wires[local] = RemoteActorRef.WireOf(local.Path.ToStringWithoutAddress(), (uint)local.Uid);
    }

    /// <summary>A message of so many bytes was encoded, or has come. Any thread.</summary>
    internal void CountMessage(int bytes)
    {
        var largest = Volatile.Read(ref _largestMessage);
        while (bytes > largest)
        {
            var seen = Interlocked.CompareExchange(ref _largestMessage, bytes, largest);
            if (seen == largest) return;
            largest = seen;
        }
    }

    internal void Forget(Link link)
    {
        lock (_lock)
        {
            _strangers.Remove(link);
        }
    }

    internal void TellConnected(Address peer) => Connected?.Invoke(peer);

    internal void TellLost(Address peer) => Lost?.Invoke(peer);

    internal void Note(string peer, string text) => System.Publish(new RemotingEvent(peer, Name, text));

    internal void ScheduleFlush(Peer peer) => System.Dispatcher.Schedule(peer);

    private void Listen()
    {
        var port = Transport.Listen(Settings.BindHost ?? Settings.Host, Settings.Port, Accept);
        Address = Address with { Port = port };
        Name = Address.ToString();
        using (ExecutionContext.SuppressFlow())
            _timer = System.Time.CreateTimer(static remote => ((RemoteSystem)remote!).Tick(), this, Settings.TickInterval, Settings.TickInterval);
        // At once and on the thread that ends the system, so that one thread stays one thread.
        _ = System.WhenTerminated.ContinueWith(
            static (_, remote) => ((RemoteSystem)remote!).Dispose(), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private Link? Accept(IRemoteConnection connection)
    {
        lock (_lock)
        {
            if (_stopped || _strangers.Count >= Settings.StrangersMax) return null;
            var link = new Link(this, null, connection) { GreetingDeadline = Now + Settings.HandshakeTimeout };
            _strangers.Add(link);
            return link;
        }
    }

    private void Tick()
    {
        var now = Now;
        Link[] late;
        lock (_lock)
        {
            late = _strangers.Count == 0 ? [] : [.. _strangers.Where(link => now >= link.GreetingDeadline)];
        }

        foreach (var link in late) link.Close(ByeCode.Other, "no greeting in time");
        foreach (var (_, peer) in _peers) peer.Tick();
        if (++_ticks % 16 == 0) Asks.Sweep();
    }
}

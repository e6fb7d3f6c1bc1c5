using System.Globalization;
using Cascade.Actors.Simulation;

namespace Cascade.Actors.Remoting.Simulated;

/// <summary>
/// A network in memory under virtual time: seeded delays, bytes cut into pieces of any size, partitions and lost connections. The same seed gives
/// the same run. For one thread.
/// </summary>
/// <remarks>Bytes of one connection stay in order, as TCP keeps them. A piece that a partition swallows ends what its connection delivers in that
/// direction, for good: there is no byte stream with a gap.</remarks>
public sealed class SimulatedNetwork(TimeProvider time, ulong seed)
{
    private readonly SplitMix64 _random = new(seed);
    private readonly Dictionary<string, Listener> _listeners = new(StringComparer.Ordinal);
    private readonly HashSet<(string From, string To)> _blocked = [];
    private readonly List<SimulatedConnection> _connections = [];
    private readonly HashSet<ITimer> _timers = [];
    private readonly long _start = time.GetTimestamp();
    private int _ports = 10_000;

    /// <summary>Shortest way of a piece.</summary>
    public TimeSpan DelayMin { get; set; } = TimeSpan.FromMicroseconds(50);

    /// <summary>Longest way of a piece.</summary>
    public TimeSpan DelayMax { get; set; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Largest piece that a batch is cut into.</summary>
    public int PieceBytesMax { get; set; } = 8_192;

    /// <summary>Connections that are open at both ends.</summary>
    public int OpenConnections => _connections.Count / 2;

    /// <summary>A host's way into the network.</summary>
    public IRemoteTransport Transport(string host) => new SimulatedTransport(this, host);

    /// <summary>Swallows what goes from one host to another from now on; what is under way still arrives.</summary>
    public void Block(string from, string to) => _blocked.Add((from, to));

    /// <summary>Swallows what goes between two hosts, both ways.</summary>
    public void Partition(string one, string other)
    {
        Block(one, other);
        Block(other, one);
    }

    /// <summary>Ends all partitions; connections that lost bytes stay mute.</summary>
    public void Heal() => _blocked.Clear();

    /// <summary>Breaks all connections between two hosts at once, with what is under way.</summary>
    public void Cut(string one, string other)
    {
        foreach (var connection in _connections.Where(c => (c.From == one && c.To == other) || (c.From == other && c.To == one)).ToArray())
            connection.Break("connection reset");
    }

    internal TimeSpan Now => time.GetElapsedTime(_start);

    internal int Listen(string host, int port, Func<IRemoteConnection, IRemoteConnectionHandler?> accept)
    {
        if (port == 0) port = _ports++;
        if (!_listeners.TryAdd(Key(host, port), new Listener(host, accept))) throw new InvalidOperationException($"{Key(host, port)} is bound already.");
        return port;
    }

    internal void StopListening(string host, int port) => _listeners.Remove(Key(host, port));

    internal void Dial(string from, string host, int port, IRemoteConnectionHandler handler) => After(Delay(), () =>
    {
        // A partition answers nothing: the caller's own deadline has to end the attempt.
        if (IsBlocked(from, host) || IsBlocked(host, from)) return;
        if (!_listeners.TryGetValue(Key(host, port), out var listener))
        {
            handler.OnClosed("connection refused");
            return;
        }

        var dialed = new SimulatedConnection(this, from, host);
        var accepted = new SimulatedConnection(this, host, from);
        if (listener.Accept(accepted) is not { } acceptor)
        {
            handler.OnClosed("connection refused");
            return;
        }

        dialed.Join(accepted, handler);
        accepted.Join(dialed, acceptor);
        _connections.AddRange([dialed, accepted]);
        After(Delay(), () => handler.OnOpened(dialed));
    });

    internal bool IsBlocked(string from, string to) => _blocked.Contains((from, to));

    internal void Remove(SimulatedConnection connection) => _connections.Remove(connection);

    internal TimeSpan Delay() => DelayMin + ((DelayMax - DelayMin) * _random.NextDouble());

    internal int PieceBytes(int left) => Math.Min(left, 1 + _random.Next(PieceBytesMax));

    internal void After(TimeSpan delay, Action action)
    {
        ITimer? timer = null;
        timer = time.CreateTimer(
            _ =>
            {
                _timers.Remove(timer!);
                timer!.Dispose();
                action();
            }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timers.Add(timer);
        timer.Change(delay, Timeout.InfiniteTimeSpan);
    }

    private static string Key(string host, int port) => string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");

    private sealed record Listener(string Host, Func<IRemoteConnection, IRemoteConnectionHandler?> Accept);

    private sealed class SimulatedTransport(SimulatedNetwork network, string self) : IRemoteTransport
    {
        private (string Host, int Port)? _bound;

        public int Listen(string host, int port, Func<IRemoteConnection, IRemoteConnectionHandler?> accept)
        {
            _bound = (host, network.Listen(host, port, accept));
            return _bound.Value.Port;
        }

        public void Dial(string host, int port, IRemoteConnectionHandler handler) => network.Dial(self, host, port, handler);

        public void StopListening()
        {
            if (_bound is var (host, port)) network.StopListening(host, port);
        }
    }
}

namespace Cascade.Actors.Remoting;

/// <summary>What a system's remoting is made with. Both ends of a connection should agree in <see cref="FrameBytesMax"/>.</summary>
public sealed record RemoteSettings
{
    /// <summary>Only nodes of one cluster talk to each other; at most 80 characters.</summary>
    public required string ClusterName { get; init; }

    /// <summary>Greater than that of any former life at the address, so that a restart is seen; not 0. The start time will do; where it turns out not to, <see cref="RemoteSystem.BeginLife"/>.</summary>
    public required ulong Incarnation { get; init; }

    /// <summary>Where peers reach this node.</summary>
    public required string Host { get; init; }

    /// <summary>What the node listens on; null for <see cref="Host"/>.</summary>
    public string? BindHost { get; init; }

    /// <summary>Where peers reach this node; 0 lets the transport choose.</summary>
    public int Port { get; init; }

    /// <summary>Largest frame taken or sent, in bytes. Bulk bytes never go here, so 4 MiB is a large batch of keys.</summary>
    public int FrameBytesMax { get; init; } = 4 << 20;

    /// <summary>Messages that may wait to be sent to one peer; further ones are dead letters and fail their ask.</summary>
    public int QueueMessagesMax { get; init; } = 65_536;

    /// <summary>Bytes that may wait to be sent to one peer, passed by one frame at most; then as above. Four of the largest frames: a stuck peer costs no more.</summary>
    public int QueueBytesMax { get; init; } = 16 << 20;

    /// <summary>Asks to remote actors that may be open at a time; a further one fails at once.</summary>
    public int AsksMax { get; init; } = 65_536;

    /// <summary>
    /// Remote actors watched at one peer, and local actors watched by one. A watch beyond throws in the actor that watches. When the watched node allows fewer, it
    /// logs that, and the watcher is told of the end of that node alone: both ends should agree.
    /// </summary>
    public int WatchesMax { get; init; } = 65_536;

    /// <summary>Peers known at a time; messages to a further one are dead letters, its connection is refused.</summary>
    public int PeersMax { get; init; } = 4_096;

    /// <summary>Accepted connections that have not said who they are; a further one is closed.</summary>
    public int StrangersMax { get; init; } = 256;

    /// <summary>A connection over which nothing was sent for so long is given a heartbeat.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A connection over which nothing came for so long is lost. Ten heartbeats: a long pause of the peer is no loss.</summary>
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may take to be made.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the two greetings may take.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Wait before the first attempt to connect again; doubles with each failure, with a quarter of jitter.</summary>
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait between two attempts, before jitter.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A peer out of reach for so long is not called again until a message for it comes.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often deadlines are looked at: all spans above are kept to this precision.</summary>
    public TimeSpan TickInterval { get; init; } = TimeSpan.FromMilliseconds(50);

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(ClusterName);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ClusterName.Length, 80, nameof(ClusterName));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Host?.Length ?? 0, 255, nameof(Host));
        ArgumentException.ThrowIfNullOrEmpty(Host);
        ArgumentOutOfRangeException.ThrowIfZero(Incarnation);
        ArgumentOutOfRangeException.ThrowIfLessThan(FrameBytesMax, 4_096);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(FrameBytesMax, 1 << 28);
        ArgumentOutOfRangeException.ThrowIfLessThan(QueueMessagesMax, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(QueueBytesMax, FrameBytesMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(QueueBytesMax, 1 << 28);
        ArgumentOutOfRangeException.ThrowIfLessThan(AsksMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SilenceMax.Ticks, TimeSpan.FromHours(1).Ticks);
        if (SilenceMax < HeartbeatInterval * 2)
            throw new ArgumentException("SilenceMax must be two heartbeats at least, or every quiet connection is lost.", nameof(SilenceMax));
    }
}

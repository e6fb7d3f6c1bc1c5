using System.Net;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Fabric;

/// <summary>What the serving side of TCP bulk transfers is to be.</summary>
public sealed record BulkServerOptions
{
    /// <summary>Name of the cluster: clients of another one are refused.</summary>
    public required string ClusterName { get; init; }

    /// <summary>This node.</summary>
    public required NodeId Node { get; init; }

    /// <summary>Secret of the cluster; never sent. Empty: the name of the cluster alone keeps strays apart, and nobody is kept out.</summary>
    public string Token { get; init; } = "";

    /// <summary>Where to listen. Port 0 takes a free one.</summary>
    public required IPEndPoint EndPoint { get; init; }

    /// <summary>Connections at a time; one more is closed at once.</summary>
    public int MaxConnections { get; init; } = 1024;

    /// <summary>Most bytes of one request.</summary>
    public int MaxRequestBytes { get; init; } = 64 << 20;

    /// <summary>How long the opening of a connection may take, what wraps the stream included.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may be without a request.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long one request may take at most, whatever the client says: bounds how long a slow reader holds a copy in place.</summary>
    public TimeSpan MaxServeTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Buffers of a connection in the kernel, each way; 0 leaves them to the kernel, which fits them to the connection as it goes.</summary>
    public int SocketBufferBytes { get; init; }

    /// <summary>Put between each connection and its socket, such as TLS; null for nothing.</summary>
    public BulkStreamWrapper? Wrapper { get; init; }

    /// <summary>Told of every connection that was closed for a fault: whose, why, and the exception where there was one. On any thread; must not block.</summary>
    public Action<EndPoint?, BulkCloseReason, Exception?>? OnFault { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message says which.</exception>
    internal void Validate()
    {
        if (MaxConnections < 1 || MaxRequestBytes < 1 || SocketBufferBytes < 0)
            throw new ArgumentException("Connections and bytes of a request are to be 1 or more, socket buffers 0 or more.");
        if (HandshakeTimeout <= TimeSpan.Zero || IdleTimeout <= TimeSpan.Zero || MaxServeTime <= TimeSpan.Zero || MaxServeTime > TimeSpan.FromDays(1))
            throw new ArgumentException("Handshake, idle time and the longest time of a request are to be more than 0, and the last at most a day.");
    }
}

/// <summary>Why a bulk server closed a connection.</summary>
public enum BulkCloseReason
{
    /// <summary>The client closed it, or the server ends. No fault.</summary>
    Closed = 0,

    /// <summary>There were as many connections as are allowed.</summary>
    TooManyConnections,

    /// <summary>It did not speak the protocol, or another version of it.</summary>
    WrongProtocol,

    /// <summary>Another cluster name or token.</summary>
    WrongCluster,

    /// <summary>The opening was not over in time.</summary>
    HandshakeTimedOut,

    /// <summary>No request came for too long, or not all of one.</summary>
    Idle,

    /// <summary>A request that contradicts itself or asks for too much.</summary>
    Malformed,

    /// <summary>The client did not take the bytes in time.</summary>
    SlowReader,

    /// <summary>The connection broke.</summary>
    Broken,
}

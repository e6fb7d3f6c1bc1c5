using System.Net;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Fabric;

/// <summary>What the pulling side of TCP bulk transfers is to be.</summary>
public sealed record BulkClientOptions
{
    /// <summary>Name of the cluster.</summary>
    public required string ClusterName { get; init; }

    /// <summary>This node.</summary>
    public required NodeId Node { get; init; }

    /// <summary>Secret of the cluster, as the servers have it.</summary>
    public string Token { get; init; } = "";

    /// <summary>What the cluster names its blocks by. Digests that are asked for are computed as the bytes land with BLAKE3, and left to the caller with SHA-256.</summary>
    public DigestAlgorithm DigestAlgorithm { get; init; } = DigestAlgorithm.Blake3;

    /// <summary>Where a peer serves bulk reads; null when it does not. Any thread; must not block.</summary>
    public required Func<NodeId, EndPoint?> Locate { get; init; }

    /// <summary>Most pulls in flight at a time; one more is answered busy.</summary>
    public int MaxPullsInFlight { get; init; } = 64;

    /// <summary>Most peers with connections at a time.</summary>
    public int MaxPeers { get; init; } = 1024;

    /// <summary>Pulls of at most so many bytes go by connections of their own, so that they never wait behind large ones.</summary>
    public int SmallBytes { get; init; } = 256 << 10;

    /// <summary>Connections to a peer for small pulls.</summary>
    public int SmallConnectionsPerPeer { get; init; } = 2;

    /// <summary>Connections to a peer for other pulls.</summary>
    public int LargeConnectionsPerPeer { get; init; } = 4;

    /// <summary>Longer pulls are spread over several streams.</summary>
    public int SplitAboveBytes { get; init; } = 8 << 20;

    /// <summary>Streams that one pull is spread over at most.</summary>
    public int StreamsPerPull { get; init; } = 4;

    /// <summary>Bytes of one request: 64 KiB to 64 MiB. Smaller ones spread more evenly over streams, larger ones ask less often.</summary>
    public int PieceBytes { get; init; } = 512 << 10;

    /// <summary>How long a connection may take to be made.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Buffers of a connection in the kernel, each way; 0 leaves them to the kernel, which fits them to the connection as it goes.</summary>
    public int SocketBufferBytes { get; init; }

    /// <summary>Put between each connection and its socket, such as TLS; null for nothing.</summary>
    public BulkStreamWrapper? Wrapper { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message says which.</exception>
    internal void Validate()
    {
        if (MaxPullsInFlight < 1 || MaxPeers < 1 || SmallConnectionsPerPeer < 1 || LargeConnectionsPerPeer < 1 || StreamsPerPull < 1)
            throw new ArgumentException("Pulls, peers, connections and streams of bulk transfers are each to be 1 or more.");
        if (PieceBytes is < 64 << 10 or > 64 << 20 || SmallBytes < 0 || SplitAboveBytes < 0 || SocketBufferBytes < 0)
            throw new ArgumentException("A piece is to be 64 KiB to 64 MiB, and the other sizes of bulk transfers 0 or more.");
        if (ConnectTimeout <= TimeSpan.Zero)
            throw new ArgumentException($"A connection cannot be made within {ConnectTimeout}: give more than 0.");
    }
}

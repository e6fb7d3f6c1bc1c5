using Cascade.Core.Clocks;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Mpi;

/// <summary>What the MPI fabric of a node is to be.</summary>
public sealed record MpiOptions
{
    /// <summary>Name of the cluster: the same at all ranks.</summary>
    public required string ClusterName { get; init; }

    /// <summary>This node: another one at each rank.</summary>
    public required NodeId Node { get; init; }

    /// <summary>When this life of the node was started, by its own clock: tells it from one that is started later.</summary>
    public HybridTimestamp Start { get; init; }

    /// <summary>What the cluster names its blocks by. Digests that are asked for are computed as the bytes land with BLAKE3, and left to the caller with SHA-256.</summary>
    public DigestAlgorithm DigestAlgorithm { get; init; } = DigestAlgorithm.Blake3;

    /// <summary>
    /// Bytes of one read: 64 KiB to 64 MiB. A small pull waits behind the reads of large ones that are under way, but not behind those that are not begun; while there are
    /// small pulls, large ones read 256 KiB at a time at most.
    /// </summary>
    public int PieceBytes { get; init; } = 1 << 20;

    /// <summary>Reads that one pull has under way: 1 to 64.</summary>
    public int PiecesInFlight { get; init; } = 4;

    /// <summary>Pulls of at most so many bytes go by a thread of their own, so that they never wait behind large ones: 4 KiB to 4 MiB.</summary>
    public int SmallBytes { get; init; } = 256 << 10;

    /// <summary>Most large pulls at a time; one more is answered busy.</summary>
    public int MaxPullsInFlight { get; init; } = 16;

    /// <summary>Most small pulls at a time; one more is answered busy.</summary>
    public int MaxSmallPullsInFlight { get; init; } = 64;

    /// <summary>Threads that poll, copy and hash for large pulls: 1 to 16. They sleep while there are none.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>Most memory that late reads may keep out of use; with more the fabric turns itself off.</summary>
    public long QuarantineBytes { get; init; } = 256 << 20;

    /// <summary>Has a thread poll MPI, so that other ranks can read this one's memory at any time. Off where the network does that by itself.</summary>
    public bool Progress { get; init; } = true;

    /// <summary>How long that thread rests when there was nothing to do.</summary>
    public TimeSpan ProgressRest { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>A poll that took longer had work to do.</summary>
    public TimeSpan ProgressBusyAbove { get; init; } = TimeSpan.FromMicroseconds(3);

    /// <summary>
    /// Polls without a rest after one that had work to do. They bridge the time until the reader's next read, about half a microsecond each: with too few, each small read
    /// waits for a rest.
    /// </summary>
    public int ProgressPollsAfterWork { get; init; } = 1000;

    /// <summary>How long the ranks may take to find each other.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Told in words, once each, when a rank is given up and when the fabric turns itself off. Any thread; must not block.</summary>
    public Action<string>? OnTrouble { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message says which.</exception>
    internal void Validate()
    {
        if (PieceBytes is < 64 << 10 or > 64 << 20 || PiecesInFlight is < 1 or > 64 || SmallBytes is < 4096 or > 4 << 20)
            throw new ArgumentException("A piece of an MPI pull is to be 64 KiB to 64 MiB, 1 to 64 of them in flight, and a small pull at most 4 KiB to 4 MiB.");
        if (MaxPullsInFlight < 1 || MaxSmallPullsInFlight < 1 || Threads is < 1 or > 16 || QuarantineBytes < 0)
            throw new ArgumentException("MPI pulls in flight are to be 1 or more, their threads 1 to 16, and the memory of late reads 0 bytes or more.");
        if (ProgressRest < TimeSpan.Zero || ProgressBusyAbove < TimeSpan.Zero || ProgressPollsAfterWork < 0)
            throw new ArgumentException("The times and the polls of the MPI progress thread are to be 0 or more.");
        if (StartTimeout <= TimeSpan.Zero)
            throw new ArgumentException($"MPI cannot start within {StartTimeout}: give more than 0.");
    }
}

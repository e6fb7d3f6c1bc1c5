using Cascade.Core.Fabric;
using Cascade.Core.Identity;
using Cascade.Core.Leases;
using Cascade.Core.Messages;

namespace Cascade.Hosting;

/// <summary>What became of a put.</summary>
public enum PutStatus
{
    /// <summary>The block is new and stored.</summary>
    Stored,

    /// <summary>The same bytes were here already; the key names them now.</summary>
    AlreadyPresent,

    /// <summary>
    /// Not done within the deadline, for lack of room or of a disk that keeps up: nothing was acknowledged. Trying again later may succeed.
    /// </summary>
    Busy,

    /// <summary>The put cannot be done as asked, now or later: nothing was acknowledged.</summary>
    Refused,
}

/// <summary>Outcome of a put.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Id">The block's id; the default value when nothing was acknowledged.</param>
/// <param name="Reason">Why nothing was acknowledged, and what to do; null otherwise.</param>
public readonly record struct PutResult(PutStatus Status, BlockId Id, string? Reason = null)
{
    /// <summary>True when the key names the bytes now.</summary>
    public bool IsReadable => Status is PutStatus.Stored or PutStatus.AlreadyPresent;
}

/// <summary>Outcome of a get: a lease, or a miss.</summary>
/// <param name="IsHit">True when <paramref name="Lease"/> gives access to the block.</param>
/// <param name="Lease">Access to the bytes; to be disposed. The default value on a miss.</param>
/// <param name="MissReason">Why there is no block when that is more than "not here": for example that leases ran out. Null otherwise.</param>
public readonly record struct GetResult(bool IsHit, BlockLease Lease, string? MissReason = null) : IDisposable
{
    /// <summary>The node whose copy a hit reads; null for a copy of the node that was asked.</summary>
    public NodeId? Holder { get; init; }

    /// <summary>True when the bytes are where the caller wanted them copied to.</summary>
    internal bool IsCopied { get; init; }

    /// <summary>The plain miss.</summary>
    public static readonly GetResult Miss;

    /// <summary>Ends the lease of a hit; does nothing on a miss.</summary>
    public void Dispose() => Lease.Dispose();
}

/// <summary>Outcome of a get by copy.</summary>
/// <param name="IsHit">True when the block's bytes are at the head of the destination.</param>
/// <param name="LengthBytes">Length of the block.</param>
/// <param name="Tier">Where it was read from.</param>
public readonly record struct GetIntoResult(bool IsHit, int LengthBytes, TierKind Tier)
{
    /// <summary>The miss: nothing was written.</summary>
    public static readonly GetIntoResult Miss;
}

/// <summary>What became of a registration.</summary>
public enum ProtectStatus
{
    /// <summary>All blocks are registered.</summary>
    Protected,

    /// <summary>A key names nothing: put its block first. Blocks before it are registered.</summary>
    NotFound,

    /// <summary>The quota is used up. Blocks before the one that did not fit are registered.</summary>
    QuotaExceeded,
}

/// <summary>Outcome of a registration.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Registered">How many of the keys, from the first on, are registered now.</param>
/// <param name="Reason">Why the others are not, and what to do; null when all are.</param>
public readonly record struct ProtectResult(ProtectStatus Status, int Registered, string? Reason = null);

/// <summary>What is known of one key.</summary>
/// <param name="Key">The key's digest.</param>
/// <param name="Block">The block: its copies, leases and registrations.</param>
/// <param name="LengthBytes">Length of the block.</param>
/// <param name="Depth">Blocks before it in its prefix.</param>
/// <param name="Frequency">Estimated recent reads, 0 to 15.</param>
public sealed record BlockStat(KeyDigest Key, BlockDescription Block, long LengthBytes, int Depth, int Frequency);

/// <summary>Figures of one node since its start.</summary>
/// <param name="Node">The node.</param>
/// <param name="Tiers">Its tiers, nearest first.</param>
/// <param name="ProtectedBytes">Bytes of registered blocks.</param>
/// <param name="ProtectedQuotaBytes">The most they may be.</param>
/// <param name="Leases">Leases held now.</param>
public sealed record NodeStat(NodeId Node, IReadOnlyList<TierReport> Tiers, long ProtectedBytes, long ProtectedQuotaBytes, int Leases)
{
    /// <summary>What came from other nodes, by the way it came, best way first. Memory of this machine that was read where it lies is not in it.</summary>
    public IReadOnlyList<FabricTraffic> Traffic { get; init; } = [];
}

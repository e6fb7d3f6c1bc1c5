using Cascade.Core.Identity;

namespace Cascade.Hosting;

/// <summary>When a put is acknowledged.</summary>
/// <remarks>See invariant 2 in ARCHITECTURE.md: what an acknowledged block survives.</remarks>
public readonly record struct Acknowledgement
{
    /// <summary>The block is readable in this node's memory: it survives the process, not the machine.</summary>
    public static readonly Acknowledgement Memory;

    /// <summary>The block is flushed to the cold tier as well: every process may die.</summary>
    public static readonly Acknowledgement Durable = new() { IsDurable = true };

    /// <summary>True for <see cref="Durable"/>.</summary>
    public bool IsDurable { get; private init; }

    /// <summary>Machines that have to hold the block; 0 stands for one.</summary>
    public int Machines { get; private init; }

    /// <summary>The block is in the memory of <paramref name="machines"/> machines: all but one of them may be lost.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one machine.</exception>
    public static Acknowledgement Replicated(int machines)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(machines, 1);
        return new Acknowledgement { Machines = machines };
    }
}

/// <summary>How to put.</summary>
public sealed record PutOptions
{
    /// <summary>When the put is acknowledged.</summary>
    public Acknowledgement Acknowledgement { get; init; }

    /// <summary>
    /// How long the call may wait for room and for other nodes, 0 (for room not at all) to 24 hours; null for <c>cascade.put.deadline</c>. Hashing and copying the
    /// bytes is not counted. One of several blocks waits so long for all of them together.
    /// </summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>
    /// The block's id where the caller knows it: a block that is here already is then recognised before any byte is read.
    /// A wrong id is found while the bytes are copied, and refused.
    /// </summary>
    public BlockId? Id { get; init; }
}

/// <summary>How to get.</summary>
public sealed record GetOptions
{
    /// <summary>How long the whole call may wait for answers, 0 to 24 hours; null for <c>cascade.actors.ask-timeout</c>.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>How long the lease holds unless it is renewed; null for <c>cascade.leases.duration</c>.</summary>
    public TimeSpan? LeaseFor { get; init; }
}

/// <summary>Bytes outside the managed heap, such as an engine's pinned host buffer. The caller keeps them in place during the call.</summary>
/// <param name="Address">Address of the first byte.</param>
/// <param name="LengthBytes">1 byte to 4 GiB.</param>
public readonly record struct NativeBytes(nint Address, long LengthBytes);

/// <summary>One block of a <see cref="ICascade.PutManyAsync"/>.</summary>
/// <param name="Key">The key.</param>
/// <param name="Bytes">The block's bytes.</param>
public readonly record struct BlockToPut(CacheKey Key, ReadOnlyMemory<byte> Bytes);

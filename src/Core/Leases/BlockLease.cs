using System.Buffers;
using Cascade.Core.Identity;

namespace Cascade.Core.Leases;

/// <summary>
/// Read access to a block in place: until it is disposed or its time is over the bytes neither move nor change.
/// </summary>
/// <remarks>
/// A lease is a value that names an entry in its tier; copies of it name the same entry, and disposing any of them ends it.
/// Reading after its time is over sees whatever the memory holds by then, so a reader that may be slow renews
/// it, or checks <see cref="IsHeld"/> after reading. All members are thread-safe.
/// </remarks>
public readonly unsafe struct BlockLease : IDisposable, IEquatable<BlockLease>
{
    private readonly ILeaseHolder? _holder;
    private readonly byte* _address;
    private readonly uint _entry;
    private readonly uint _stamp;

    /// <summary>Made by tiers.</summary>
    public BlockLease(ILeaseHolder holder, uint entry, uint stamp, nint address, long lengthBytes, BlockId id, TierKind tier)
    {
        _holder = holder;
        _address = (byte*)address;
        _entry = entry;
        _stamp = stamp;
        LengthBytes = lengthBytes;
        Id = id;
        Tier = tier;
    }

    /// <summary>Name of the block.</summary>
    public BlockId Id { get; }

    /// <summary>Length of the block, in bytes: 1 to 4 GiB.</summary>
    public long LengthBytes { get; }

    /// <summary>Where the block was found. Bytes that were found on a disk are in memory by now.</summary>
    public TierKind Tier { get; private init; }

    /// <summary>Address of the first byte in this process.</summary>
    public nint Address => (nint)_address;

    /// <summary>True while the bytes are held in place.</summary>
    public bool IsHeld => _holder is not null && _holder.IsHeld(_entry, _stamp);

    /// <summary>The block's bytes.</summary>
    /// <exception cref="InvalidOperationException">The block is larger than a span (2 GiB): use <see cref="Slice"/>.</exception>
    public ReadOnlySpan<byte> Span => LengthBytes <= int.MaxValue
        ? new ReadOnlySpan<byte>(_address, (int)LengthBytes)
        : throw new InvalidOperationException($"A block of {LengthBytes} bytes does not fit a span: read it by Slice.");

    /// <summary>Part of the block's bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part is not inside the block.</exception>
    public ReadOnlySpan<byte> Slice(long offsetBytes, int lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offsetBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offsetBytes, LengthBytes - lengthBytes);
        return new ReadOnlySpan<byte>(_address + offsetBytes, lengthBytes);
    }

    /// <summary>The block's bytes as memory, for calls that await; valid as long as the lease is. Allocates one small object.</summary>
    /// <exception cref="InvalidOperationException">The block is larger than 2 GiB.</exception>
    public ReadOnlyMemory<byte> AsMemory() => LengthBytes <= int.MaxValue
        ? new LeasedMemory(_holder, _address, (int)LengthBytes).Memory
        : throw new InvalidOperationException($"A block of {LengthBytes} bytes does not fit a memory: read it by Slice.");

    /// <summary>The same lease, of a block that was found in a farther tier and staged into this one.</summary>
    public BlockLease FoundIn(TierKind tier) => this with { Tier = tier };

    /// <summary>Extends the lease to end <paramref name="duration"/> from now; false when it has ended already.</summary>
    public bool TryRenew(TimeSpan duration) => _holder is not null && _holder.TryRenew(_entry, _stamp, duration);

    /// <summary>Ends the lease. Repeating it does nothing.</summary>
    public void Dispose() => _holder?.Release(_entry, _stamp);

    /// <inheritdoc/>
    public bool Equals(BlockLease other) => ReferenceEquals(_holder, other._holder) && _entry == other._entry && _stamp == other._stamp;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BlockLease other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_entry, _stamp);

    /// <summary>The same lease.</summary>
    public static bool operator ==(BlockLease left, BlockLease right) => left.Equals(right);

    /// <summary>Different leases.</summary>
    public static bool operator !=(BlockLease left, BlockLease right) => !left.Equals(right);

    /// <summary>Keeps the lease's holder reachable, and so the bytes mapped.</summary>
    private sealed class LeasedMemory(ILeaseHolder? holder, byte* address, int length) : MemoryManager<byte>
    {
        private readonly ILeaseHolder? _holder = holder;

        public override Span<byte> GetSpan() => new(address, length);

        public override MemoryHandle Pin(int elementIndex = 0) => new(address + elementIndex);

        public override void Unpin()
        {
            // The bytes are outside the managed heap: nothing was pinned.
        }

        protected override void Dispose(bool disposing)
        {
            // The lease owns the memory, not this view of it.
            GC.KeepAlive(_holder);
        }
    }
}

using Cascade.Core.Identity;
using Cascade.Core.Ports;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Gpu;

/// <summary>Whom a slab tells of what happens. Each may be left out.</summary>
public sealed record GpuSlabHooks
{
    /// <summary>No hooks.</summary>
    public static readonly GpuSlabHooks None = new();

    /// <summary>Told of every lease, on the reader's thread.</summary>
    public IReadNotes? Reads { get; init; }

    /// <summary>Called with <see cref="BlockId.Prefix64"/> of every block leased, on the reader's thread. Must not block or allocate.</summary>
    public Action<ulong>? OnAccess { get; init; }

    /// <summary>
    /// Called once when the device has failed, on the device's thread, after readers were shut out and before the copies under way end. All copies in the
    /// slab are lost. Must not dispose of the slab or wait for it.
    /// </summary>
    public Action<CudaException>? OnFailed { get; init; }

    /// <summary>Leaves turning the copies over to the caller, for tests: no thread is started.</summary>
    internal bool WithoutThread { get; init; }

    /// <summary>Chunks that a digest takes at a time.</summary>
    internal int DigestPieceChunks { get; init; } = GpuDigester.DefaultPieceChunks;
}

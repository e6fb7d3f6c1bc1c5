using Cascade.Core.Hashing;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Payload;

/// <summary>
/// Moves a block into its place and names it in one pass over its bytes: small blocks on the caller's thread, large ones
/// with helper threads. Thread-safe.
/// </summary>
/// <remarks>
/// The helpers serve one large block at a time; a second caller hashes alone meanwhile, so that callers never wait for
/// each other. A block below <c>parallelFromBytes</c> is done before a helper would have woken.
/// </remarks>
public sealed unsafe class PayloadWriter : IDisposable
{
    private const int LongStepBytes = 1 << 30;

    private readonly DigestAlgorithm _algorithm;
    private readonly long _parallelFromBytes;
    private readonly PieceCrew? _crew;

    /// <summary>Starts the helper threads.</summary>
    /// <param name="algorithm">What the cluster names blocks by.</param>
    /// <param name="threads">Threads a large block is hashed by, the caller's among them: 1 to 64.</param>
    /// <param name="parallelFromBytes">Blocks at least this long are hashed by several threads.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of threads is out of range.</exception>
    public PayloadWriter(DigestAlgorithm algorithm, int threads, long parallelFromBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, 64);
        _algorithm = algorithm;
        _parallelFromBytes = parallelFromBytes;
        if (threads > 1 && algorithm == DigestAlgorithm.Blake3)
            _crew = new PieceCrew(threads - 1);
    }

    /// <summary>Copies a block to <paramref name="destination"/> and gives its id, which is that of the bytes that were copied.</summary>
    public BlockId Write(byte* source, byte* destination, long lengthBytes)
    {
        if (_crew is not null && lengthBytes >= _parallelFromBytes && _crew.TryRun(source, destination, lengthBytes, out var id))
            return id;
        return lengthBytes <= int.MaxValue
            ? BlockDigest.HashAndCopy(
                _algorithm, new ReadOnlySpan<byte>(source, (int)lengthBytes), new Span<byte>(destination, (int)lengthBytes))
            : WriteLong(source, destination, lengthBytes);
    }

    /// <summary>Gives the id of bytes that are in their place already.</summary>
    public BlockId Name(byte* bytes, long lengthBytes)
    {
        if (lengthBytes <= int.MaxValue)
            return BlockDigest.Compute(_algorithm, new ReadOnlySpan<byte>(bytes, (int)lengthBytes));
        using var hash = new IncrementalBlockDigest(_algorithm);
        for (long done = 0; done < lengthBytes;)
        {
            var step = (int)Math.Min(LongStepBytes, lengthBytes - done);
            hash.Append(new ReadOnlySpan<byte>(bytes + done, step));
            done += step;
        }

        return hash.Finish();
    }

    /// <inheritdoc/>
    public void Dispose() => _crew?.Dispose();

    /// <summary>A block that no span can hold goes through the incremental hash, a gigabyte at a time.</summary>
    private BlockId WriteLong(byte* source, byte* destination, long lengthBytes)
    {
        using var hash = new IncrementalBlockDigest(_algorithm);
        for (long done = 0; done < lengthBytes;)
        {
            var step = (int)Math.Min(LongStepBytes, lengthBytes - done);
            hash.AppendAndCopy(new ReadOnlySpan<byte>(source + done, step), new Span<byte>(destination + done, step));
            done += step;
        }

        return hash.Finish();
    }
}

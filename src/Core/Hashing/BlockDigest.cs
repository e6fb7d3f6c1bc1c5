using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Cascade.Core.Identity;

namespace Cascade.Core.Hashing;

/// <summary>
/// The id of a block's bytes by the cluster's algorithm. Pure functions on the calling thread; nothing is allocated.
/// </summary>
public static class BlockDigest
{
    /// <summary>The id of a block of 1 byte to 2 GiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The algorithm is not one of the enumeration.</exception>
    [SkipLocalsInit]
    public static BlockId Compute(DigestAlgorithm algorithm, ReadOnlySpan<byte> block)
    {
        Span<byte> digest = stackalloc byte[BlockId.SizeBytes];
        switch (algorithm)
        {
            case DigestAlgorithm.Blake3:
                Blake3.Hash(block, digest);
                break;
            case DigestAlgorithm.Sha256:
                SHA256.HashData(block, digest);
                break;
            default:
                throw Unknown(algorithm);
        }
        return new BlockId(digest);
    }

    /// <summary>The id of a block, which is copied to <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentException">The lengths differ, or block and destination overlap.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The algorithm is not one of the enumeration.</exception>
    [SkipLocalsInit]
    public static BlockId HashAndCopy(DigestAlgorithm algorithm, ReadOnlySpan<byte> block, Span<byte> destination)
    {
        Span<byte> digest = stackalloc byte[BlockId.SizeBytes];
        switch (algorithm)
        {
            case DigestAlgorithm.Blake3:
                Blake3.HashAndCopy(block, destination, digest);
                break;
            case DigestAlgorithm.Sha256:
                HashingArguments.RequireSeparate(block, destination);
                SHA256.HashData(block, digest);
                block.CopyTo(destination);
                break;
            default:
                throw Unknown(algorithm);
        }
        return new BlockId(digest);
    }

    private static ArgumentOutOfRangeException Unknown(DigestAlgorithm algorithm) =>
        new(nameof(algorithm), algorithm, "No such digest algorithm; use Blake3 or Sha256.");
}

using System.Runtime.CompilerServices;

namespace Cascade.Core.Hashing;

/// <summary>BLAKE3 in hash mode with a 256-bit digest, on the calling thread, by the widest vectors the CPU has.</summary>
/// <remarks>
/// From the specification "BLAKE3: one function, fast everywhere" (2020). Pure functions, safe on any thread; nothing is
/// allocated. For one input on several threads see <see cref="Blake3Tree"/>; for input that comes in pieces,
/// <see cref="Blake3Hasher"/>.
/// </remarks>
public static unsafe class Blake3
{
    /// <summary>Length of the digest, in bytes.</summary>
    public const int DigestBytes = Blake3Spec.ChainingBytes;

    /// <summary>Length of a leaf of the tree, in bytes.</summary>
    public const int ChunkBytes = Blake3Spec.ChunkBytes;

    /// <summary>What <see cref="Hash(ReadOnlySpan{byte}, Span{byte})"/> uses on this CPU, such as "avx512-16way".</summary>
    public static string Implementation => LaneHashing.NameOf(LaneHashing.Best);

    /// <summary>Writes the digest of <paramref name="source"/> to the first 32 bytes of <paramref name="digest"/>.</summary>
    /// <exception cref="ArgumentException">The digest has less than 32 bytes.</exception>
    public static void Hash(ReadOnlySpan<byte> source, Span<byte> digest) => Hash(LaneHashing.Best, source, digest);

    /// <summary>
    /// Copies <paramref name="source"/> to <paramref name="destination"/> and writes its digest, reading the source from memory
    /// once. Large inputs are stored past the caches; other threads see them as they see any store made before the return.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The lengths differ, source and destination overlap, or the digest has less than 32 bytes.
    /// </exception>
    public static void HashAndCopy(ReadOnlySpan<byte> source, Span<byte> destination, Span<byte> digest) =>
        HashAndCopy(LaneHashing.Best, source, destination, digest);

    [SkipLocalsInit]
    internal static void Hash(SimdPath path, ReadOnlySpan<byte> source, Span<byte> digest)
    {
        HashingArguments.RequireDigest(digest);
        var result = stackalloc uint[Blake3Spec.ChainingWords];
        fixed (byte* from = source)
            Subtree.Hash(path, from, (nuint)source.Length, 0, Blake3Spec.Root, default, result);
        new ReadOnlySpan<byte>(result, DigestBytes).CopyTo(digest);
    }

    [SkipLocalsInit]
    internal static void HashAndCopy(SimdPath path, ReadOnlySpan<byte> source, Span<byte> destination, Span<byte> digest)
    {
        HashingArguments.RequireDigest(digest);
        HashingArguments.RequireSeparate(source, destination);
        var result = stackalloc uint[Blake3Spec.ChainingWords];
        fixed (byte* from = source, to = destination)
        {
            var copy = new FusedCopy(to, (nuint)source.Length);
            Subtree.Hash(path, from, (nuint)source.Length, 0, Blake3Spec.Root, copy, result);
            copy.Complete();
        }
        new ReadOnlySpan<byte>(result, DigestBytes).CopyTo(digest);
    }
}

using Cascade.Core.Hashing;

namespace Cascade.Core.Tests.Hashing;

/// <summary>Reproducible inputs, and their digests by the scalar path, which the published vectors pin.</summary>
internal static class HashSamples
{
    /// <summary>Around the edges of blocks, chunks, groups of lanes, pieces and the start of streaming.</summary>
    public static readonly int[] EdgeLengths =
    [
        0, 1, 63, 64, 65, 1023, 1024, 1025, 2048, 3 << 10, 4 << 10, (4 << 10) + 1, (7 << 10) + 5, 8 << 10, (15 << 10) + 1023,
        16 << 10, (16 << 10) + 1, 17 << 10, (31 << 10) + 1, 32 << 10, (33 << 10) + 63, 48 << 10, 64 << 10, (100 << 10) + 777,
        256 << 10, (256 << 10) + 1, (300 << 10) + 17, (512 << 10) + 1024, (1 << 20) - 1, (1 << 20) + 100_003,
    ];

    public static byte[] Random(int lengthBytes, int seed)
    {
        var bytes = new byte[lengthBytes];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static string Scalar(ReadOnlySpan<byte> source) => Digest(SimdPath.Scalar, source);

    public static string Digest(SimdPath path, ReadOnlySpan<byte> source)
    {
        Span<byte> digest = stackalloc byte[Blake3.DigestBytes];
        Blake3.Hash(path, source, digest);
        return Convert.ToHexStringLower(digest);
    }

    public static string Finish(in Blake3Hasher hasher)
    {
        Span<byte> digest = stackalloc byte[Blake3.DigestBytes];
        hasher.Finish(digest);
        return Convert.ToHexStringLower(digest);
    }
}

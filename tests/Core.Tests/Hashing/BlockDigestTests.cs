using System.Security.Cryptography;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;

namespace Cascade.Core.Tests.Hashing;

public sealed class BlockDigestTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(300_001)]
    public void Compute_by_sha256_is_the_framework_digest(int lengthBytes)
    {
        var block = HashSamples.Random(lengthBytes, seed: lengthBytes);
        Assert.Equal(new BlockId(SHA256.HashData(block)), BlockDigest.Compute(DigestAlgorithm.Sha256, block));
    }

    [Fact]
    public void Compute_by_sha256_of_abc_is_the_digest_of_fips_180() =>
        Assert.Equal(
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            BlockDigest.Compute(DigestAlgorithm.Sha256, "abc"u8).ToString());

    [Fact]
    public void Compute_by_blake3_is_the_blake3_digest()
    {
        var block = HashSamples.Random(50_000, seed: 14);
        Assert.Equal(HashSamples.Scalar(block), BlockDigest.Compute(DigestAlgorithm.Blake3, block).ToString());
    }

    [Theory]
    [InlineData(DigestAlgorithm.Blake3)]
    [InlineData(DigestAlgorithm.Sha256)]
    public void HashAndCopy_copies_every_byte_and_gives_the_computed_id(DigestAlgorithm algorithm)
    {
        var block = HashSamples.Random(500_003, seed: 15);
        var copy = new byte[block.Length];
        Assert.Equal(BlockDigest.Compute(algorithm, block), BlockDigest.HashAndCopy(algorithm, block, copy));
        Assert.True(block.AsSpan().SequenceEqual(copy));
        Assert.Throws<ArgumentException>(() => BlockDigest.HashAndCopy(algorithm, block, new byte[block.Length + 1]));
    }

    [Fact]
    public void Unknown_algorithm_throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockDigest.Compute((DigestAlgorithm)7, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockDigest.HashAndCopy((DigestAlgorithm)7, [1], new byte[1]));
    }
}

using Cascade.Core.Hashing;

namespace Cascade.Core.Tests.Hashing;

public sealed class Blake3PathTests
{
    private const int LastLengthBytes = 5000;

    private static readonly byte[] Small = HashSamples.Random(LastLengthBytes, seed: 1);

    private static readonly Lazy<string[]> SmallDigests = new(() =>
        [.. Enumerable.Range(0, LastLengthBytes + 1).Select(length => HashSamples.Scalar(Small.AsSpan(0, length)))]);

    [Theory]
    [MemberData(nameof(HashPaths.Wide), MemberType = typeof(HashPaths))]
    public void Hash_of_every_small_length_equals_scalar(string pathName)
    {
        var path = HashPaths.Require(pathName);
        for (var length = 0; length <= LastLengthBytes; length++)
            Assert.Equal((length, SmallDigests.Value[length]), (length, HashSamples.Digest(path, Small.AsSpan(0, length))));
    }

    [Theory]
    [MemberData(nameof(HashPaths.Wide), MemberType = typeof(HashPaths))]
    public void Hash_of_edge_and_random_lengths_equals_scalar(string pathName)
    {
        var path = HashPaths.Require(pathName);
        var random = new Random(2);
        var bytes = HashSamples.Random(3 << 20, seed: 3);
        foreach (var length in HashSamples.EdgeLengths.Append(bytes.Length).Concat(RandomLengths(random, 20)))
        {
            var source = bytes.AsSpan(random.Next(bytes.Length - length + 1), length);
            Assert.Equal((length, HashSamples.Scalar(source)), (length, HashSamples.Digest(path, source)));
        }
    }

    [Theory]
    [InlineData(nameof(SimdPath.Lanes4), 0xFFFF_FFF0UL)]
    [InlineData(nameof(SimdPath.Lanes4), 0x1_0000_0000UL)]
    [InlineData(nameof(SimdPath.Lanes8), 0xFFFF_FFF0UL)]
    [InlineData(nameof(SimdPath.Lanes8), 0x1_0000_0000UL)]
    [InlineData(nameof(SimdPath.Lanes16), 0xFFFF_FFF0UL)]
    [InlineData(nameof(SimdPath.Lanes16), 0x1_0000_0000UL)]
    public unsafe void Chunks_beyond_32_bits_of_counter_equal_scalar(string pathName, ulong counter)
    {
        var path = HashPaths.Require(pathName);
        var bytes = HashSamples.Random(16 * Blake3.ChunkBytes, seed: 4);
        uint[] expected = new uint[8], actual = new uint[8];
        fixed (byte* source = bytes)
        fixed (uint* scalar = expected, wide = actual)
        {
            Subtree.Hash(SimdPath.Scalar, source, (nuint)bytes.Length, counter, 0, default, scalar);
            Subtree.Hash(path, source, (nuint)bytes.Length, counter, 0, default, wide);
        }
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Implementation_names_the_widest_path_of_this_cpu()
    {
        var widest = Enum.GetValues<SimdPath>().Last(LaneHashing.IsSupported);
        Assert.Equal(LaneHashing.NameOf(widest), Blake3.Implementation);
    }

    [Fact]
    public void Hash_into_a_short_digest_throws()
    {
        var error = Assert.Throws<ArgumentException>(() => Blake3.Hash([1, 2, 3], new byte[31]));
        Assert.Equal("digest", error.ParamName);
    }

    private static IEnumerable<int> RandomLengths(Random random, int count) =>
        Enumerable.Range(0, count).Select(_ => random.Next(1 << random.Next(8, 20)));
}

using Cascade.Core.Hashing;

namespace Cascade.Core.Tests.Hashing;

public sealed class Blake3VectorTests
{
    [Fact]
    public void Published_vectors_are_all_there() => Assert.Equal(35, OfficialVectors.All.Count);

    [Theory]
    [MemberData(nameof(HashPaths.All), MemberType = typeof(HashPaths))]
    public void Hash_of_published_inputs_is_the_published_digest(string pathName)
    {
        var path = HashPaths.Require(pathName);
        foreach (var (lengthBytes, expected) in OfficialVectors.All)
            Assert.Equal((lengthBytes, expected), (lengthBytes, HashSamples.Digest(path, OfficialVectors.Input(lengthBytes))));
    }

    [Theory]
    [MemberData(nameof(HashPaths.All), MemberType = typeof(HashPaths))]
    public void Hasher_fed_whole_inputs_gives_the_published_digest(string pathName)
    {
        var path = HashPaths.Require(pathName);
        foreach (var (lengthBytes, expected) in OfficialVectors.All)
        {
            var hasher = Blake3Hasher.Create(path);
            hasher.Update(OfficialVectors.Input(lengthBytes));
            Assert.Equal((lengthBytes, expected), (lengthBytes, HashSamples.Finish(hasher)));
        }
    }

    [Fact]
    public void Hasher_fed_byte_by_byte_gives_the_published_digest()
    {
        foreach (var (lengthBytes, expected) in OfficialVectors.All)
        {
            var hasher = Blake3Hasher.Create();
            foreach (var value in OfficialVectors.Input(lengthBytes))
                hasher.Update([value]);
            Assert.Equal((lengthBytes, expected), (lengthBytes, HashSamples.Finish(hasher)));
        }
    }

    [Fact]
    public void Public_entry_points_give_the_published_digest()
    {
        Span<byte> digest = stackalloc byte[Blake3.DigestBytes];
        foreach (var (lengthBytes, expected) in OfficialVectors.All)
        {
            var input = OfficialVectors.Input(lengthBytes);
            Blake3.Hash(input, digest);
            Assert.Equal((lengthBytes, expected), (lengthBytes, Convert.ToHexStringLower(digest)));
            Blake3.HashAndCopy(input, new byte[lengthBytes], digest);
            Assert.Equal((lengthBytes, expected), (lengthBytes, Convert.ToHexStringLower(digest)));
        }
    }
}

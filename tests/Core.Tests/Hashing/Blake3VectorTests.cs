using Cascade.Core.Hashing;

namespace Cascade.Core.Tests.Hashing;

public sealed class Blake3VectorTests
{
    public static TheoryData<int, string> Vectors
    {
        get
        {
            var data = new TheoryData<int, string>();
            foreach (var (lengthBytes, digest) in OfficialVectors.All)
                data.Add(lengthBytes, digest);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Hash_of_published_input_is_the_published_digest(int lengthBytes, string expected)
    {
        Span<byte> digest = stackalloc byte[Blake3.DigestBytes];
        Blake3.Hash(OfficialVectors.Input(lengthBytes), digest);
        Assert.Equal(expected, Convert.ToHexStringLower(digest));
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Hasher_fed_byte_by_byte_gives_the_published_digest(int lengthBytes, string expected)
    {
        Span<byte> digest = stackalloc byte[Blake3.DigestBytes];
        var hasher = Blake3Hasher.Create();
        foreach (var value in OfficialVectors.Input(lengthBytes))
            hasher.Update([value]);
        hasher.Finish(digest);
        Assert.Equal(expected, Convert.ToHexStringLower(digest));
    }

    [Fact]
    public void Published_vectors_are_all_there() => Assert.Equal(35, OfficialVectors.All.Count);
}

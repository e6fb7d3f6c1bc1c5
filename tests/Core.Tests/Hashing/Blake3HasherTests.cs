using Cascade.Core.Hashing;

namespace Cascade.Core.Tests.Hashing;

public sealed class Blake3HasherTests
{
    [Theory]
    [MemberData(nameof(HashPaths.All), MemberType = typeof(HashPaths))]
    public void Update_in_random_pieces_equals_one_shot(string pathName)
    {
        var path = HashPaths.Require(pathName);
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var bytes = HashSamples.Random(random.Next(200_000), seed);
            var hasher = Blake3Hasher.Create(path);
            for (var at = 0; at < bytes.Length;)
            {
                var piece = Math.Min(random.Next(1 << random.Next(1, 18)), bytes.Length - at);
                hasher.Update(bytes.AsSpan(at, piece));
                at += piece;
            }
            Assert.Equal((seed, HashSamples.Digest(path, bytes)), (seed, HashSamples.Finish(hasher)));
        }
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(2048)]
    [InlineData(3072)]
    [InlineData(16384)]
    [InlineData(65536)]
    public void Update_in_pieces_of_whole_chunks_equals_one_shot_after_every_piece(int pieceBytes)
    {
        var bytes = HashSamples.Random(9 * pieceBytes, seed: pieceBytes);
        var hasher = Blake3Hasher.Create();
        for (var at = 0; at < bytes.Length; at += pieceBytes)
        {
            hasher.Update(bytes.AsSpan(at, pieceBytes));
            var end = at + pieceBytes;
            Assert.Equal((end, HashSamples.Digest(LaneHashing.Best, bytes.AsSpan(0, end))), (end, HashSamples.Finish(hasher)));
        }
    }

    [Fact]
    public void Finish_leaves_the_hasher_able_to_go_on()
    {
        var bytes = HashSamples.Random(5000, seed: 5);
        var hasher = Blake3Hasher.Create();
        for (var at = 0; at < bytes.Length; at += 250)
        {
            Assert.Equal((at, HashSamples.Scalar(bytes.AsSpan(0, at))), (at, HashSamples.Finish(hasher)));
            hasher.Update(bytes.AsSpan(at, 250));
        }
    }

    [Fact]
    public void Copied_hasher_goes_on_independently()
    {
        var bytes = HashSamples.Random(40_000, seed: 6);
        var first = Blake3Hasher.Create();
        first.Update(bytes.AsSpan(0, 30_000));
        var second = first;
        first.Update(bytes.AsSpan(30_000));
        Assert.Equal(HashSamples.Scalar(bytes.AsSpan(0, 30_000)), HashSamples.Finish(second));
        Assert.Equal(HashSamples.Scalar(bytes), HashSamples.Finish(first));
    }

    [Theory]
    [MemberData(nameof(HashPaths.All), MemberType = typeof(HashPaths))]
    public void UpdateAndCopy_in_random_pieces_copies_every_byte_and_equals_one_shot(string pathName)
    {
        var path = HashPaths.Require(pathName);
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var bytes = HashSamples.Random(random.Next(700_000), seed);
            var copy = new byte[bytes.Length];
            var hasher = Blake3Hasher.Create(path);
            for (var at = 0; at < bytes.Length;)
            {
                var piece = Math.Min(random.Next(1 << random.Next(6, 20)), bytes.Length - at);
                hasher.UpdateAndCopy(bytes.AsSpan(at, piece), copy.AsSpan(at, piece));
                at += piece;
            }
            Assert.Equal((seed, HashSamples.Digest(path, bytes)), (seed, HashSamples.Finish(hasher)));
            Assert.True(bytes.AsSpan().SequenceEqual(copy), $"seed {seed}: the copy differs");
        }
    }

    [Fact]
    public void UpdateAndCopy_to_another_length_throws()
    {
        var hasher = Blake3Hasher.Create();
        Assert.Throws<ArgumentException>(() => hasher.UpdateAndCopy(new byte[10], new byte[11]));
    }
}

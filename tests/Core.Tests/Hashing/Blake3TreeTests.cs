using Cascade.Core.Hashing;

namespace Cascade.Core.Tests.Hashing;

public sealed class Blake3TreeTests
{
    private const int Piece = Blake3Plan.MinPieceBytes;

    [Theory]
    [InlineData(0UL, Piece, 1)]
    [InlineData(1UL, Piece, 1)]
    [InlineData((ulong)Piece, Piece, 1)]
    [InlineData(Piece + 1UL, Piece, 2)]
    [InlineData(16UL << 20, Piece, 64)]
    [InlineData(256UL << 20, Piece, 1024)]
    [InlineData((256UL << 20) + 1, 2 * Piece, 513)]
    [InlineData(4UL << 30, 4 << 20, 1024)]
    [InlineData((4UL << 30) + 1, 8 << 20, 513)]
    [InlineData(1UL << 40, 1 << 30, 1024)]
    public void Plan_of_a_length_has_whole_subtrees_that_cover_it(ulong lengthBytes, int pieceBytes, int pieceCount)
    {
        var plan = Blake3Tree.Plan(lengthBytes);
        Assert.Equal((lengthBytes, pieceBytes, pieceCount), (plan.LengthBytes, plan.PieceBytes, plan.PieceCount));
        Assert.Equal(32 * pieceCount, plan.ChainingValuesBytes);
        var covered = 0UL;
        for (var piece = 0; piece < pieceCount; piece++)
        {
            Assert.Equal(covered, plan.PieceOffsetBytes(piece));
            covered += (uint)plan.PieceLengthBytes(piece);
        }
        Assert.Equal(lengthBytes, covered);
    }

    [Fact]
    public void Plan_of_more_than_a_tebibyte_throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Blake3Tree.Plan((1UL << 40) + 1));

    [Theory]
    [MemberData(nameof(HashPaths.All), MemberType = typeof(HashPaths))]
    public void Pieces_hashed_in_any_order_combine_to_the_one_shot_digest(string pathName)
    {
        var path = HashPaths.Require(pathName);
        var random = new Random(9);
        var bytes = HashSamples.Random(9 * Piece + 1, seed: 10);
        foreach (var length in new[] { 0, 1, 1024, Piece - 1, Piece, Piece + 1, 2 * Piece, 3 * Piece + 5000, bytes.Length })
        {
            var source = bytes.AsSpan(0, length);
            Assert.Equal((length, HashSamples.Digest(path, source)), (length, HashInPieces(path, source, random)));
        }
    }

    [Theory]
    [MemberData(nameof(HashPaths.All), MemberType = typeof(HashPaths))]
    public void Pieces_copied_in_any_order_copy_every_byte_and_combine_to_the_one_shot_digest(string pathName)
    {
        var path = HashPaths.Require(pathName);
        var random = new Random(11);
        var bytes = HashSamples.Random(3 * Piece + 4097, seed: 12);
        foreach (var length in new[] { 0, 1, Piece, bytes.Length })
        {
            var copy = new byte[length];
            var source = bytes.AsSpan(0, length);
            Assert.Equal((length, HashSamples.Digest(path, source)), (length, HashInPieces(path, source, random, copy)));
            Assert.True(source.SequenceEqual(copy), $"{length} bytes: the copy differs");
        }
    }

    [Fact]
    public void Public_entry_points_give_the_one_shot_digest()
    {
        var bytes = HashSamples.Random(Piece + 100, seed: 13);
        var copy = new byte[bytes.Length];
        var plan = Blake3Tree.Plan((ulong)bytes.Length);
        Span<byte> values = stackalloc byte[plan.ChainingValuesBytes], digest = stackalloc byte[Blake3.DigestBytes];
        Blake3Tree.HashPieceAndCopy(plan, 1, bytes.AsSpan(Piece), copy.AsSpan(Piece), values[32..]);
        Blake3Tree.HashPiece(plan, 0, bytes.AsSpan(0, Piece), values[..32]);
        Blake3Tree.Combine(plan, values, digest);
        Assert.Equal(HashSamples.Scalar(bytes), Convert.ToHexStringLower(digest));
        Assert.Equal(bytes[Piece..], copy[Piece..]);
    }

    [Fact]
    public void Piece_of_another_length_than_planned_throws()
    {
        var plan = Blake3Tree.Plan(Piece + 100);
        Assert.Throws<ArgumentException>(() => Blake3Tree.HashPiece(plan, 1, new byte[99], new byte[32]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Blake3Tree.HashPiece(plan, 2, new byte[100], new byte[32]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Blake3Tree.HashPiece(plan, -1, new byte[100], new byte[32]));
    }

    [Fact]
    public void Combine_of_too_few_chaining_values_throws()
    {
        var plan = Blake3Tree.Plan(3 * Piece);
        Assert.Throws<ArgumentException>(() => Blake3Tree.Combine(plan, new byte[64], new byte[32]));
    }

    private static string HashInPieces(SimdPath path, ReadOnlySpan<byte> source, Random random, byte[]? copy = null)
    {
        var plan = Blake3Tree.Plan((ulong)source.Length);
        var order = Enumerable.Range(0, plan.PieceCount).ToArray();
        random.Shuffle(order);
        var values = new byte[plan.ChainingValuesBytes];
        foreach (var piece in order)
        {
            var offset = (int)plan.PieceOffsetBytes(piece);
            var length = plan.PieceLengthBytes(piece);
            var value = values.AsSpan(piece * Blake3Tree.ChainingValueBytes, Blake3Tree.ChainingValueBytes);
            if (copy is null)
                Blake3Tree.HashPiece(path, plan, piece, source.Slice(offset, length), value);
            else
                Blake3Tree.HashPieceAndCopy(path, plan, piece, source.Slice(offset, length), copy.AsSpan(offset, length), value);
        }
        Span<byte> digest = stackalloc byte[Blake3.DigestBytes];
        Blake3Tree.Combine(path, plan, values, digest);
        return Convert.ToHexStringLower(digest);
    }
}

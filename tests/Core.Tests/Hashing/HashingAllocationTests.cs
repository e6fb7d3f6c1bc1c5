using Cascade.Core.Hashing;

namespace Cascade.Core.Tests.Hashing;

public sealed class HashingAllocationTests
{
    [Theory]
    [InlineData(100)]
    [InlineData(40_000)]
    [InlineData(700_001)]
    public void Hashing_allocates_nothing(int lengthBytes)
    {
        byte[] source = HashSamples.Random(lengthBytes, seed: 16), copy = new byte[lengthBytes], values = new byte[32 * 3];
        HashEveryWay(source, copy, values);
        var before = GC.GetAllocatedBytesForCurrentThread();
        HashEveryWay(source, copy, values);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void HashEveryWay(byte[] source, byte[] copy, byte[] values)
    {
        Span<byte> digest = stackalloc byte[Blake3.DigestBytes];
        Blake3.Hash(source, digest);
        Blake3.HashAndCopy(source, copy, digest);

        var hasher = Blake3Hasher.Create();
        hasher.Update(source);
        hasher.UpdateAndCopy(source, copy);
        hasher.Finish(digest);

        var plan = Blake3Tree.Plan((ulong)source.Length);
        for (var piece = 0; piece < plan.PieceCount; piece++)
        {
            var bytes = source.AsSpan((int)plan.PieceOffsetBytes(piece), plan.PieceLengthBytes(piece));
            Blake3Tree.HashPiece(plan, piece, bytes, values.AsSpan(32 * piece, 32));
            Blake3Tree.HashPieceAndCopy(plan, piece, bytes, copy.AsSpan(0, bytes.Length), values.AsSpan(32 * piece, 32));
        }
        Blake3Tree.Combine(plan, values.AsSpan(0, plan.ChainingValuesBytes), digest);

        BlockDigest.Compute(DigestAlgorithm.Blake3, source);
        BlockDigest.Compute(DigestAlgorithm.Sha256, source);
        BlockDigest.HashAndCopy(DigestAlgorithm.Blake3, source, copy);
        BlockDigest.HashAndCopy(DigestAlgorithm.Sha256, source, copy);
    }
}

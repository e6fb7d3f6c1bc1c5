using Cascade.Core.Hashing;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Payload;

/// <summary>Compares bytes with the id that they go by.</summary>
internal static unsafe class BlockVerifier
{
    private const int PieceBytes = 1 << 30;

    /// <summary>True when the bytes are the block's. Takes the time of one digest.</summary>
    public static bool Matches(DigestAlgorithm algorithm, byte* bytes, long lengthBytes, BlockId id)
    {
        if (lengthBytes <= PieceBytes)
            return BlockDigest.Compute(algorithm, new ReadOnlySpan<byte>(bytes, (int)lengthBytes)) == id;
        using var digest = new IncrementalBlockDigest(algorithm);
        for (var done = 0L; done < lengthBytes; done += PieceBytes)
            digest.Append(new ReadOnlySpan<byte>(bytes + done, (int)Math.Min(PieceBytes, lengthBytes - done)));
        return digest.Finish() == id;
    }
}

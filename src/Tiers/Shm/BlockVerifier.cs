using System.Security.Cryptography;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Shm;

/// <summary>Compares bytes with the id that they go by.</summary>
internal static unsafe class BlockVerifier
{
    private const int PieceBytes = 1 << 30;

    /// <summary>True when the bytes are the block's. Takes the time of one digest.</summary>
    public static bool Matches(DigestAlgorithm algorithm, byte* bytes, long lengthBytes, BlockId id)
    {
        if (lengthBytes <= PieceBytes)
            return BlockDigest.Compute(algorithm, new ReadOnlySpan<byte>(bytes, (int)lengthBytes)) == id;
        using var digest = new RunningDigest(algorithm);
        for (var done = 0L; done < lengthBytes; done += PieceBytes)
            digest.Append(new ReadOnlySpan<byte>(bytes + done, (int)Math.Min(PieceBytes, lengthBytes - done)));
        return digest.Finish() == id;
    }
}

/// <summary>The id of bytes that come in pieces.</summary>
internal sealed class RunningDigest(DigestAlgorithm algorithm) : IDisposable
{
    private readonly IncrementalHash? _sha256 =
        algorithm == DigestAlgorithm.Sha256 ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;

    private Blake3Hasher _blake3 = Blake3Hasher.Create();

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_sha256 is not null)
            _sha256.AppendData(bytes);
        else
            _blake3.Update(bytes);
    }

    public BlockId Finish()
    {
        Span<byte> digest = stackalloc byte[BlockId.SizeBytes];
        if (_sha256 is not null)
            _sha256.GetHashAndReset(digest);
        else
            _blake3.Finish(digest);
        return new BlockId(digest);
    }

    public void Dispose() => _sha256?.Dispose();
}

using System.Security.Cryptography;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Shm;

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

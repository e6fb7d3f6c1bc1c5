using System.Security.Cryptography;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Payload;

/// <summary>The id of a block that comes in parts, by either algorithm.</summary>
internal sealed class IncrementalBlockDigest(DigestAlgorithm algorithm) : IDisposable
{
    private readonly IncrementalHash? _sha256 =
        algorithm == DigestAlgorithm.Sha256 ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;

    private Blake3Hasher _blake3 = Blake3Hasher.Create();

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_sha256 is null)
            _blake3.Update(bytes);
        else
            _sha256.AppendData(bytes);
    }

    public void AppendAndCopy(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (_sha256 is null)
        {
            _blake3.UpdateAndCopy(source, destination);
            return;
        }

        _sha256.AppendData(source);
        source.CopyTo(destination);
    }

    public BlockId Finish()
    {
        Span<byte> digest = stackalloc byte[BlockId.SizeBytes];
        if (_sha256 is null)
            _blake3.Finish(digest);
        else
            _sha256.GetHashAndReset(digest);
        return new BlockId(digest);
    }

    public void Dispose() => _sha256?.Dispose();
}

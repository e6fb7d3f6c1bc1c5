using System.Security.Cryptography;
using System.Text;

namespace Cascade.Tiers.Fabric;

/// <summary>
/// How both ends of a bulk connection prove that they are of one cluster without saying the token: each returns a keyed hash over the
/// other's nonce and its own.
/// </summary>
internal sealed class BulkSecurity
{
    private static readonly byte[] ServerRole = "cascade-bulk-server"u8.ToArray();
    private static readonly byte[] ClientRole = "cascade-bulk-client"u8.ToArray();

    private readonly byte[] _key;

    public BulkSecurity(string clusterName, string token) => _key = HMACSHA256.HashData(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(clusterName));

    /// <summary>The proof of one end; the nonces are of the server and of the client, whoever's proof it is.</summary>
    public void Prove(bool asServer, ReadOnlySpan<byte> serverNonce, ReadOnlySpan<byte> clientNonce, Span<byte> proof)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hash.AppendData(asServer ? ServerRole : ClientRole);
        hash.AppendData(serverNonce);
        hash.AppendData(clientNonce);
        hash.GetHashAndReset(proof);
    }

    /// <summary>Compares a proof in constant time.</summary>
    public bool IsProven(bool asServer, ReadOnlySpan<byte> serverNonce, ReadOnlySpan<byte> clientNonce, ReadOnlySpan<byte> proof)
    {
        Span<byte> expected = stackalloc byte[BulkFrames.ProofBytes];
        Prove(asServer, serverNonce, clientNonce, expected);
        return CryptographicOperations.FixedTimeEquals(expected, proof);
    }
}

namespace Cascade.Core.Hashing;

/// <summary>What a cluster names its blocks by: one setting for all nodes, fixed for the life of the stored data.</summary>
public enum DigestAlgorithm
{
    /// <summary>BLAKE3 with a 256-bit digest.</summary>
    Blake3 = 0,

    /// <summary>SHA-256 (FIPS 180-4), about a quarter as fast.</summary>
    Sha256 = 1,
}

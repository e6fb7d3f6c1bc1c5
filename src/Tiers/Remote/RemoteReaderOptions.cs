using Cascade.Core.Hashing;

namespace Cascade.Tiers.Remote;

/// <summary>What the reader of other nodes' copies is to be.</summary>
public sealed record RemoteReaderOptions
{
    /// <summary>What the cluster names its blocks by.</summary>
    public DigestAlgorithm DigestAlgorithm { get; init; } = DigestAlgorithm.Blake3;

    /// <summary>Most leases on blocks of other nodes at a time; one more read is answered busy.</summary>
    public int LeasesMax { get; init; } = 65_536;

    /// <summary>Which share of reads is held against the block's id: 1 for all, n for every n-th.</summary>
    public int CheckEvery { get; init; } = 1;

    /// <summary>Copies in mapped arenas that are remembered as checked, so that reading one again costs no digest. About 120 bytes each when used.</summary>
    public int CheckedCopiesMax { get; init; } = 16_384;

    internal void Validate()
    {
        if (LeasesMax < 1 || CheckEvery < 1 || CheckedCopiesMax < 1)
            throw new ArgumentException("Leases, checked copies and the share of reads that are checked are each to be 1 or more.");
    }
}

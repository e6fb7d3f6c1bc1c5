namespace Cascade.Tiers.Cold;

/// <summary>Where one rank keeps its aggregated files.</summary>
public sealed record ColdDirectoryOptions
{
    /// <summary>The directory, made when it is not there. Ranks may share one: each writes only files with its number in the name.</summary>
    public required string DirectoryPath { get; init; }

    /// <summary>Number of the rank that writes: 0 or more, one process at a time.</summary>
    public required int Rank { get; init; }

    /// <summary>Stripes of a file on Lustre: -1 for as many as there are targets, else 1 to 2,000.</summary>
    public int StripeCount { get; init; } = 16;

    /// <summary>Length of a stripe on Lustre, in bytes: a multiple of 64 KiB.</summary>
    public long StripeSizeBytes { get; init; } = 4 << 20;

    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    internal void Validate()
    {
        const int StripeGranuleBytes = 64 << 10;
        ArgumentException.ThrowIfNullOrWhiteSpace(DirectoryPath);
        ArgumentOutOfRangeException.ThrowIfNegative(Rank);
        if (StripeCount is not (-1 or (>= 1 and <= 2000)))
            throw new ArgumentException($"A stripe count of {StripeCount} is out of range: give 1 to 2000, or -1 for all targets.");
        if (StripeSizeBytes <= 0 || StripeSizeBytes % StripeGranuleBytes != 0)
            throw new ArgumentException($"A stripe size of {StripeSizeBytes} bytes is refused: give a multiple of {StripeGranuleBytes}.");
    }
}

namespace Cascade.Tiers.Cold;

/// <summary>What a <see cref="RawDiskYardstick"/> measured.</summary>
/// <param name="TotalBytes">Bytes written, and bytes read.</param>
/// <param name="Writing">How long writing took, the flush at its end included.</param>
/// <param name="Reading">How long reading took.</param>
/// <param name="Direct">False when the file system refused <c>O_DIRECT</c> and the page cache had a part in it.</param>
/// <param name="CachedBytes">Bytes of the file in the page cache at the end.</param>
public readonly record struct DiskSpeed(long TotalBytes, TimeSpan Writing, TimeSpan Reading, bool Direct, long CachedBytes)
{
    /// <summary>Bytes written in a second.</summary>
    public double WriteBytesPerSecond => TotalBytes / Writing.TotalSeconds;

    /// <summary>Bytes read in a second.</summary>
    public double ReadBytesPerSecond => TotalBytes / Reading.TotalSeconds;
}

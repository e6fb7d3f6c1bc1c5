namespace Cascade.Tiers.Cold;

/// <summary>The unit of direct transfers.</summary>
internal static class Pages
{
    /// <summary>What offsets, lengths and addresses are multiples of: covers every logical block size in use.</summary>
    public const int SizeBytes = 4096;

    /// <summary>A length with its last page filled up.</summary>
    public static long Padded(long lengthBytes) => (lengthBytes + SizeBytes - 1) & -SizeBytes;

    /// <summary>A length without its last page, if that is not whole.</summary>
    public static long Whole(long lengthBytes) => lengthBytes & -SizeBytes;
}

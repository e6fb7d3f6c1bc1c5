namespace Cascade.Ranks;

/// <summary>Bytes of blocks.</summary>
internal static class Content
{
    /// <summary>The bytes of a rank's block.</summary>
    public static byte[] Of(int rank, int block, int length)
    {
        var bytes = new byte[length];
        new Random((rank * 7919) + block).NextBytes(bytes);
        return bytes;
    }
}

namespace Cascade.EndToEnd;

/// <summary>Damages an arena file that no process holds, and knows where things lie in it: a change of the format must be meant.</summary>
internal static class ArenaBytes
{
    private const int HeaderBytes = 4096;
    private const int DescriptorBytes = 192;

    /// <summary>Where an entry's block id lies in it; it is under the entry's checksum.</summary>
    public const int DescriptorId = 64;

    /// <summary>Where an entry of the descriptor table lies in the file.</summary>
    public static long DescriptorAt(uint slot, int field = 0) => HeaderBytes + ((long)slot * DescriptorBytes) + field;

    /// <summary>Where a byte of the payload area, which is the end of the file, lies in the file.</summary>
    public static long PayloadAt(string path, long capacityBytes, long offsetBytes) =>
        new FileInfo(path).Length - capacityBytes + offsetBytes;

    /// <summary>Flips the bits of the mask in one byte.</summary>
    public static void Flip(string path, long offset, byte mask)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        Span<byte> one = stackalloc byte[1];
        Assert.Equal(1, RandomAccess.Read(file, one, offset));
        one[0] ^= mask;
        RandomAccess.Write(file, one, offset);
    }

    /// <summary>Cuts the file by so many bytes.</summary>
    public static void Cut(string path, long bytes)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.SetLength(file, RandomAccess.GetLength(file) - bytes);
    }
}

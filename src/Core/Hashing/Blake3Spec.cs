namespace Cascade.Core.Hashing;

/// <summary>The constants of BLAKE3 (J. O'Connor, J.-P. Aumasson, S. Neves, Z. Wilcox-O'Hearn, 2020), section 2.</summary>
internal static class Blake3Spec
{
    public const int BlockBytes = 64;
    public const int ChunkBytes = 1024;
    public const int BlocksPerChunk = ChunkBytes / BlockBytes;
    public const int ChainingBytes = 32;
    public const int ChainingWords = 8;

    /// <summary>A length is at most 2^64 - 1 bytes, so a tree of chunks is at most 54 levels high.</summary>
    public const int MaxDepth = 54;

    public const uint ChunkStart = 1, ChunkEnd = 2, Parent = 4, Root = 8;

    public const uint Iv0 = 0x6A09E667, Iv1 = 0xBB67AE85, Iv2 = 0x3C6EF372, Iv3 = 0xA54FF53A;
    public const uint Iv4 = 0x510E527F, Iv5 = 0x9B05688C, Iv6 = 0x1F83D9AB, Iv7 = 0x5BE0CD19;

    /// <summary>The chaining value that every chunk and every parent starts from.</summary>
    public static unsafe void WriteInitial(uint* chaining)
    {
        chaining[0] = Iv0;
        chaining[1] = Iv1;
        chaining[2] = Iv2;
        chaining[3] = Iv3;
        chaining[4] = Iv4;
        chaining[5] = Iv5;
        chaining[6] = Iv6;
        chaining[7] = Iv7;
    }
}

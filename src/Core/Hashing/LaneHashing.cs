namespace Cascade.Core.Hashing;

/// <summary>Hashes many equally long inputs that lie one after another: whole chunks, or pairs of chaining values.</summary>
internal static unsafe class LaneHashing
{
    /// <summary>The widest path that this CPU has.</summary>
    public static readonly SimdPath Best = Widest();

    /// <summary>Whether this CPU has what the path needs.</summary>
    public static bool IsSupported(SimdPath path) => path == SimdPath.Scalar;

    /// <summary>The path's name for logs and status.</summary>
    public static string NameOf(SimdPath path) => path switch
    {
        SimdPath.Lanes16 => "avx512-16way",
        SimdPath.Lanes8 => "avx2-8way",
        SimdPath.Lanes4 => "simd128-4way",
        _ => "scalar",
    };

    /// <summary>Writes the chaining values of consecutive whole chunks, the first being chunk <paramref name="counter"/>.</summary>
    public static void HashChunks(SimdPath path, byte* chunks, int count, ulong counter, uint* chaining) =>
        Hash(path, chunks, count, Blake3Spec.BlocksPerChunk, counter, chaining);

    /// <summary>Writes the parents of consecutive pairs of chaining values; may work in place.</summary>
    public static void HashParents(SimdPath path, uint* children, int count, uint* chaining) =>
        Hash(path, (byte*)children, count, 1, 0, chaining);

    private static void Hash(SimdPath path, byte* inputs, int count, int blocks, ulong counter, uint* chaining)
    {
        for (; count > 0; count--)
        {
            ScalarKernel.Hash(inputs, blocks, counter, chaining);
            inputs += blocks * Blake3Spec.BlockBytes;
            chaining += Blake3Spec.ChainingWords;
            counter++;
        }
    }

    private static SimdPath Widest()
    {
        var path = SimdPath.Lanes16;
        while (!IsSupported(path))
            path--;
        return path;
    }
}

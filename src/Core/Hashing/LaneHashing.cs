using System.Runtime.Intrinsics;

namespace Cascade.Core.Hashing;

/// <summary>Hashes many equally long inputs that lie one after another: whole chunks, or pairs of chaining values.</summary>
internal static unsafe class LaneHashing
{
    /// <summary>The widest path that this CPU has.</summary>
    public static readonly SimdPath Best = Widest();

    /// <summary>Whether this CPU has what the path needs.</summary>
    public static bool IsSupported(SimdPath path) => path switch
    {
        SimdPath.Lanes16 => Lanes16.IsSupported && Lanes8.IsSupported && Lanes4.IsSupported,
        SimdPath.Lanes8 => Lanes8.IsSupported && Lanes4.IsSupported,
        SimdPath.Lanes4 => Lanes4.IsSupported,
        _ => true,
    };

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
        while (count > 0)
        {
            int done;
            if (path >= SimdPath.Lanes16 && count >= Lanes16.Count)
            {
                LaneKernel<Vector512<uint>, Lanes16>.Hash(inputs, blocks, counter, chaining);
                done = Lanes16.Count;
            }
            else if (path >= SimdPath.Lanes8 && count >= Lanes8.Count)
            {
                LaneKernel<Vector256<uint>, Lanes8>.Hash(inputs, blocks, counter, chaining);
                done = Lanes8.Count;
            }
            else if (path >= SimdPath.Lanes4 && count >= Lanes4.Count)
            {
                LaneKernel<Vector128<uint>, Lanes4>.Hash(inputs, blocks, counter, chaining);
                done = Lanes4.Count;
            }
            else
            {
                ScalarKernel.Hash(inputs, blocks, counter, chaining);
                done = 1;
            }
            inputs += done * blocks * Blake3Spec.BlockBytes;
            chaining += done * Blake3Spec.ChainingWords;
            counter += (uint)done;
            count -= done;
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

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

    /// <summary>
    /// Writes the chaining values of consecutive whole chunks, and copies them on the way. The first is chunk number
    /// <paramref name="counter"/>, a multiple of the count rounded up to a power of two.
    /// </summary>
    public static void HashChunks(SimdPath path, byte* chunks, int count, ulong counter, FusedCopy copy, uint* chaining) =>
        Hash(path, chunks, count, Blake3Spec.BlocksPerChunk, counter, copy, chaining);

    /// <summary>Writes the parents of consecutive pairs of chaining values; may work in place.</summary>
    public static void HashParents(SimdPath path, uint* children, int count, uint* parents) =>
        Hash(path, (byte*)children, count, 1, 0, default, parents);

    private static void Hash(SimdPath path, byte* inputs, int count, int blocks, ulong counter, FusedCopy copy, uint* chaining)
    {
        while (count > 0)
        {
            var done = HashWidest(path, inputs, count, blocks, counter, copy, chaining);
            var doneBytes = (nuint)(done * blocks * Blake3Spec.BlockBytes);
            inputs += doneBytes;
            copy = copy.Skip(doneBytes);
            chaining += done * Blake3Spec.ChainingWords;
            count -= done;
            counter += blocks == 1 ? 0 : (uint)done;
        }
    }

    private static int HashWidest(
        SimdPath path, byte* inputs, int count, int blocks, ulong counter, FusedCopy copy, uint* chaining)
    {
        if (path >= SimdPath.Lanes16 && count >= Lanes16.Count)
            return HashLanes<Vector512<uint>, Lanes16>(inputs, blocks, counter, copy, chaining);
        if (path >= SimdPath.Lanes8 && count >= Lanes8.Count)
            return HashLanes<Vector256<uint>, Lanes8>(inputs, blocks, counter, copy, chaining);
        if (path >= SimdPath.Lanes4 && count >= Lanes4.Count)
            return HashLanes<Vector128<uint>, Lanes4>(inputs, blocks, counter, copy, chaining);
        ScalarKernel.Hash(inputs, blocks, counter, chaining);
        copy.Copy(inputs, (nuint)blocks * Blake3Spec.BlockBytes);
        return 1;
    }

    private static int HashLanes<TVector, TLanes>(byte* inputs, int blocks, ulong counter, FusedCopy copy, uint* chaining)
        where TVector : unmanaged
        where TLanes : struct, ILanes<TVector>
    {
        var lines = copy.AlignedLines;
        LaneKernel<TVector, TLanes>.Hash(inputs, blocks, counter, lines, chaining);
        if (lines == null)
            copy.Copy(inputs, (nuint)(TLanes.Count * blocks * Blake3Spec.BlockBytes));
        return TLanes.Count;
    }

    private static SimdPath Widest()
    {
        var path = SimdPath.Lanes16;
        while (!IsSupported(path))
            path--;
        return path;
    }
}

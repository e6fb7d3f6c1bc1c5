using System.Numerics;
using System.Runtime.CompilerServices;

namespace Cascade.Core.Hashing;

/// <summary>Hashes a run of bytes that is one node of the tree, keeping all lanes busy on leaves and on parents.</summary>
/// <remarks>
/// A run is halved as the specification says (the left half is the largest power of two of chunks that leaves something
/// to the right) down to groups of sixteen chunks. Each half hands up to sixteen chaining values upwards, so that
/// the step that joins two halves hashes up to sixteen parents at once.
/// </remarks>
internal static unsafe class Subtree
{
    public const int GroupChunks = 16;
    private const int GroupBytes = GroupChunks * Blake3Spec.ChunkBytes;

    /// <summary>
    /// Hashes <paramref name="lengthBytes"/> bytes that start at chunk <paramref name="counter"/>, and copies them on the way
    /// when the copy has a destination. With <paramref name="rootFlag"/> Root the run is the whole input and the result its
    /// digest.
    /// </summary>
    [SkipLocalsInit]
    public static void Hash(
        SimdPath path, byte* source, nuint lengthBytes, ulong counter, uint rootFlag, FusedCopy copy, uint* result)
    {
        if (lengthBytes <= Blake3Spec.ChunkBytes)
        {
            ScalarKernel.HashChunk(source, (int)lengthBytes, counter, rootFlag, result);
            copy.Copy(source, lengthBytes);
            return;
        }
        var children = stackalloc uint[GroupChunks * Blake3Spec.ChainingWords];
        HashToChildren(path, source, lengthBytes, counter, copy, children);
        ScalarKernel.HashParent(children, rootFlag, result);
    }

    /// <summary>
    /// As <see cref="Hash"/> for more than one chunk, but stops one level below the top, where it is still open whether that is
    /// the root. Writes the chaining values of both children, and needs room for sixteen.
    /// </summary>
    public static void HashToChildren(
        SimdPath path, byte* source, nuint lengthBytes, ulong counter, FusedCopy copy, uint* children)
    {
        var count = HashWide(path, source, lengthBytes, counter, copy, children);
        ReduceToChildren(path, children, count);
    }

    /// <summary>
    /// Joins the chaining values of two or more sibling nodes, in place, to those of the two below the node above them all.
    /// </summary>
    public static void ReduceToChildren(SimdPath path, uint* chaining, int count)
    {
        while (count > 2)
            count = HashParents(path, chaining, count, chaining);
    }

    [SkipLocalsInit]
    private static int HashWide(SimdPath path, byte* source, nuint lengthBytes, ulong counter, FusedCopy copy, uint* chaining)
    {
        if (lengthBytes <= GroupBytes)
            return HashGroup(path, source, (int)lengthBytes, counter, copy, chaining);

        var leftBytes = LeftBytes(lengthBytes);
        var halves = stackalloc uint[2 * GroupChunks * Blake3Spec.ChainingWords];
        var left = HashWide(path, source, leftBytes, counter, copy, halves);
        var right = HashWide(path, source + leftBytes, lengthBytes - leftBytes, counter + leftBytes / Blake3Spec.ChunkBytes,
            copy.Skip(leftBytes), halves + left * Blake3Spec.ChainingWords);
        return HashParents(path, halves, left + right, chaining);
    }

    private static int HashGroup(SimdPath path, byte* source, int lengthBytes, ulong counter, FusedCopy copy, uint* chaining)
    {
        var whole = lengthBytes / Blake3Spec.ChunkBytes;
        var rest = lengthBytes % Blake3Spec.ChunkBytes;
        LaneHashing.HashChunks(path, source, whole, counter, copy, chaining);
        if (rest == 0)
            return whole;
        var last = source + lengthBytes - rest;
        ScalarKernel.HashChunk(last, rest, counter + (uint)whole, 0, chaining + whole * Blake3Spec.ChainingWords);
        copy.Skip((nuint)(lengthBytes - rest)).Copy(last, (nuint)rest);
        return whole + 1;
    }

    /// <summary>One level up; an odd last node has no sibling on this level and is handed on as it is.</summary>
    private static int HashParents(SimdPath path, uint* children, int count, uint* parents)
    {
        var pairs = count / 2;
        LaneHashing.HashParents(path, children, pairs, parents);
        if (count % 2 == 0)
            return pairs;
        var last = children + (count - 1) * Blake3Spec.ChainingWords;
        Unsafe.CopyBlockUnaligned(parents + pairs * Blake3Spec.ChainingWords, last, Blake3Spec.ChainingBytes);
        return pairs + 1;
    }

    /// <summary>The largest power of two of chunks below <paramref name="lengthBytes"/>, which is above one chunk.</summary>
    private static nuint LeftBytes(nuint lengthBytes) =>
        ((nuint)1 << BitOperations.Log2((lengthBytes - 1) / Blake3Spec.ChunkBytes)) * Blake3Spec.ChunkBytes;
}

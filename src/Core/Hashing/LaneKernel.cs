using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Cascade.Core.Hashing;

/// <summary>The compression function (specification, section 2.2) on as many inputs at a time as a vector has lanes.</summary>
/// <remarks>
/// The state is sixteen vectors that stay in registers; message words are memory operands. The four columns, then the four
/// diagonals, advance step by step together: each step is four independent operations, which hides their latency.
/// </remarks>
internal static unsafe class LaneKernel<TVector, TLanes>
    where TVector : unmanaged
    where TLanes : struct, ILanes<TVector>
{
    private const int WordsPerBlock = Blake3Spec.BlockBytes / sizeof(uint);
    private const nuint AlignmentBytes = 64;

    /// <summary>
    /// Hashes as many inputs as there are lanes, one after another in memory: whole chunks from number <paramref name="counter"/>
    /// when they have 16 blocks, parents when they have one. <paramref name="chaining"/> may overlap the head of the inputs.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Hash(byte* inputs, int blocks, ulong counter, uint* chaining)
    {
        Debug.Assert(counter % (uint)TLanes.Count == 0, "Lane numbers are added to the counter without carry.");
        var space = stackalloc byte[WordsPerBlock * sizeof(TVector) + (int)AlignmentBytes];
        var m = (TVector*)(((nuint)space + AlignmentBytes - 1) & ~(AlignmentBytes - 1));

        TVector h0 = TLanes.Broadcast(Blake3Spec.Iv0), h1 = TLanes.Broadcast(Blake3Spec.Iv1);
        TVector h2 = TLanes.Broadcast(Blake3Spec.Iv2), h3 = TLanes.Broadcast(Blake3Spec.Iv3);
        TVector h4 = TLanes.Broadcast(Blake3Spec.Iv4), h5 = TLanes.Broadcast(Blake3Spec.Iv5);
        TVector h6 = TLanes.Broadcast(Blake3Spec.Iv6), h7 = TLanes.Broadcast(Blake3Spec.Iv7);
        var strideBytes = (nuint)blocks * Blake3Spec.BlockBytes;
        var isParent = blocks == 1;
        var counterLow = isParent ? TLanes.Broadcast(0) : TLanes.AddIndices(TLanes.Broadcast((uint)counter));

        for (var block = 0; block < blocks; block++)
        {
            TLanes.LoadBlocks(inputs + block * Blake3Spec.BlockBytes, strideBytes, m);
            if (!isParent)
                PrefetchNext(inputs + (nuint)(Blake3Spec.BlocksPerChunk + block) * (nuint)TLanes.Count * Blake3Spec.BlockBytes);
            TVector v8 = TLanes.Broadcast(Blake3Spec.Iv0), v9 = TLanes.Broadcast(Blake3Spec.Iv1);
            TVector v10 = TLanes.Broadcast(Blake3Spec.Iv2), v11 = TLanes.Broadcast(Blake3Spec.Iv3);
            TVector v12 = counterLow, v13 = TLanes.Broadcast((uint)(counter >> 32));
            TVector v14 = TLanes.Broadcast(Blake3Spec.BlockBytes), v15 = TLanes.Broadcast(Flags(block, blocks));

            Rounds(ref h0, ref h1, ref h2, ref h3, ref h4, ref h5, ref h6, ref h7,
                ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15, m);

            h0 = TLanes.Xor(h0, v8);
            h1 = TLanes.Xor(h1, v9);
            h2 = TLanes.Xor(h2, v10);
            h3 = TLanes.Xor(h3, v11);
            h4 = TLanes.Xor(h4, v12);
            h5 = TLanes.Xor(h5, v13);
            h6 = TLanes.Xor(h6, v14);
            h7 = TLanes.Xor(h7, v15);
        }

        m[0] = h0;
        m[1] = h1;
        m[2] = h2;
        m[3] = h3;
        m[4] = h4;
        m[5] = h5;
        m[6] = h6;
        m[7] = h7;
        TLanes.StoreChaining(m, chaining);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchNext(byte* p)
    {
        if (!Sse.IsSupported)
            return;
        for (var lane = 0; lane < TLanes.Count; lane += 4)
        {
            Sse.Prefetch0(p);
            Sse.Prefetch0(p + 64);
            Sse.Prefetch0(p + 128);
            Sse.Prefetch0(p + 192);
            p += 256;
        }
    }

    private static uint Flags(int block, int blocks) =>
        blocks == 1 ? Blake3Spec.Parent
        : block == 0 ? Blake3Spec.ChunkStart
        : block == blocks - 1 ? Blake3Spec.ChunkEnd
        : 0;

    /// <summary>The seven rounds, each with its order of message words written out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rounds(
        ref TVector v0, ref TVector v1, ref TVector v2, ref TVector v3, ref TVector v4, ref TVector v5, ref TVector v6, ref TVector v7,
        ref TVector v8, ref TVector v9, ref TVector v10, ref TVector v11, ref TVector v12, ref TVector v13, ref TVector v14, ref TVector v15,
        TVector* m)
    {
        TLanes.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
            ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15, m, 0, 1, 2, 3, 4, 5, 6, 7);
        TLanes.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
            ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14, m, 8, 9, 10, 11, 12, 13, 14, 15);
        TLanes.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
            ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15, m, 2, 6, 3, 10, 7, 0, 4, 13);
        TLanes.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
            ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14, m, 1, 11, 12, 5, 9, 14, 15, 8);
        TLanes.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
            ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15, m, 3, 4, 10, 12, 13, 2, 7, 14);
        TLanes.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
            ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14, m, 6, 5, 9, 0, 11, 15, 8, 1);
        TLanes.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
            ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15, m, 10, 7, 12, 9, 14, 3, 13, 15);
        TLanes.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
            ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14, m, 4, 0, 11, 2, 5, 8, 1, 6);
        TLanes.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
            ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15, m, 12, 13, 9, 11, 15, 10, 14, 8);
        TLanes.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
            ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14, m, 7, 2, 5, 3, 0, 1, 6, 4);
        TLanes.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
            ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15, m, 9, 14, 11, 5, 8, 12, 15, 1);
        TLanes.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
            ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14, m, 13, 3, 0, 10, 2, 6, 4, 7);
        TLanes.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
            ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15, m, 11, 15, 5, 0, 1, 9, 8, 6);
        TLanes.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
            ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14, m, 14, 10, 2, 12, 3, 4, 7, 13);
    }
}

using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Cascade.Core.Hashing;

/// <summary>The compression function (specification, section 2.2) on as many inputs at a time as a vector has lanes.</summary>
/// <remarks>
/// State and message words are 32 vectors: with AVX-512 all stay in registers. The 16-lane kernel reads 16 streams 1 KiB apart,
/// which hardware does not prefetch in time, so the kernel asks for what the next call will read; past the end of the input that
/// is a hint to nowhere, and harmless. Compiled with full optimization at once: the first tier would call every vector operation.
/// </remarks>
internal static unsafe class LaneKernel<TVector, TLanes>
    where TVector : unmanaged
    where TLanes : struct, ILanes<TVector>
{
    private const int WordsPerBlock = Blake3Spec.BlockBytes / sizeof(uint);
    private const nuint AlignmentBytes = 64;

    /// <summary>
    /// Hashes as many inputs as there are lanes, one after another in memory: whole chunks from number <paramref name="counter"/>
    /// when they have 16 blocks, parents when they have one, whose chaining values may overwrite the inputs. Chunks are also
    /// streamed to <paramref name="lines"/>, which is aligned to 64 bytes or null.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Hash(byte* inputs, int blocks, ulong counter, byte* lines, uint* chaining)
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
            var source = inputs + block * Blake3Spec.BlockBytes;
            TLanes.LoadBlocks(source, strideBytes, m);
            if (lines != null)
                StreamBlocks(source, lines + block * Blake3Spec.BlockBytes);
            if (!isParent)
                PrefetchNext(inputs + (Blake3Spec.BlocksPerChunk + block) * TLanes.Count * Blake3Spec.BlockBytes);
            TVector v8 = TLanes.Broadcast(Blake3Spec.Iv0), v9 = TLanes.Broadcast(Blake3Spec.Iv1);
            TVector v10 = TLanes.Broadcast(Blake3Spec.Iv2), v11 = TLanes.Broadcast(Blake3Spec.Iv3);
            TVector v12 = counterLow, v13 = TLanes.Broadcast((uint)(counter >> 32));
            TVector v14 = TLanes.Broadcast(Blake3Spec.BlockBytes), v15 = TLanes.Broadcast(Flags(block, blocks));

            Rounds<TVector, TLanes>.Apply(ref h0, ref h1, ref h2, ref h3, ref h4, ref h5, ref h6, ref h7,
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

    /// <summary>Copies one block of every chunk: its lines were just loaded, and the stores overlap with the rounds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StreamBlocks(byte* source, byte* lines)
    {
        for (var lane = 0; lane < TLanes.Count; lane++)
            FusedCopy.StreamLine(source + lane * Blake3Spec.ChunkBytes, lines + lane * Blake3Spec.ChunkBytes);
    }

    /// <summary>Asks for one line a lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchNext(byte* source)
    {
        if (!Sse.IsSupported)
            return;
        for (var lane = 0; lane < TLanes.Count; lane += 4)
        {
            Sse.Prefetch0(source);
            Sse.Prefetch0(source + Blake3Spec.BlockBytes);
            Sse.Prefetch0(source + 2 * Blake3Spec.BlockBytes);
            Sse.Prefetch0(source + 3 * Blake3Spec.BlockBytes);
            source += 4 * Blake3Spec.BlockBytes;
        }
    }

    private static uint Flags(int block, int blocks) =>
        blocks == 1 ? Blake3Spec.Parent
        : block == 0 ? Blake3Spec.ChunkStart
        : block == blocks - 1 ? Blake3Spec.ChunkEnd
        : 0;
}

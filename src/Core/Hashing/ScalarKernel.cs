using System.Numerics;
using System.Runtime.CompilerServices;

namespace Cascade.Core.Hashing;

/// <summary>One compression at a time, on any CPU; also what partial chunks and roots go through.</summary>
/// <remarks>Words are read in the machine's order, which is little-endian wherever .NET runs this project.</remarks>
internal static unsafe class ScalarKernel
{
    /// <summary>Hashes one whole chunk or one parent, as <see cref="LaneHashing"/> does for many.</summary>
    public static void Hash(byte* input, int blocks, ulong counter, uint* chaining)
    {
        if (blocks == 1)
            HashParent((uint*)input, 0, chaining);
        else
            HashChunk(input, Blake3Spec.ChunkBytes, counter, 0, chaining);
    }

    /// <summary>
    /// Hashes a chunk of 0 to 1,024 bytes; <paramref name="rootFlag"/> is Root when the chunk is the whole input.
    /// </summary>
    [SkipLocalsInit]
    public static void HashChunk(byte* input, int lengthBytes, ulong counter, uint rootFlag, uint* chaining)
    {
        Blake3Spec.WriteInitial(chaining);
        var flags = Blake3Spec.ChunkStart;
        for (; lengthBytes > Blake3Spec.BlockBytes; lengthBytes -= Blake3Spec.BlockBytes, input += Blake3Spec.BlockBytes)
        {
            Compress(chaining, (uint*)input, Blake3Spec.BlockBytes, counter, flags);
            flags = 0;
        }
        var last = stackalloc uint[Blake3Spec.BlockBytes / sizeof(uint)];
        new Span<byte>(last, Blake3Spec.BlockBytes).Clear();
        Unsafe.CopyBlockUnaligned(last, input, (uint)lengthBytes);
        Compress(chaining, last, (uint)lengthBytes, counter, flags | Blake3Spec.ChunkEnd | rootFlag);
    }

    /// <summary>Hashes the 64 bytes of two children to their parent; the result may overwrite either child.</summary>
    [SkipLocalsInit]
    public static void HashParent(uint* children, uint rootFlag, uint* result)
    {
        var chaining = stackalloc uint[Blake3Spec.ChainingWords];
        Blake3Spec.WriteInitial(chaining);
        Compress(chaining, children, Blake3Spec.BlockBytes, 0, Blake3Spec.Parent | rootFlag);
        Unsafe.CopyBlockUnaligned(result, chaining, Blake3Spec.ChainingBytes);
    }

    private static void Compress(uint* chaining, uint* m, uint lengthBytes, ulong counter, uint flags)
    {
        uint v0 = chaining[0], v1 = chaining[1], v2 = chaining[2], v3 = chaining[3];
        uint v4 = chaining[4], v5 = chaining[5], v6 = chaining[6], v7 = chaining[7];
        uint v8 = Blake3Spec.Iv0, v9 = Blake3Spec.Iv1, v10 = Blake3Spec.Iv2, v11 = Blake3Spec.Iv3;
        uint v12 = (uint)counter, v13 = (uint)(counter >> 32), v14 = lengthBytes, v15 = flags;

        Rounds<uint, Mixing>.Apply(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
            ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15, m);

        chaining[0] = v0 ^ v8;
        chaining[1] = v1 ^ v9;
        chaining[2] = v2 ^ v10;
        chaining[3] = v3 ^ v11;
        chaining[4] = v4 ^ v12;
        chaining[5] = v5 ^ v13;
        chaining[6] = v6 ^ v14;
        chaining[7] = v7 ^ v15;
    }

    private readonly struct Mixing : IHalfRound<uint>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void HalfRound(
            ref uint a0, ref uint a1, ref uint a2, ref uint a3,
            ref uint b0, ref uint b1, ref uint b2, ref uint b3,
            ref uint c0, ref uint c1, ref uint c2, ref uint c3,
            ref uint d0, ref uint d1, ref uint d2, ref uint d3,
            uint* m, int x0, int y0, int x1, int y1, int x2, int y2, int x3, int y3)
        {
            Mix(ref a0, ref b0, ref c0, ref d0, m[x0], m[y0]);
            Mix(ref a1, ref b1, ref c1, ref d1, m[x1], m[y1]);
            Mix(ref a2, ref b2, ref c2, ref d2, m[x2], m[y2]);
            Mix(ref a3, ref b3, ref c3, ref d3, m[x3], m[y3]);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Mix(ref uint a, ref uint b, ref uint c, ref uint d, uint x, uint y)
        {
            a += b + x;
            d = BitOperations.RotateRight(d ^ a, 16);
            c += d;
            b = BitOperations.RotateRight(b ^ c, 12);
            a += b + y;
            d = BitOperations.RotateRight(d ^ a, 8);
            c += d;
            b = BitOperations.RotateRight(b ^ c, 7);
        }
    }
}

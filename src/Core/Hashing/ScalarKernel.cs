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

    /// <summary>Hashes a chunk of 0 to 1,024 bytes; <paramref name="rootFlag"/> is Root when the chunk is the whole input.</summary>
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

        for (var round = 0; round < Schedule.Length; round += 16)
        {
            var s = Schedule.Slice(round, 16);
            Mix(ref v0, ref v4, ref v8, ref v12, m[s[0]], m[s[1]]);
            Mix(ref v1, ref v5, ref v9, ref v13, m[s[2]], m[s[3]]);
            Mix(ref v2, ref v6, ref v10, ref v14, m[s[4]], m[s[5]]);
            Mix(ref v3, ref v7, ref v11, ref v15, m[s[6]], m[s[7]]);
            Mix(ref v0, ref v5, ref v10, ref v15, m[s[8]], m[s[9]]);
            Mix(ref v1, ref v6, ref v11, ref v12, m[s[10]], m[s[11]]);
            Mix(ref v2, ref v7, ref v8, ref v13, m[s[12]], m[s[13]]);
            Mix(ref v3, ref v4, ref v9, ref v14, m[s[14]], m[s[15]]);
        }

        chaining[0] = v0 ^ v8;
        chaining[1] = v1 ^ v9;
        chaining[2] = v2 ^ v10;
        chaining[3] = v3 ^ v11;
        chaining[4] = v4 ^ v12;
        chaining[5] = v5 ^ v13;
        chaining[6] = v6 ^ v14;
        chaining[7] = v7 ^ v15;
    }

    /// <summary>The quarter round G of section 2.2.</summary>
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

    /// <summary>The order in which each of the seven rounds takes the message words.</summary>
    private static ReadOnlySpan<byte> Schedule =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8,
        3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1,
        10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6,
        12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4,
        9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7,
        11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13,
    ];
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cascade.Core.Hashing;

/// <summary>Eight inputs in 256-bit vectors, by AVX2.</summary>
internal readonly unsafe struct Lanes8 : ILanes<Vector256<uint>>
{
    /// <summary>Selectors of Permute2x128: the low, or the high, halves of both operands.</summary>
    private const byte LowHalves = 0x20, HighHalves = 0x31;

    public static bool IsSupported => Avx2.IsSupported;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Broadcast(uint value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> AddIndices(Vector256<uint> value) => value + Vector256<uint>.Indices;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Xor(Vector256<uint> left, Vector256<uint> right) => left ^ right;

    /// <remarks>Rotations by whole bytes are one shuffle instead of two shifts.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void HalfRound(
        ref Vector256<uint> a0, ref Vector256<uint> a1, ref Vector256<uint> a2, ref Vector256<uint> a3,
        ref Vector256<uint> b0, ref Vector256<uint> b1, ref Vector256<uint> b2, ref Vector256<uint> b3,
        ref Vector256<uint> c0, ref Vector256<uint> c1, ref Vector256<uint> c2, ref Vector256<uint> c3,
        ref Vector256<uint> d0, ref Vector256<uint> d1, ref Vector256<uint> d2, ref Vector256<uint> d3,
        Vector256<uint>* m, int x0, int y0, int x1, int y1, int x2, int y2, int x3, int y3)
    {
        var by16 = Vector256.Create(Lanes4.BytesRotated16, Lanes4.BytesRotated16);
        var by8 = Vector256.Create(Lanes4.BytesRotated8, Lanes4.BytesRotated8);
        a0 += m[x0];
        a1 += m[x1];
        a2 += m[x2];
        a3 += m[x3];
        a0 += b0;
        a1 += b1;
        a2 += b2;
        a3 += b3;
        d0 = Avx2.Shuffle((d0 ^ a0).AsByte(), by16).AsUInt32();
        d1 = Avx2.Shuffle((d1 ^ a1).AsByte(), by16).AsUInt32();
        d2 = Avx2.Shuffle((d2 ^ a2).AsByte(), by16).AsUInt32();
        d3 = Avx2.Shuffle((d3 ^ a3).AsByte(), by16).AsUInt32();
        c0 += d0;
        c1 += d1;
        c2 += d2;
        c3 += d3;
        b0 ^= c0;
        b1 ^= c1;
        b2 ^= c2;
        b3 ^= c3;
        b0 = (b0 >>> 12) | (b0 << 20);
        b1 = (b1 >>> 12) | (b1 << 20);
        b2 = (b2 >>> 12) | (b2 << 20);
        b3 = (b3 >>> 12) | (b3 << 20);
        a0 += m[y0];
        a1 += m[y1];
        a2 += m[y2];
        a3 += m[y3];
        a0 += b0;
        a1 += b1;
        a2 += b2;
        a3 += b3;
        d0 = Avx2.Shuffle((d0 ^ a0).AsByte(), by8).AsUInt32();
        d1 = Avx2.Shuffle((d1 ^ a1).AsByte(), by8).AsUInt32();
        d2 = Avx2.Shuffle((d2 ^ a2).AsByte(), by8).AsUInt32();
        d3 = Avx2.Shuffle((d3 ^ a3).AsByte(), by8).AsUInt32();
        c0 += d0;
        c1 += d1;
        c2 += d2;
        c3 += d3;
        b0 ^= c0;
        b1 ^= c1;
        b2 ^= c2;
        b3 ^= c3;
        b0 = (b0 >>> 7) | (b0 << 25);
        b1 = (b1 >>> 7) | (b1 << 25);
        b2 = (b2 >>> 7) | (b2 << 25);
        b3 = (b3 >>> 7) | (b3 << 25);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBlocks(byte* inputs, nuint strideBytes, Vector256<uint>* words)
    {
        Transpose(inputs, strideBytes, words);
        Transpose(inputs + sizeof(Vector256<uint>), strideBytes, words + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreChaining(Vector256<uint>* words, uint* chaining) =>
        Transpose((byte*)words, (nuint)sizeof(Vector256<uint>), (Vector256<uint>*)chaining);

    /// <summary>Turns eight rows of eight words into columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(byte* rows, nuint strideBytes, Vector256<uint>* columns)
    {
        LoadFour(rows, strideBytes, out var a0, out var a1, out var a2, out var a3);
        LoadFour(rows + 4 * strideBytes, strideBytes, out var b0, out var b1, out var b2, out var b3);
        columns[0] = Avx2.Permute2x128(a0, b0, LowHalves);
        columns[1] = Avx2.Permute2x128(a1, b1, LowHalves);
        columns[2] = Avx2.Permute2x128(a2, b2, LowHalves);
        columns[3] = Avx2.Permute2x128(a3, b3, LowHalves);
        columns[4] = Avx2.Permute2x128(a0, b0, HighHalves);
        columns[5] = Avx2.Permute2x128(a1, b1, HighHalves);
        columns[6] = Avx2.Permute2x128(a2, b2, HighHalves);
        columns[7] = Avx2.Permute2x128(a3, b3, HighHalves);
    }

    /// <summary>Loads four rows; half k of result j has word 4k + j of each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LoadFour(
        byte* rows, nuint strideBytes,
        out Vector256<uint> w0, out Vector256<uint> w1, out Vector256<uint> w2, out Vector256<uint> w3)
    {
        var r0 = Vector256.Load((uint*)rows);
        var r1 = Vector256.Load((uint*)(rows + strideBytes));
        var r2 = Vector256.Load((uint*)(rows + 2 * strideBytes));
        var r3 = Vector256.Load((uint*)(rows + 3 * strideBytes));
        var low01 = Avx2.UnpackLow(r0, r1).AsUInt64();
        var high01 = Avx2.UnpackHigh(r0, r1).AsUInt64();
        var low23 = Avx2.UnpackLow(r2, r3).AsUInt64();
        var high23 = Avx2.UnpackHigh(r2, r3).AsUInt64();
        w0 = Avx2.UnpackLow(low01, low23).AsUInt32();
        w1 = Avx2.UnpackHigh(low01, low23).AsUInt32();
        w2 = Avx2.UnpackLow(high01, high23).AsUInt32();
        w3 = Avx2.UnpackHigh(high01, high23).AsUInt32();
    }
}

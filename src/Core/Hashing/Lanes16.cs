using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cascade.Core.Hashing;

/// <summary>Sixteen inputs in 512-bit vectors, by AVX-512F.</summary>
internal readonly unsafe struct Lanes16 : ILanes<Vector512<uint>>
{
    /// <summary>Selectors of Shuffle4x128: the even, or the odd, quarters of both operands.</summary>
    private const byte EvenQuarters = 0b10_00_10_00, OddQuarters = 0b11_01_11_01;

    public static bool IsSupported => Avx512F.IsSupported;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Broadcast(uint value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> AddIndices(Vector512<uint> value) => value + Vector512<uint>.Indices;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Xor(Vector512<uint> left, Vector512<uint> right) => left ^ right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void HalfRound(
        ref Vector512<uint> a0, ref Vector512<uint> a1, ref Vector512<uint> a2, ref Vector512<uint> a3,
        ref Vector512<uint> b0, ref Vector512<uint> b1, ref Vector512<uint> b2, ref Vector512<uint> b3,
        ref Vector512<uint> c0, ref Vector512<uint> c1, ref Vector512<uint> c2, ref Vector512<uint> c3,
        ref Vector512<uint> d0, ref Vector512<uint> d1, ref Vector512<uint> d2, ref Vector512<uint> d3,
        Vector512<uint>* m, int x0, int y0, int x1, int y1, int x2, int y2, int x3, int y3)
    {
        a0 += m[x0];
        a1 += m[x1];
        a2 += m[x2];
        a3 += m[x3];
        a0 += b0;
        a1 += b1;
        a2 += b2;
        a3 += b3;
        d0 = Avx512F.RotateRight(d0 ^ a0, 16);
        d1 = Avx512F.RotateRight(d1 ^ a1, 16);
        d2 = Avx512F.RotateRight(d2 ^ a2, 16);
        d3 = Avx512F.RotateRight(d3 ^ a3, 16);
        c0 += d0;
        c1 += d1;
        c2 += d2;
        c3 += d3;
        b0 = Avx512F.RotateRight(b0 ^ c0, 12);
        b1 = Avx512F.RotateRight(b1 ^ c1, 12);
        b2 = Avx512F.RotateRight(b2 ^ c2, 12);
        b3 = Avx512F.RotateRight(b3 ^ c3, 12);
        a0 += m[y0];
        a1 += m[y1];
        a2 += m[y2];
        a3 += m[y3];
        a0 += b0;
        a1 += b1;
        a2 += b2;
        a3 += b3;
        d0 = Avx512F.RotateRight(d0 ^ a0, 8);
        d1 = Avx512F.RotateRight(d1 ^ a1, 8);
        d2 = Avx512F.RotateRight(d2 ^ a2, 8);
        d3 = Avx512F.RotateRight(d3 ^ a3, 8);
        c0 += d0;
        c1 += d1;
        c2 += d2;
        c3 += d3;
        b0 = Avx512F.RotateRight(b0 ^ c0, 7);
        b1 = Avx512F.RotateRight(b1 ^ c1, 7);
        b2 = Avx512F.RotateRight(b2 ^ c2, 7);
        b3 = Avx512F.RotateRight(b3 ^ c3, 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBlocks(byte* inputs, nuint strideBytes, Vector512<uint>* words)
    {
        LoadFour(inputs, strideBytes, out var a0, out var a1, out var a2, out var a3);
        LoadFour(inputs + 4 * strideBytes, strideBytes, out var b0, out var b1, out var b2, out var b3);
        LoadFour(inputs + 8 * strideBytes, strideBytes, out var c0, out var c1, out var c2, out var c3);
        LoadFour(inputs + 12 * strideBytes, strideBytes, out var d0, out var d1, out var d2, out var d3);
        StoreQuarters(a0, b0, c0, d0, words);
        StoreQuarters(a1, b1, c1, d1, words + 1);
        StoreQuarters(a2, b2, c2, d2, words + 2);
        StoreQuarters(a3, b3, c3, d3, words + 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreChaining(Vector512<uint>* words, uint* chaining)
    {
        LoadFour((byte*)words, (nuint)sizeof(Vector512<uint>), out var a0, out var a1, out var a2, out var a3);
        LoadFour((byte*)(words + 4), (nuint)sizeof(Vector512<uint>), out var b0, out var b1, out var b2, out var b3);
        StoreHalves(a0, b0, chaining);
        StoreHalves(a1, b1, chaining + Blake3Spec.ChainingWords);
        StoreHalves(a2, b2, chaining + 2 * Blake3Spec.ChainingWords);
        StoreHalves(a3, b3, chaining + 3 * Blake3Spec.ChainingWords);
    }

    /// <summary>Loads four rows; quarter k of result j has word 4k + j of each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LoadFour(
        byte* rows, nuint strideBytes,
        out Vector512<uint> w0, out Vector512<uint> w1, out Vector512<uint> w2, out Vector512<uint> w3)
    {
        var r0 = Vector512.Load((uint*)rows);
        var r1 = Vector512.Load((uint*)(rows + strideBytes));
        var r2 = Vector512.Load((uint*)(rows + 2 * strideBytes));
        var r3 = Vector512.Load((uint*)(rows + 3 * strideBytes));
        var low01 = Avx512F.UnpackLow(r0, r1).AsUInt64();
        var high01 = Avx512F.UnpackHigh(r0, r1).AsUInt64();
        var low23 = Avx512F.UnpackLow(r2, r3).AsUInt64();
        var high23 = Avx512F.UnpackHigh(r2, r3).AsUInt64();
        w0 = Avx512F.UnpackLow(low01, low23).AsUInt32();
        w1 = Avx512F.UnpackHigh(low01, low23).AsUInt32();
        w2 = Avx512F.UnpackLow(high01, high23).AsUInt32();
        w3 = Avx512F.UnpackHigh(high01, high23).AsUInt32();
    }

    /// <summary>Gathers quarter k of all four vectors to words[4k].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreQuarters(
        Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d, Vector512<uint>* words)
    {
        var evenAb = Avx512F.Shuffle4x128(a, b, EvenQuarters);
        var oddAb = Avx512F.Shuffle4x128(a, b, OddQuarters);
        var evenCd = Avx512F.Shuffle4x128(c, d, EvenQuarters);
        var oddCd = Avx512F.Shuffle4x128(c, d, OddQuarters);
        words[0] = Avx512F.Shuffle4x128(evenAb, evenCd, EvenQuarters);
        words[4] = Avx512F.Shuffle4x128(oddAb, oddCd, EvenQuarters);
        words[8] = Avx512F.Shuffle4x128(evenAb, evenCd, OddQuarters);
        words[12] = Avx512F.Shuffle4x128(oddAb, oddCd, OddQuarters);
    }

    /// <summary>Stores quarter k of both vectors as the chaining value of lane 4k from <paramref name="chaining"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreHalves(Vector512<uint> first, Vector512<uint> second, uint* chaining)
    {
        const int Step = 4 * Blake3Spec.ChainingWords;
        Avx512F.ExtractVector128(first, 0).Store(chaining);
        Avx512F.ExtractVector128(second, 0).Store(chaining + 4);
        Avx512F.ExtractVector128(first, 1).Store(chaining + Step);
        Avx512F.ExtractVector128(second, 1).Store(chaining + Step + 4);
        Avx512F.ExtractVector128(first, 2).Store(chaining + 2 * Step);
        Avx512F.ExtractVector128(second, 2).Store(chaining + 2 * Step + 4);
        Avx512F.ExtractVector128(first, 3).Store(chaining + 3 * Step);
        Avx512F.ExtractVector128(second, 3).Store(chaining + 3 * Step + 4);
    }
}

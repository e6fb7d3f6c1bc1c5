using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Cascade.Core.Hashing;

/// <summary>Four inputs in 128-bit vectors, by what SSE and NEON have in common.</summary>
internal readonly unsafe struct Lanes4 : ILanes<Vector128<uint>>
{
    private const int ChainingVectors = 2;

    public static bool IsSupported => Vector128.IsHardwareAccelerated && (Sse2.IsSupported || AdvSimd.Arm64.IsSupported);

    public static int Count => 4;

    /// <summary>Which byte of each word comes where when it is rotated right by 16 bits.</summary>
    public static Vector128<byte> BytesRotated16 => Vector128.Create((byte)2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);

    /// <summary>Which byte of each word comes where when it is rotated right by 8 bits.</summary>
    public static Vector128<byte> BytesRotated8 => Vector128.Create((byte)1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Broadcast(uint value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> AddIndices(Vector128<uint> value) => value + Vector128<uint>.Indices;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Xor(Vector128<uint> left, Vector128<uint> right) => left ^ right;

    /// <remarks>Rotations by whole bytes are one shuffle instead of two shifts.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void HalfRound(
        ref Vector128<uint> a0, ref Vector128<uint> a1, ref Vector128<uint> a2, ref Vector128<uint> a3,
        ref Vector128<uint> b0, ref Vector128<uint> b1, ref Vector128<uint> b2, ref Vector128<uint> b3,
        ref Vector128<uint> c0, ref Vector128<uint> c1, ref Vector128<uint> c2, ref Vector128<uint> c3,
        ref Vector128<uint> d0, ref Vector128<uint> d1, ref Vector128<uint> d2, ref Vector128<uint> d3,
        Vector128<uint>* m, int x0, int y0, int x1, int y1, int x2, int y2, int x3, int y3)
    {
        var by16 = BytesRotated16;
        var by8 = BytesRotated8;
        a0 += m[x0];
        a1 += m[x1];
        a2 += m[x2];
        a3 += m[x3];
        a0 += b0;
        a1 += b1;
        a2 += b2;
        a3 += b3;
        d0 = Vector128.Shuffle((d0 ^ a0).AsByte(), by16).AsUInt32();
        d1 = Vector128.Shuffle((d1 ^ a1).AsByte(), by16).AsUInt32();
        d2 = Vector128.Shuffle((d2 ^ a2).AsByte(), by16).AsUInt32();
        d3 = Vector128.Shuffle((d3 ^ a3).AsByte(), by16).AsUInt32();
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
        d0 = Vector128.Shuffle((d0 ^ a0).AsByte(), by8).AsUInt32();
        d1 = Vector128.Shuffle((d1 ^ a1).AsByte(), by8).AsUInt32();
        d2 = Vector128.Shuffle((d2 ^ a2).AsByte(), by8).AsUInt32();
        d3 = Vector128.Shuffle((d3 ^ a3).AsByte(), by8).AsUInt32();
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
    public static void LoadBlocks(byte* inputs, nuint strideBytes, Vector128<uint>* words)
    {
        for (var quarter = 0; quarter < 4; quarter++)
            Transpose(inputs + quarter * sizeof(Vector128<uint>), strideBytes, words + 4 * quarter, 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreChaining(Vector128<uint>* words, uint* chaining)
    {
        var rows = (Vector128<uint>*)chaining;
        Transpose((byte*)words, (nuint)sizeof(Vector128<uint>), rows, ChainingVectors);
        Transpose((byte*)(words + 4), (nuint)sizeof(Vector128<uint>), rows + 1, ChainingVectors);
    }

    /// <summary>Turns four rows of four words into columns, stored <paramref name="step"/> vectors apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(byte* rows, nuint strideBytes, Vector128<uint>* columns, int step)
    {
        var r0 = Vector128.Load((uint*)rows);
        var r1 = Vector128.Load((uint*)(rows + strideBytes));
        var r2 = Vector128.Load((uint*)(rows + 2 * strideBytes));
        var r3 = Vector128.Load((uint*)(rows + 3 * strideBytes));
        Interleave(r0, r2, out var low02, out var high02);
        Interleave(r1, r3, out var low13, out var high13);
        Interleave(low02, low13, out columns[0], out columns[step]);
        Interleave(high02, high13, out columns[2 * step], out columns[3 * step]);
    }

    /// <summary>The words of both in turn: a0 b0 a1 b1, then a2 b2 a3 b3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Interleave(Vector128<uint> a, Vector128<uint> b, out Vector128<uint> low, out Vector128<uint> high)
    {
        if (Sse2.IsSupported)
        {
            low = Sse2.UnpackLow(a, b);
            high = Sse2.UnpackHigh(a, b);
        }
        else
        {
            low = AdvSimd.Arm64.ZipLow(a, b);
            high = AdvSimd.Arm64.ZipHigh(a, b);
        }
    }
}

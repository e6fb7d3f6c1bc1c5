using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Cascade.Hosting.Replay;

/// <summary>The bytes of the block that a trace's id stands for: different for every id, the same on all machines.</summary>
/// <remarks>
/// Thirty-two xorshift64 generators (Marsaglia, 2003; shifts 13, 7, 17) side by side, each started from the id and its lane:
/// word <c>32 r + l</c> of a block is the r-th output of lane l, in the byte order of the machine (little-endian wherever .NET
/// has vectors). Eight vectors in flight hide the latency of the shifts, so both directions run at about the speed of memory;
/// they are locals because a struct of eight would live on the stack. No member allocates.
/// </remarks>
internal static class BlockContent
{
    private const int Lanes = 32;
    private const int RoundBytes = Lanes * sizeof(ulong);

    /// <summary>Bytes compared between two looks at the result: a wrong block is found early at no cost to a right one.</summary>
    private const int StretchBytes = 16 * RoundBytes;

    /// <summary>Writes the head of the block's endless content.</summary>
    public static void Fill(ulong id, Span<byte> destination)
    {
        var whole = destination.Length / RoundBytes * RoundBytes;
        Span<ulong> states = stackalloc ulong[Lanes];
        Start(id, states);
        FillRounds(states, destination[..whole]);
        if (whole == destination.Length)
            return;
        Span<byte> round = stackalloc byte[RoundBytes];
        FillRounds(states, round);
        round[..(destination.Length - whole)].CopyTo(destination[whole..]);
    }

    /// <summary>True when every byte is the one that <see cref="Fill"/> writes there.</summary>
    public static bool Matches(ulong id, ReadOnlySpan<byte> bytes)
    {
        var whole = bytes.Length / RoundBytes * RoundBytes;
        Span<ulong> states = stackalloc ulong[Lanes];
        Start(id, states);
        if (!RoundsMatch(states, bytes[..whole]))
            return false;
        if (whole == bytes.Length)
            return true;
        Span<byte> round = stackalloc byte[RoundBytes];
        FillRounds(states, round);
        return bytes[whole..].SequenceEqual(round[..(bytes.Length - whole)]);
    }

    /// <summary>How many bytes differ from the ones that <see cref="Fill"/> writes there. For blocks that do not match.</summary>
    public static long CountDifferences(ulong id, ReadOnlySpan<byte> bytes)
    {
        Span<ulong> states = stackalloc ulong[Lanes];
        Span<byte> round = stackalloc byte[RoundBytes];
        Start(id, states);
        long different = 0;
        for (; !bytes.IsEmpty; bytes = bytes[Math.Min(bytes.Length, RoundBytes)..])
        {
            FillRounds(states, round);
            for (var i = 0; i < Math.Min(bytes.Length, RoundBytes); i++)
                different += bytes[i] == round[i] ? 0 : 1;
        }

        return different;
    }

    private static void Start(ulong id, Span<ulong> states)
    {
        var start = SplitMix64.Mix(id + 1);
        for (var lane = 0; lane < Lanes; lane++)
        {
            var state = SplitMix64.Mix(start + (ulong)lane);

            // Zero is the one state that xorshift never leaves.
            states[lane] = state == 0 ? ulong.MaxValue : state;
        }
    }

    private static void FillRounds(Span<ulong> states, Span<byte> rounds)
    {
        ref var first = ref MemoryMarshal.GetReference(states);
        var a = Load(ref first, 0);
        var b = Load(ref first, 1);
        var c = Load(ref first, 2);
        var d = Load(ref first, 3);
        var e = Load(ref first, 4);
        var f = Load(ref first, 5);
        var g = Load(ref first, 6);
        var h = Load(ref first, 7);
        ref var target = ref MemoryMarshal.GetReference(rounds);
        for (nuint offset = 0; offset < (nuint)rounds.Length; offset += RoundBytes)
        {
            ref var round = ref Unsafe.Add(ref target, offset);
            (a = Next(a)).AsByte().StoreUnsafe(ref round);
            (b = Next(b)).AsByte().StoreUnsafe(ref round, 32);
            (c = Next(c)).AsByte().StoreUnsafe(ref round, 64);
            (d = Next(d)).AsByte().StoreUnsafe(ref round, 96);
            (e = Next(e)).AsByte().StoreUnsafe(ref round, 128);
            (f = Next(f)).AsByte().StoreUnsafe(ref round, 160);
            (g = Next(g)).AsByte().StoreUnsafe(ref round, 192);
            (h = Next(h)).AsByte().StoreUnsafe(ref round, 224);
        }

        Store(a, ref first, 0);
        Store(b, ref first, 1);
        Store(c, ref first, 2);
        Store(d, ref first, 3);
        Store(e, ref first, 4);
        Store(f, ref first, 5);
        Store(g, ref first, 6);
        Store(h, ref first, 7);
    }

    private static bool RoundsMatch(Span<ulong> states, ReadOnlySpan<byte> rounds)
    {
        ref var first = ref MemoryMarshal.GetReference(states);
        var a = Load(ref first, 0);
        var b = Load(ref first, 1);
        var c = Load(ref first, 2);
        var d = Load(ref first, 3);
        var e = Load(ref first, 4);
        var f = Load(ref first, 5);
        var g = Load(ref first, 6);
        var h = Load(ref first, 7);
        ref var source = ref MemoryMarshal.GetReference(rounds);
        for (nuint offset = 0; offset < (nuint)rounds.Length;)
        {
            var different = Vector256<ulong>.Zero;
            for (var end = nuint.Min((nuint)rounds.Length, offset + StretchBytes); offset < end; offset += RoundBytes)
            {
                ref readonly var round = ref Unsafe.Add(ref source, offset);
                different |= ((a = Next(a)) ^ Load(in round, 0)) | ((b = Next(b)) ^ Load(in round, 32));
                different |= ((c = Next(c)) ^ Load(in round, 64)) | ((d = Next(d)) ^ Load(in round, 96));
                different |= ((e = Next(e)) ^ Load(in round, 128)) | ((f = Next(f)) ^ Load(in round, 160));
                different |= ((g = Next(g)) ^ Load(in round, 192)) | ((h = Next(h)) ^ Load(in round, 224));
            }

            if (different != Vector256<ulong>.Zero)
                return false;
        }

        Store(a, ref first, 0);
        Store(b, ref first, 1);
        Store(c, ref first, 2);
        Store(d, ref first, 3);
        Store(e, ref first, 4);
        Store(f, ref first, 5);
        Store(g, ref first, 6);
        Store(h, ref first, 7);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Next(Vector256<ulong> state)
    {
        state ^= state << 13;
        state ^= state >>> 7;
        return state ^ (state << 17);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Load(ref ulong states, nuint vector) => Vector256.LoadUnsafe(ref states, vector * 4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<ulong> state, ref ulong states, nuint vector) =>
        state.StoreUnsafe(ref states, vector * 4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Load(ref readonly byte round, nuint offset) =>
        Vector256.LoadUnsafe(in round, offset).AsUInt64();
}

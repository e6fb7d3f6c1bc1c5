using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Cascade.Hosting.Replay;

/// <summary>The bytes of the block that a trace's id stands for: the same on every little-endian machine, different for every id.</summary>
/// <remarks>
/// Sixteen xorshift64 generators (Marsaglia, 2003; shifts 13, 7, 17) side by side, each started from the id and its lane: word
/// <c>16 r + l</c> of a block is the r-th output of lane l. Four vectors in flight hide the latency of the shifts, so both
/// directions run at the speed of memory. No member allocates.
/// </remarks>
internal static class BlockContent
{
    private const int Lanes = 16;
    private const int RoundBytes = Lanes * sizeof(ulong);

    /// <summary>Bytes compared between two looks at the result, so that a wrong block is found early at no cost to a right one.</summary>
    private const int StretchBytes = 32 * RoundBytes;

    /// <summary>Writes the head of the block's endless content.</summary>
    public static void Fill(ulong id, Span<byte> destination)
    {
        var state = new State(id);
        ref var target = ref MemoryMarshal.GetReference(destination);
        nuint offset = 0;
        for (var whole = (nuint)(destination.Length / RoundBytes * RoundBytes); offset < whole; offset += RoundBytes)
        {
            state.Step();
            state.Store(ref Unsafe.Add(ref target, offset));
        }

        var rest = destination[(int)offset..];
        if (rest.IsEmpty)
            return;
        Span<byte> round = stackalloc byte[RoundBytes];
        state.Step();
        state.Store(ref MemoryMarshal.GetReference(round));
        round[..rest.Length].CopyTo(rest);
    }

    /// <summary>True when every byte is the one that <see cref="Fill"/> writes there.</summary>
    public static bool Matches(ulong id, ReadOnlySpan<byte> bytes)
    {
        var state = new State(id);
        ref var source = ref MemoryMarshal.GetReference(bytes);
        nuint offset = 0;
        var whole = (nuint)(bytes.Length / RoundBytes * RoundBytes);
        while (offset < whole)
        {
            var end = nuint.Min(whole, offset + StretchBytes);
            var different = Vector256<ulong>.Zero;
            for (; offset < end; offset += RoundBytes)
            {
                state.Step();
                different |= state.Difference(ref Unsafe.Add(ref source, offset));
            }

            if (different != Vector256<ulong>.Zero)
                return false;
        }

        var rest = bytes[(int)offset..];
        if (rest.IsEmpty)
            return true;
        Span<byte> round = stackalloc byte[RoundBytes];
        state.Step();
        state.Store(ref MemoryMarshal.GetReference(round));
        return rest.SequenceEqual(round[..rest.Length]);
    }

    /// <summary>How many bytes differ from the ones that <see cref="Fill"/> writes there. For blocks that do not match.</summary>
    public static long CountDifferences(ulong id, ReadOnlySpan<byte> bytes)
    {
        var state = new State(id);
        Span<byte> round = stackalloc byte[RoundBytes];
        long different = 0;
        while (!bytes.IsEmpty)
        {
            state.Step();
            state.Store(ref MemoryMarshal.GetReference(round));
            var length = Math.Min(bytes.Length, RoundBytes);
            for (var i = 0; i < length; i++)
                different += bytes[i] == round[i] ? 0 : 1;
            bytes = bytes[length..];
        }

        return different;
    }

    private struct State
    {
        private Vector256<ulong> _a, _b, _c, _d;

        public State(ulong id)
        {
            _a = Start(id, 0);
            _b = Start(id, 4);
            _c = Start(id, 8);
            _d = Start(id, 12);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step()
        {
            _a = Next(_a);
            _b = Next(_b);
            _c = Next(_c);
            _d = Next(_d);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store(ref byte target)
        {
            _a.AsByte().StoreUnsafe(ref target);
            _b.AsByte().StoreUnsafe(ref target, 32);
            _c.AsByte().StoreUnsafe(ref target, 64);
            _d.AsByte().StoreUnsafe(ref target, 96);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Vector256<ulong> Difference(ref readonly byte source) =>
            (Vector256.LoadUnsafe(in source).AsUInt64() ^ _a)
            | (Vector256.LoadUnsafe(in source, 32).AsUInt64() ^ _b)
            | (Vector256.LoadUnsafe(in source, 64).AsUInt64() ^ _c)
            | (Vector256.LoadUnsafe(in source, 96).AsUInt64() ^ _d);

        private static Vector256<ulong> Start(ulong id, ulong lane) =>
            Vector256.Create(StartOf(id, lane), StartOf(id, lane + 1), StartOf(id, lane + 2), StartOf(id, lane + 3));

        private static ulong StartOf(ulong id, ulong lane)
        {
            var start = SplitMix64.Mix(SplitMix64.Mix(id + 1) + lane);

            // Zero is the one state that xorshift never leaves.
            return start == 0 ? ulong.MaxValue : start;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<ulong> Next(Vector256<ulong> state)
        {
            state ^= state << 13;
            state ^= state >>> 7;
            return state ^ (state << 17);
        }
    }
}

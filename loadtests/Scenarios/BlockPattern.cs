using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Cascade.LoadTests.Scenarios;

/// <summary>
/// The bytes that a block must hold, from the seed of its key and a version: any 8 KiB of them can be made without the others, so
/// that a read can be checked by samples. The first 8 bytes are the version, little-endian.
/// </summary>
/// <remarks>Each chunk is made by sixteen xorshift64 generators side by side (Marsaglia, 2003), started from seed, version and chunk.</remarks>
internal static class BlockPattern
{
    /// <summary>Bytes of a chunk; the last of a block may be shorter.</summary>
    public const int ChunkBytes = 8 << 10;

    /// <summary>The shortest block: a version, and as much to tell blocks apart.</summary>
    public const int BlockBytesMin = 16;

    private const int VersionBytes = sizeof(ulong);
    private const int Lanes = 16;
    private const int RoundBytes = Lanes * sizeof(ulong);

    /// <summary>Chunks of a block.</summary>
    public static int ChunksOf(long blockBytes) => (int)((blockBytes + ChunkBytes - 1) / ChunkBytes);

    /// <summary>Writes a whole block.</summary>
    public static void Fill(ulong seed, long version, Span<byte> block)
    {
        Span<byte> chunk = stackalloc byte[ChunkBytes];
        for (var index = 0; index < ChunksOf(block.Length); index++)
        {
            Make(seed, version, index, chunk);
            var part = block[(index * ChunkBytes)..];
            chunk[..Math.Min(ChunkBytes, part.Length)].CopyTo(part);
        }
    }

    /// <summary>How many bytes of one chunk are not what <see cref="Fill"/> writes there.</summary>
    /// <param name="seed">Seed of the key.</param>
    /// <param name="version">Version of the block.</param>
    /// <param name="index">Number of the chunk.</param>
    /// <param name="bytes">The chunk as it was read.</param>
    public static int CountWrong(ulong seed, long version, int index, ReadOnlySpan<byte> bytes)
    {
        Span<byte> chunk = stackalloc byte[ChunkBytes];
        Make(seed, version, index, chunk);
        if (bytes.SequenceEqual(chunk[..bytes.Length]))
            return 0;
        var wrong = 0;
        for (var i = 0; i < bytes.Length; i++)
            wrong += bytes[i] == chunk[i] ? 0 : 1;
        return wrong;
    }

    /// <summary>The version that a block says it is.</summary>
    public static long VersionOf(ReadOnlySpan<byte> head) => BinaryPrimitives.ReadInt64LittleEndian(head);

    /// <summary>A bijection that spreads every input bit over the whole word: the finalizer of SplitMix64.</summary>
    public static ulong Mix(ulong value)
    {
        value += 0x9E37_79B9_7F4A_7C15;
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }

    private static void Make(ulong seed, long version, int index, Span<byte> chunk)
    {
        Span<ulong> states = stackalloc ulong[Lanes];
        var start = Mix(Mix(seed ^ Mix((ulong)version)) + (ulong)index);
        for (var lane = 0; lane < Lanes; lane++)
        {
            // Zero is the one state that xorshift never leaves.
            states[lane] = Math.Max(1, Mix(start + ((ulong)lane << 32)));
        }

        ref var first = ref MemoryMarshal.GetReference(states);
        var a = Vector256.LoadUnsafe(ref first);
        var b = Vector256.LoadUnsafe(ref first, 4);
        var c = Vector256.LoadUnsafe(ref first, 8);
        var d = Vector256.LoadUnsafe(ref first, 12);
        for (var offset = 0; offset < ChunkBytes; offset += RoundBytes)
        {
            var round = chunk.Slice(offset, RoundBytes);
            (a = Next(a)).AsByte().CopyTo(round);
            (b = Next(b)).AsByte().CopyTo(round[32..]);
            (c = Next(c)).AsByte().CopyTo(round[64..]);
            (d = Next(d)).AsByte().CopyTo(round[96..]);
        }

        if (index == 0)
            BinaryPrimitives.WriteInt64LittleEndian(chunk[..VersionBytes], version);
    }

    private static Vector256<ulong> Next(Vector256<ulong> state)
    {
        state ^= state << 13;
        state ^= state >>> 7;
        return state ^ (state << 17);
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Cascade.Core.Hashing;

/// <summary>BLAKE3 of input that comes in pieces of any sizes, 0 bytes to 2^64 - 1 in all.</summary>
/// <remarks>
/// A value of about 3 KiB that holds all its state: no heap, and a copy of it is a second hasher at the same point. Pass it by
/// reference. One thread at a time. Pieces of 16 KiB and more run at the full speed of <see cref="Blake3"/>.
/// </remarks>
[SuppressMessage("Performance", "CA1815", Justification = "A running computation is not compared.")]
public unsafe struct Blake3Hasher
{
    private ulong _chunksDone;
    private int _bufferedBytes;
    private int _depth;
    private SimdPath _path;
    private ChunkBuffer _buffer;
    private ChainingStack _stack;

    /// <summary>A hasher at the start of an input.</summary>
    public static Blake3Hasher Create() => Create(LaneHashing.Best);

    internal static Blake3Hasher Create(SimdPath path)
    {
        Unsafe.SkipInit(out Blake3Hasher hasher);
        hasher._chunksDone = 0;
        hasher._bufferedBytes = 0;
        hasher._depth = 0;
        hasher._path = path;
        return hasher;
    }

    /// <summary>Takes the next bytes of the input.</summary>
    public void Update(ReadOnlySpan<byte> source)
    {
        fixed (byte* from = source)
            Update(from, (nuint)source.Length, default);
    }

    /// <summary>Takes the next bytes of the input and copies them to <paramref name="destination"/> in the same pass.</summary>
    /// <exception cref="ArgumentException">The lengths differ, or source and destination overlap.</exception>
    public void UpdateAndCopy(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        HashingArguments.RequireSeparate(source, destination);
        fixed (byte* from = source, to = destination)
        {
            var copy = new FusedCopy(to, (nuint)source.Length);
            Update(from, (nuint)source.Length, copy);
            copy.Complete();
        }
    }

    /// <summary>Writes the digest of all bytes taken so far; more may follow.</summary>
    /// <exception cref="ArgumentException">The digest has less than 32 bytes.</exception>
    [SkipLocalsInit]
    public readonly void Finish(Span<byte> digest)
    {
        HashingArguments.RequireDigest(digest);
        var pair = stackalloc uint[2 * Blake3Spec.ChainingWords];
        var right = pair + Blake3Spec.ChainingWords;
        fixed (byte* buffer = &_buffer[0])
            ScalarKernel.HashChunk(buffer, _bufferedBytes, _chunksDone, _depth == 0 ? Blake3Spec.Root : 0, right);
        for (var level = _depth - 1; level >= 0; level--)
        {
            fixed (uint* left = &_stack[level * Blake3Spec.ChainingWords])
                Unsafe.CopyBlockUnaligned(pair, left, Blake3Spec.ChainingBytes);
            ScalarKernel.HashParent(pair, level == 0 ? Blake3Spec.Root : 0, right);
        }
        new ReadOnlySpan<byte>(right, Blake3.DigestBytes).CopyTo(digest);
    }

    /// <summary>A chunk is hashed only when a byte after it is seen, for the last one may be the root.</summary>
    [SkipLocalsInit]
    private void Update(byte* source, nuint lengthBytes, FusedCopy copy)
    {
        if (_bufferedBytes > 0)
        {
            var head = Math.Min(lengthBytes, (nuint)(Blake3Spec.ChunkBytes - _bufferedBytes));
            Buffer(source, head, copy);
            source += head;
            lengthBytes -= head;
            copy = copy.Skip(head);
            if (lengthBytes == 0)
                return;
            HashBuffer();
        }

        var chaining = stackalloc uint[Blake3Spec.ChainingWords];
        while (lengthBytes > Blake3Spec.ChunkBytes)
        {
            var subtreeBytes = NextSubtreeBytes(lengthBytes);
            Subtree.Hash(_path, source, subtreeBytes, _chunksDone, 0, copy, chaining);
            Push(chaining, subtreeBytes / Blake3Spec.ChunkBytes);
            source += subtreeBytes;
            lengthBytes -= subtreeBytes;
            copy = copy.Skip(subtreeBytes);
        }
        Buffer(source, lengthBytes, copy);
    }

    /// <summary>The largest node that starts at the next chunk and ends before the last byte at hand.</summary>
    private readonly nuint NextSubtreeBytes(nuint lengthBytes)
    {
        var subtreeBytes = Subtree.LeftBytes(lengthBytes);
        var alignedChunks = _chunksDone & (0 - _chunksDone);
        return alignedChunks == 0 ? subtreeBytes : (nuint)Math.Min(subtreeBytes, alignedChunks * Blake3Spec.ChunkBytes);
    }

    private void Buffer(byte* source, nuint lengthBytes, FusedCopy copy)
    {
        new ReadOnlySpan<byte>(source, (int)lengthBytes).CopyTo(_buffer[_bufferedBytes..]);
        copy.Copy(source, lengthBytes);
        _bufferedBytes += (int)lengthBytes;
    }

    [SkipLocalsInit]
    private void HashBuffer()
    {
        var chaining = stackalloc uint[Blake3Spec.ChainingWords];
        fixed (byte* buffer = &_buffer[0])
            ScalarKernel.HashChunk(buffer, Blake3Spec.ChunkBytes, _chunksDone, 0, chaining);
        Push(chaining, 1);
        _bufferedBytes = 0;
    }

    /// <summary>Adds a complete node and joins it with every node to its left that it completes to a larger one.</summary>
    [SkipLocalsInit]
    private void Push(uint* chaining, ulong chunks)
    {
        _chunksDone += chunks;
        var pair = stackalloc uint[2 * Blake3Spec.ChainingWords];
        fixed (uint* stack = &_stack[0])
        {
            for (var nodes = _chunksDone / chunks; nodes % 2 == 0; nodes /= 2)
            {
                _depth--;
                Unsafe.CopyBlockUnaligned(pair, stack + _depth * Blake3Spec.ChainingWords, Blake3Spec.ChainingBytes);
                Unsafe.CopyBlockUnaligned(pair + Blake3Spec.ChainingWords, chaining, Blake3Spec.ChainingBytes);
                ScalarKernel.HashParent(pair, 0, chaining);
            }
            Unsafe.CopyBlockUnaligned(stack + _depth * Blake3Spec.ChainingWords, chaining, Blake3Spec.ChainingBytes);
            _depth++;
        }
    }

    [InlineArray(Blake3Spec.ChunkBytes)]
    private struct ChunkBuffer
    {
        private byte _first;
    }

    [InlineArray(Blake3Spec.MaxDepth * Blake3Spec.ChainingWords)]
    private struct ChainingStack
    {
        private uint _first;
    }
}

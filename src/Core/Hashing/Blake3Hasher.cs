using System.Diagnostics.CodeAnalysis;
using System.Numerics;
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
        var level = _depth;
        fixed (uint* stack = &_stack[0])
        fixed (byte* buffer = &_buffer[0])
        {
            if (_bufferedBytes > 0 || level == 0)
                ScalarKernel.HashChunk(buffer, _bufferedBytes, _chunksDone, level == 0 ? Blake3Spec.Root : 0, right);
            else
                CopyNode(stack + --level * Blake3Spec.ChainingWords, right);
            while (--level >= 0)
            {
                CopyNode(stack + level * Blake3Spec.ChainingWords, pair);
                ScalarKernel.HashParent(pair, level == 0 ? Blake3Spec.Root : 0, right);
            }
        }
        new ReadOnlySpan<byte>(right, Blake3.DigestBytes).CopyTo(digest);
    }

    /// <summary>
    /// A single chunk is hashed only when a byte after it is seen, and a node is joined with its left siblings only when one
    /// after it is added: either may turn out to be the root.
    /// </summary>
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

        var nodes = stackalloc uint[Subtree.GroupChunks * Blake3Spec.ChainingWords];
        while (lengthBytes > Blake3Spec.ChunkBytes)
        {
            var chunks = NextSubtreeChunks(lengthBytes / Blake3Spec.ChunkBytes);
            var subtreeBytes = chunks * Blake3Spec.ChunkBytes;
            if (chunks == 1)
            {
                Subtree.Hash(_path, source, subtreeBytes, _chunksDone, 0, copy, nodes);
                Push(nodes, 1);
            }
            else
            {
                Subtree.HashToChildren(_path, source, subtreeBytes, _chunksDone, copy, nodes);
                Push(nodes, chunks / 2);
                Push(nodes + Blake3Spec.ChainingWords, chunks / 2);
            }
            source += subtreeBytes;
            lengthBytes -= subtreeBytes;
            copy = copy.Skip(subtreeBytes);
        }
        if (lengthBytes > 0)
            Buffer(source, lengthBytes, copy);
    }

    /// <summary>
    /// The largest node that starts at the next chunk and has no more than <paramref name="wholeChunks"/> chunks.
    /// </summary>
    private readonly nuint NextSubtreeChunks(nuint wholeChunks)
    {
        var chunks = (nuint)1 << BitOperations.Log2(wholeChunks);
        var alignment = _chunksDone & (0 - _chunksDone);
        return alignment == 0 ? chunks : (nuint)Math.Min(chunks, alignment);
    }

    private void Buffer(byte* source, nuint lengthBytes, FusedCopy copy)
    {
        JoinComplete();
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

    private void Push(uint* chaining, ulong chunks)
    {
        JoinComplete();
        fixed (uint* stack = &_stack[0])
            CopyNode(chaining, stack + _depth * Blake3Spec.ChainingWords);
        _depth++;
        _chunksDone += chunks;
    }

    /// <summary>Joins the top of the stack until it holds one node for every set bit of the number of chunks.</summary>
    private void JoinComplete()
    {
        var complete = BitOperations.PopCount(_chunksDone);
        fixed (uint* stack = &_stack[0])
        {
            for (; _depth > complete; _depth--)
            {
                var left = stack + (_depth - 2) * Blake3Spec.ChainingWords;
                ScalarKernel.HashParent(left, 0, left);
            }
        }
    }

    private static void CopyNode(uint* from, uint* to) => Unsafe.CopyBlockUnaligned(to, from, Blake3Spec.ChainingBytes);

    [InlineArray(Blake3Spec.ChunkBytes)]
    private struct ChunkBuffer
    {
        private byte _first;
    }

    /// <remarks>One more node than the tree has levels: two siblings at the end may wait to be joined.</remarks>
    [InlineArray((Blake3Spec.MaxDepth + 1) * Blake3Spec.ChainingWords)]
    private struct ChainingStack
    {
        private uint _first;
    }
}

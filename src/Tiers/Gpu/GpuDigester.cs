using Cascade.Tiers.Native;

namespace Cascade.Tiers.Gpu;

/// <summary>Names bytes of device memory by BLAKE3 where they lie: the host gets 32 bytes.</summary>
/// <remarks>
/// An input is taken in pieces, each a power of two of chunks, so that the chaining values of any length fit memory that is set aside once: 3 MiB. All work
/// is in the order of one stream, which is what lets inputs share that memory. For the device's thread, in the device's context.
/// </remarks>
internal sealed unsafe class GpuDigester
{
    /// <summary>Chunks of a piece unless told otherwise: 64 MiB, enough threads for the largest devices.</summary>
    public const int DefaultPieceChunks = 65_536;

    private const uint BlockThreads = 128;

    private readonly int _pieceChunks;
    private readonly nint _chunks;
    private readonly nint _parents;
    private readonly nint _tail;
    private readonly nint _digest;
    private readonly nint _pieces;
    private readonly nint _even;
    private readonly nint _odd;

    /// <param name="context">The device.</param>
    /// <param name="holdings">Takes the module and the memory.</param>
    /// <param name="longestBytes">The longest input.</param>
    /// <param name="pieceChunks">Chunks of a piece: a power of two.</param>
    /// <exception cref="CudaException">The driver cannot compile the kernels, or has no memory for them.</exception>
    public GpuDigester(GpuContext context, GpuHoldings holdings, long longestBytes, int pieceChunks = DefaultPieceChunks)
    {
        _pieceChunks = pieceChunks;
        var module = holdings.Module(Blake3Kernels.Ptx());
        using (context.Enter())
        {
            CudaException.Check(Cuda.cuModuleGetFunction(out _chunks, module, Blake3Kernels.Chunks), nameof(Cuda.cuModuleGetFunction));
            CudaException.Check(Cuda.cuModuleGetFunction(out _parents, module, Blake3Kernels.Parents), nameof(Cuda.cuModuleGetFunction));
        }

        var pieces = (longestBytes / ((long)pieceChunks * Blake3Kernels.ChunkBytes)) + 1;
        var level = Math.Max(pieceChunks, pieces);
        _tail = holdings.Memory(Blake3Kernels.ChunkBytes + ((1 + pieces + level + ((level + 1) / 2)) * Blake3Kernels.ChainingBytes));
        _digest = _tail + Blake3Kernels.ChunkBytes;
        _pieces = _digest + Blake3Kernels.ChainingBytes;
        _even = Chaining(_pieces, pieces);
        _odd = Chaining(_even, level);
    }

    /// <summary>Begins to hash, and to copy the digest to pinned host memory; both are done once the stream is that far.</summary>
    /// <param name="source">Address of the first byte: a multiple of 16.</param>
    /// <param name="lengthBytes">Bytes to hash: at least 1.</param>
    /// <param name="digest">Where 32 bytes go.</param>
    /// <param name="stream">The one stream of all inputs.</param>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public void Begin(nint source, long lengthBytes, nint digest, nint stream)
    {
        var pieceBytes = (long)_pieceChunks * Blake3Kernels.ChunkBytes;
        var pieces = (lengthBytes + pieceBytes - 1) / pieceBytes;
        for (var piece = 0L; piece < pieces; piece++)
        {
            var offset = piece * pieceBytes;
            var length = Math.Min(pieceBytes, lengthBytes - offset);
            HashPiece(source + (nint)offset, length, (uint)(piece * _pieceChunks), pieces == 1 ? _digest : Chaining(_pieces, piece), pieces == 1, stream);
        }

        if (pieces > 1)
            Reduce(_pieces, pieces, _digest, isRoot: true, stream);
        CudaException.Check(Cuda.cuMemcpyDtoHAsync_v2(digest, _digest, Blake3Kernels.ChainingBytes, stream), nameof(Cuda.cuMemcpyDtoHAsync_v2));
    }

    private void HashPiece(nint source, long lengthBytes, uint firstChunk, nint target, bool isRoot, nint stream)
    {
        var count = (uint)((lengthBytes + Blake3Kernels.ChunkBytes - 1) / Blake3Kernels.ChunkBytes);
        var tailBytes = (uint)(lengthBytes % Blake3Kernels.ChunkBytes);
        var (tail, chaining) = (_tail, count == 1 ? target : _even);
        var endFlags = Blake3Kernels.ChunkEnd | (isRoot && count == 1 ? Blake3Kernels.Root : 0);
        if (tailBytes > 0)
        {
            CudaException.Check(Cuda.cuMemsetD8Async(tail, 0, Blake3Kernels.ChunkBytes, stream), nameof(Cuda.cuMemsetD8Async));
            var code = Cuda.cuMemcpyDtoDAsync_v2(tail, source + (nint)(lengthBytes - tailBytes), tailBytes, stream);
            CudaException.Check(code, nameof(Cuda.cuMemcpyDtoDAsync_v2));
        }

        var parameters = stackalloc void*[] { &source, &tail, &chaining, &count, &tailBytes, &firstChunk, &endFlags };
        Launch(_chunks, count, parameters, stream);
        if (count > 1)
            Reduce(_even, count, target, isRoot, stream);
    }

    /// <summary>Joins two or more sibling nodes, level by level, to the one above them all.</summary>
    private void Reduce(nint from, long count, nint target, bool isRoot, nint stream)
    {
        while (count > 1)
        {
            var to = count == 2 ? target : from == _even ? _odd : _even;
            LaunchParents(from, to, (uint)count, Blake3Kernels.Parent | (isRoot && count == 2 ? Blake3Kernels.Root : 0), stream);
            (from, count) = (to, (count + 1) / 2);
        }
    }

    private void LaunchParents(nint children, nint to, uint count, uint flags, nint stream)
    {
        var parameters = stackalloc void*[] { &children, &to, &count, &flags };
        Launch(_parents, (count + 1) / 2, parameters, stream);
    }

    private static void Launch(nint function, uint threads, void** parameters, nint stream)
    {
        var blocks = (threads + BlockThreads - 1) / BlockThreads;
        CudaException.Check(Cuda.cuLaunchKernel(function, blocks, 1, 1, BlockThreads, 1, 1, 0, stream, parameters, null), nameof(Cuda.cuLaunchKernel));
    }

    private static nint Chaining(nint values, long index) => values + (nint)(index * Blake3Kernels.ChainingBytes);
}

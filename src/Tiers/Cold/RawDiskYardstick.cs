using System.Security.Cryptography;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Cold;

/// <summary>What a disk gives without any of the cold tier's work: the measure that its figures are a ratio to.</summary>
/// <remarks>
/// One file, written and then read once from its start to its end by direct transfers of one length, so many at a time, each a single call on a
/// thread of its own, from and to memory that is not in the processor's caches, as that of blocks is not. Writing ends with a flush, which is
/// in its time.
/// </remarks>
public static class RawDiskYardstick
{
    /// <summary>More than any processor keeps in its caches.</summary>
    private const long MemoryBytes = 256 << 20;

    /// <summary>Measures a directory's disk. Takes <paramref name="totalBytes"/> of it, which are given back at the end.</summary>
    /// <param name="directory">A directory that is there.</param>
    /// <param name="totalBytes">How much to write and read: a multiple of <paramref name="blockBytes"/>.</param>
    /// <param name="blockBytes">Length of a transfer: a multiple of 4 KiB.</param>
    /// <param name="inFlight">Transfers at a time: 1 to 256.</param>
    /// <param name="preallocate">True to set the room aside first, as <see cref="ColdDeviceOptions.Preallocate"/> does; that is in the time.</param>
    /// <param name="time">What the time is taken from.</param>
    /// <exception cref="IOException">The disk fails, is full, or may not be written to.</exception>
    public static DiskSpeed Measure(
        string directory, long totalBytes, int blockBytes, int inFlight, bool preallocate, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inFlight, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(inFlight, 256);
        if (blockBytes <= 0 || blockBytes % Pages.SizeBytes != 0 || totalBytes <= 0 || totalBytes % blockBytes != 0)
            throw new ArgumentException(
                $"{totalBytes} bytes in blocks of {blockBytes}: give a multiple of {Pages.SizeBytes} for the block and of the block for the total.");
        var path = Path.Combine(directory, $".yardstick-{Environment.ProcessId}-{Guid.NewGuid():n}");
        var error = DirectFile.Open(path, DirectFileAccess.Create, null, out var file);
        if (error != 0)
            throw Errno.Failure("Creating", path, error);
        var blocks = new AlignedMemory[Math.Min(totalBytes / blockBytes, Math.Max(inFlight, MemoryBytes / blockBytes))];
        try
        {
            // Not zeros, which the disk or what lies below it could store as a hole.
            for (var i = 0; i < blocks.Length; i++)
                RandomNumberGenerator.Fill((blocks[i] = new AlignedMemory(blockBytes)).Span(0, blockBytes));
            var writing = time.GetTimestamp();
            if (preallocate)
                _ = file!.Preallocate(totalBytes);
            TransferAll(file!, totalBytes, blocks, inFlight, writing: true);
            Require(file!.Flush(), "Flushing", path);
            var wrote = time.GetElapsedTime(writing);
            var reading = time.GetTimestamp();
            TransferAll(file, totalBytes, blocks, inFlight, writing: false);
            var read = time.GetElapsedTime(reading);
            return new DiskSpeed(totalBytes, wrote, read, file.IsDirect, PageCacheResidency.BytesOf(path));
        }
        finally
        {
            foreach (var block in blocks)
                block?.Dispose();
            file!.Dispose();
            _ = Libc.unlink(path);
        }
    }

    /// <summary>So many threads, each of which takes the next place of the file until none is left.</summary>
    private static void TransferAll(DirectFile file, long totalBytes, AlignedMemory[] blocks, int inFlight, bool writing)
    {
        var next = -1L;
        var error = 0;
        Thread[] threads = [.. Enumerable.Range(0, inFlight).Select(_ => new Thread(Work) { IsBackground = true })];
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        Require(error, writing ? "Writing" : "Reading", file.Path);

        void Work()
        {
            for (long i; Volatile.Read(ref error) == 0 && (i = Interlocked.Increment(ref next)) < totalBytes / blocks[0].LengthBytes;)
            {
                var block = blocks[i % blocks.Length];
                Libc.Iovec piece = new() { iov_base = block.Address, iov_len = (nuint)block.LengthBytes };
                var result = writing ? file.Write([piece], i * block.LengthBytes) : file.Read([piece], i * block.LengthBytes);
                if (result.Error != 0 || result.Bytes != block.LengthBytes)
                    Volatile.Write(ref error, result.Error != 0 ? result.Error : Errno.EIO);
            }
        }
    }

    private static void Require(int error, string operation, string path)
    {
        if (error != 0)
            throw Errno.Failure(operation, path, error);
    }
}

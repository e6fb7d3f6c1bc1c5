using System.Security.Cryptography;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Cold;

/// <summary>What a disk gives without any of the cold tier's work: the measure that its figures are a ratio to.</summary>
/// <remarks>
/// One file, written and then read once from its start to its end by direct transfers of one length, so many at a time, each a single call on a
/// thread of its own. Writing ends with a flush, which is in its time.
/// </remarks>
public static class RawDiskYardstick
{
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
        try
        {
            var writing = time.GetTimestamp();
            if (preallocate)
                _ = file!.Preallocate(totalBytes);
            TransferAll(file!, totalBytes, blockBytes, inFlight, writing: true);
            Require(file!.Flush(), "Flushing", path);
            var wrote = time.GetElapsedTime(writing);
            var reading = time.GetTimestamp();
            TransferAll(file, totalBytes, blockBytes, inFlight, writing: false);
            var read = time.GetElapsedTime(reading);
            return new DiskSpeed(totalBytes, wrote, read, file.IsDirect, PageCacheResidency.BytesOf(path));
        }
        finally
        {
            file!.Dispose();
            _ = Libc.unlink(path);
        }
    }

    private static void TransferAll(DirectFile file, long totalBytes, int blockBytes, int inFlight, bool writing)
    {
        var next = -1L;
        var error = 0;
        var threads = new Thread[inFlight];
        for (var i = 0; i < inFlight; i++)
        {
            threads[i] = new Thread(Work) { IsBackground = true };
            threads[i].Start();
        }

        foreach (var thread in threads)
            thread.Join();
        Require(error, writing ? "Writing" : "Reading", file.Path);

        void Work()
        {
            using var block = new AlignedMemory(blockBytes);

            // Zeros could be stored as a hole by the disk or what lies below it.
            if (writing)
                RandomNumberGenerator.Fill(block.Span(0, blockBytes));
            for (long at; Volatile.Read(ref error) == 0 && (at = Interlocked.Increment(ref next) * blockBytes) < totalBytes;)
            {
                Libc.Iovec piece = new() { iov_base = block.Address, iov_len = (nuint)blockBytes };
                var result = writing ? file.Write([piece], at) : file.Read([piece], at);
                if (result.Error != 0 || result.Bytes != blockBytes)
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

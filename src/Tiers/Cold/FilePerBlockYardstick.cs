using System.Security.Cryptography;
using Cascade.Tiers.Native;
using Microsoft.Win32.SafeHandles;

namespace Cascade.Tiers.Cold;

/// <summary>How fast blocks come to a disk that are given a file each: what aggregated files are measured by.</summary>
/// <remarks>
/// Each thread makes a file, writes it by one direct transfer, flushes it by <c>fdatasync</c>, closes it and flushes the folder, one after the
/// other: so the block is found after a crash, as one in an aggregated file is.
/// </remarks>
public static class FilePerBlockYardstick
{
    /// <summary>
    /// Measures the disk of a folder, which is made and keeps the files: deleting them can take the disk longer than writing them, and would
    /// be in the way of what is measured next. Gives files per second.
    /// </summary>
    /// <param name="folder">A folder that is not there, or empty.</param>
    /// <param name="files">How many files to write: 1 or more.</param>
    /// <param name="blockBytes">Length of each: a multiple of 4 KiB.</param>
    /// <param name="threads">Files at a time: 1 to 256.</param>
    /// <param name="time">What the time is taken from.</param>
    /// <exception cref="IOException">The disk fails, is full, or may not be written to.</exception>
    public static double Measure(string folder, int files, int blockBytes, int threads, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(files, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, 256);
        if (blockBytes <= 0 || blockBytes % Pages.SizeBytes != 0)
            throw new ArgumentException($"Blocks of {blockBytes} bytes: give a multiple of {Pages.SizeBytes}.");
        Directory.CreateDirectory(folder);
        using var block = new AlignedMemory(blockBytes);
        RandomNumberGenerator.Fill(block.Span(0, blockBytes));
        using var directory = Libc.open(folder, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        var start = time.GetTimestamp();
        WriteAll(folder, directory, files, block, threads);
        return files / time.GetElapsedTime(start).TotalSeconds;
    }

    private static void WriteAll(string folder, SafeFileHandle directory, int files, AlignedMemory block, int threads)
    {
        var next = -1;
        IOException? failure = null;
        Thread[] crew = [.. Enumerable.Range(0, threads).Select(_ => new Thread(Work) { IsBackground = true })];
        foreach (var thread in crew)
            thread.Start();
        foreach (var thread in crew)
            thread.Join();
        if (failure is not null)
            throw failure;

        void Work()
        {
            for (int number; Volatile.Read(ref failure) is null && (number = Interlocked.Increment(ref next)) < files;)
            {
                var path = Path.Combine(folder, $"{number}");
                var error = Write(path, block);
                if (error == 0 && Libc.fsync(directory) != 0)
                    error = Errno.Last;
                if (error != 0)
                    Volatile.Write(ref failure, Errno.Failure("Writing", path, error));
            }
        }
    }

    private static int Write(string path, AlignedMemory block)
    {
        var error = DirectFile.Open(path, DirectFileAccess.Create, null, out var file);
        if (error != 0)
            return error;
        using (file)
        {
            var result = file!.Write([new Libc.Iovec { iov_base = block.Address, iov_len = (nuint)block.LengthBytes }], 0);
            if (result.Error != 0 || result.Bytes != block.LengthBytes)
                return result.Error != 0 ? result.Error : Errno.EIO;
            return file.Flush();
        }
    }
}

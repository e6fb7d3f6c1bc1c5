using Cascade.Tiers.Native;
using Microsoft.Win32.SafeHandles;

namespace Cascade.Tiers.Shm;

/// <summary>Gets memory behind an arena before anyone stores to it, so that a lack of it is an error here and never a SIGBUS later.</summary>
internal static class ArenaPrefault
{
    // Large enough that a call costs nothing beside its page faults, small enough for steady progress.
    private const long PieceBytes = 64L << 20;

    /// <summary>Sets the file's memory aside without touching it.</summary>
    /// <exception cref="IOException">There is not enough, or the file system cannot do it.</exception>
    public static void Allocate(SafeFileHandle file, string path, long fileBytes, IProgress<(long, long)>? progress)
    {
        for (var done = 0L; done < fileBytes;)
        {
            var piece = Math.Min(PieceBytes, fileBytes - done);
            if (Libc.fallocate(file, 0, done, piece) != 0)
            {
                if (Errno.Last == Errno.EINTR)
                    continue;
                throw Errno.Failure("Setting memory aside", path);
            }

            done += piece;
            progress?.Report((done, fileBytes));
        }
    }

    /// <summary>Faults a mapping in for writing, in pieces on several threads.</summary>
    /// <returns>False when the kernel is older than Linux 5.14 and cannot.</returns>
    /// <exception cref="IOException">There is not enough memory.</exception>
    public static bool TryPopulate(nint address, long lengthBytes, int threads, string path, IProgress<(long, long)>? progress)
    {
        var (done, failure) = (0L, 0);
        var pieces = (lengthBytes + PieceBytes - 1) / PieceBytes;
        Parallel.For(0L, pieces, new ParallelOptions { MaxDegreeOfParallelism = threads }, (piece, loop) =>
        {
            var offset = piece * PieceBytes;
            var length = Math.Min(PieceBytes, lengthBytes - offset);
            while (Libc.madvise(address + (nint)offset, (nuint)length, Libc.MADV_POPULATE_WRITE) != 0)
            {
                if (Errno.Last is Errno.EINTR or Errno.EAGAIN)
                    continue;
                Volatile.Write(ref failure, Errno.Last);
                loop.Stop();
                return;
            }

            progress?.Report((Interlocked.Add(ref done, length), lengthBytes));
        });
        return failure switch
        {
            0 => true,
            Errno.EINVAL => false,

            // The kernel's word for a store that would have ended in SIGBUS.
            Errno.EFAULT => throw Errno.Failure("Faulting memory in", path, Errno.ENOSPC),
            _ => throw Errno.Failure("Faulting memory in", path, failure),
        };
    }

    /// <summary>Stores to each page of a new file: how memory is faulted in where the kernel has no call for it. The file's memory is set aside already.</summary>
    public static unsafe void Touch(nint address, long lengthBytes, int threads, IProgress<(long, long)>? progress)
    {
        var done = 0L;
        var pieces = (lengthBytes + PieceBytes - 1) / PieceBytes;
        Parallel.For(0L, pieces, new ParallelOptions { MaxDegreeOfParallelism = threads }, piece =>
        {
            var offset = piece * PieceBytes;
            var length = Math.Min(PieceBytes, lengthBytes - offset);
            for (var page = 0L; page < length; page += Environment.SystemPageSize)
                Interlocked.Or(ref *(int*)(address + (nint)(offset + page)), 0);
            progress?.Report((Interlocked.Add(ref done, length), lengthBytes));
        });
    }
}

using Cascade.Tiers.Native;
using Microsoft.Win32.SafeHandles;

namespace Cascade.Tiers.Cold;

/// <summary>
/// A file that is read and written past the page cache, in whole pages between it and memory that the caller owns. Thread-safe:
/// transfers run side by side.
/// </summary>
/// <remarks>
/// Where the file system refuses <c>O_DIRECT</c>, at opening or at the first transfer, the file goes on through the page cache and drops
/// from it, after each transfer, what the transfer brought there. The drop after a write needs the bytes on the disk first, so that
/// each such write is also a flush.
/// </remarks>
internal sealed partial class DirectFile : IDisposable
{
    /// <summary>Pieces of memory that one transfer takes at most.</summary>
    public const int MaxPieces = 3 * RequestQueue.RunRecordsMax;

    // A transfer that keeps coming back with nothing ends as an error instead of spinning.
    private const int MaxIdleTries = 100;

    private readonly SafeFileHandle _handle;
    private readonly Action<DirectFile>? _onRefusal;
    private int _buffered;

    private DirectFile(SafeFileHandle handle, string path, Action<DirectFile>? onRefusal) => (_handle, Path, _onRefusal) = (handle, path, onRefusal);

    /// <summary>Where the file was opened.</summary>
    public string Path { get; }

    /// <summary>False once the file system has refused <c>O_DIRECT</c>.</summary>
    public bool IsDirect => Volatile.Read(ref _buffered) == 0;

    /// <summary>Opens a file, or makes one where none may be yet.</summary>
    /// <param name="path">The file.</param>
    /// <param name="access">What is to be done with it.</param>
    /// <param name="onRefusal">Told, from within an opening or a transfer, that the file system refuses <c>O_DIRECT</c>.</param>
    /// <param name="file">The open file, when there was no error.</param>
    /// <returns>0 or an errno.</returns>
    public static int Open(string path, DirectFileAccess access, Action<DirectFile>? onRefusal, out DirectFile? file)
    {
        const uint OwnerReadsAndWrites = 0x180;
        var flags = Libc.O_CLOEXEC | Libc.O_NOFOLLOW | access switch
        {
            DirectFileAccess.Create => Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL,
            DirectFileAccess.ReadWrite => Libc.O_RDWR,
            _ => Libc.O_RDONLY,
        };
        file = null;
        SafeFileHandle handle;
        int error;
        do
        {
            handle = Libc.open(path, flags, OwnerReadsAndWrites);
            error = handle.IsInvalid ? Errno.Last : 0;
        }
        while (error == Errno.EINTR);
        if (error != 0)
        {
            handle.Dispose();
            return error;
        }

        // O_DIRECT comes second: an open that creates the file and then refuses the flag would leave the file behind.
        file = new DirectFile(handle, path, onRefusal);
        if (!file.TrySetDirect())
            file.FallBack();
        return 0;
    }

    /// <summary>Writes pieces of memory one after the other, at an offset.</summary>
    /// <exception cref="ArgumentException">An address, a length or the offset is not a multiple of a page.</exception>
    public TransferResult Write(ReadOnlySpan<Libc.Iovec> pieces, long offset)
    {
        var result = Transfer(pieces, offset, writing: true);
        if (IsDirect || result.Bytes == 0)
            return result;
        var error = Flush();
        Drop(offset, result.Bytes);
        return result.Succeeded ? result with { Error = error } : result;
    }

    /// <summary>Reads at an offset into pieces of memory, up to the end of the file.</summary>
    /// <exception cref="ArgumentException">An address, a length or the offset is not a multiple of a page.</exception>
    public TransferResult Read(ReadOnlySpan<Libc.Iovec> pieces, long offset)
    {
        var result = Transfer(pieces, offset, writing: false);
        if (!IsDirect)
            Drop(offset, result.Bytes);
        return result;
    }

    /// <summary>Waits until what was written is on the disk, the file's length included. Gives 0 or an errno.</summary>
    public int Flush()
    {
        while (Libc.fdatasync(_handle) != 0)
        {
            if (Errno.Last != Errno.EINTR)
                return Errno.Last;
        }

        return 0;
    }

    /// <summary>Cuts or extends the file, and waits until that is on the disk. Gives 0 or an errno.</summary>
    public int SetLength(long lengthBytes)
    {
        while (Libc.ftruncate(_handle, lengthBytes) != 0 || Libc.fsync(_handle) != 0)
        {
            if (Errno.Last != Errno.EINTR)
                return Errno.Last;
        }

        return 0;
    }

    /// <summary>
    /// Sets room aside on the disk up to an offset and makes the file that long: it reads as zeros. Gives 0 or an errno, <c>EOPNOTSUPP</c>
    /// where the file system cannot.
    /// </summary>
    /// <remarks>The length matters: ext4 and XFS let one direct write at a time make a file longer, but many at a time write within it.</remarks>
    public int Preallocate(long lengthBytes)
    {
        while (Libc.fallocate(_handle, 0, 0, lengthBytes) != 0)
        {
            if (Errno.Last != Errno.EINTR)
                return Errno.Last;
        }

        return 0;
    }

    /// <summary>Length of the file now. Gives 0 or an errno, <c>ENOENT</c> once the file has lost its name and goes with its last user.</summary>
    public int GetLength(out long lengthBytes)
    {
        var failed = Libc.statx(_handle, "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, out var status) != 0;
        lengthBytes = (long)status.stx_size;
        if (failed)
            return Errno.Last;
        return status.stx_nlink == 0 ? Errno.ENOENT : 0;
    }

    /// <summary>Goes on through the page cache, without read-ahead, which would bring pages there that nobody drops.</summary>
    internal void FallBack()
    {
        if (Interlocked.Exchange(ref _buffered, 1) != 0)
            return;
        _ = Libc.fcntl(_handle, Libc.F_SETFL, Libc.fcntl(_handle, Libc.F_GETFL, 0) & ~Libc.O_DIRECT);
        _ = Libc.posix_fadvise(_handle, 0, 0, Libc.POSIX_FADV_RANDOM);
        _onRefusal?.Invoke(this);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private bool TrySetDirect()
    {
        var flags = Libc.fcntl(_handle, Libc.F_GETFL, 0);
        return flags >= 0 && Libc.fcntl(_handle, Libc.F_SETFL, flags | Libc.O_DIRECT) == 0;
    }

    private void Drop(long offset, long lengthBytes)
    {
        if (lengthBytes > 0)
            _ = Libc.posix_fadvise(_handle, offset, Pages.Padded(lengthBytes), Libc.POSIX_FADV_DONTNEED);
    }
}

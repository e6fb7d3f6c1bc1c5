using System.Text;
using Cascade.Tiers.Native;
using Microsoft.Win32.SafeHandles;

namespace Cascade.Tiers.Cold;

/// <summary>
/// A directory of aggregated files in which this process is one rank's only writer. The lock ends with the process, however it ends.
/// </summary>
public sealed class ColdDirectory : IDisposable
{
    private const uint OwnerReadsAndWrites = 0x180;
    private const int OwnerTextMaxBytes = 512;

    private readonly SafeFileHandle _lock;
    private readonly SafeFileHandle _handle;

    private ColdDirectory(string path, int rank, SafeFileHandle @lock, SafeFileHandle handle) =>
        (Path, Rank, _lock, _handle) = (path, rank, @lock, handle);

    /// <summary>The directory, in full.</summary>
    public string Path { get; }

    /// <summary>The rank that writes.</summary>
    public int Rank { get; }

    /// <summary>Opens a directory, makes it where there is none, stripes it where it lies on Lustre and takes the rank's lock.</summary>
    /// <param name="options">Which directory, for which rank.</param>
    /// <param name="warn">Told in words of what is amiss but does not keep the directory from being used.</param>
    /// <exception cref="ColdRefusedException">Another process holds the rank's lock, or the directory cannot be used or made.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static ColdDirectory Open(ColdDirectoryOptions options, Action<string>? warn = null) =>
        Open(options, warn, FileSystemKind.Of, Environment.GetEnvironmentVariable("PATH") ?? "");

    internal static ColdDirectory Open(
        ColdDirectoryOptions options, Action<string>? warn, Func<string, long?> fileSystemKind, string searchPath)
    {
        options.Validate();
        var path = System.IO.Path.GetFullPath(options.DirectoryPath);
        Make(path);
        var handle = OpenDirectory(path);
        SafeFileHandle? @lock = null;
        try
        {
            @lock = TakeLock(path, options.Rank, warn);
            var kind = fileSystemKind(path);
            if (kind == Libc.LL_SUPER_MAGIC)
                LustreStriping.Apply(path, options.StripeCount, options.StripeSizeBytes, searchPath, warn);
            else if (kind == Libc.TMPFS_MAGIC)
                warn?.Invoke($"The cold directory {path} lies in memory (tmpfs): what is put there takes memory and ends with the machine. "
                    + "Name a directory on a disk.");
            return new ColdDirectory(path, options.Rank, @lock, handle);
        }
        catch
        {
            @lock?.Dispose();
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Path of an aggregated file of this rank.</summary>
    public string PathOf(uint file) => System.IO.Path.Combine(Path, ColdFileNames.Aggregated(Rank, file));

    /// <summary>Path of a checkpoint slot of this rank.</summary>
    public string CheckpointPath(int slot) => System.IO.Path.Combine(Path, ColdFileNames.Checkpoint(Rank, slot));

    /// <summary>Waits until names made and removed would outlive a crash. Gives 0 or an errno.</summary>
    internal int Flush()
    {
        while (Libc.fsync(_handle) != 0)
        {
            // EINVAL: the file system keeps no directory back, there is nothing to flush.
            var error = Errno.Last;
            if (error != Errno.EINTR)
                return error == Errno.EINVAL ? 0 : error;
        }

        return 0;
    }

    /// <summary>Gives the lock back, by name: a child process between fork and exec would keep it beyond the close.</summary>
    public void Dispose()
    {
        if (!_lock.IsClosed)
            _ = Libc.flock(_lock, Libc.LOCK_UN);
        _lock.Dispose();
        _handle.Dispose();
    }

    /// <summary>Makes the directory and those above it that are missing, and flushes each into the one above.</summary>
    private static void Make(string path)
    {
        var missing = new Stack<string>();
        for (var at = path; at is not null && !Directory.Exists(at); at = System.IO.Path.GetDirectoryName(at))
            missing.Push(at);
        foreach (var folder in missing)
        {
            if (Libc.mkdir(folder, 0x1C0) != 0 && Errno.Last != Errno.EEXIST)
                throw Refusal(path, "cannot be made: check the path and who may write there", "Making", folder, Errno.Last);
            using var above = Libc.open(System.IO.Path.GetDirectoryName(folder)!, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
            if (!above.IsInvalid)
                _ = Libc.fsync(above);
        }
    }

    private static SafeFileHandle OpenDirectory(string path)
    {
        var handle = Libc.open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        if (!handle.IsInvalid)
            return handle;
        var errno = Errno.Last;
        handle.Dispose();
        throw errno == Errno.ENOTDIR
            ? new ColdRefusedException($"The cold directory {path} is refused: it is no directory. Name another, or move what is there away.")
            : Refusal(path, "cannot be opened: give this user the right to read and write it", "Opening", path, errno);
    }

    private static SafeFileHandle TakeLock(string directory, int rank, Action<string>? warn)
    {
        var path = System.IO.Path.Combine(directory, ColdFileNames.Lock(rank));
        var file = Libc.open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_CLOEXEC | Libc.O_NOFOLLOW, OwnerReadsAndWrites);
        try
        {
            if (file.IsInvalid)
                throw Refusal(directory, "cannot be written to: give this user the right to, or name another directory", "Opening", path, Errno.Last);
            if (Libc.flock(file, Libc.LOCK_EX | Libc.LOCK_NB) != 0)
                JudgeUnlocked(directory, rank, file, path, Errno.Last, warn);
            WriteOwner(file, path);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>No lock: either another process has it, or the file system knows none, as Lustre mounted without <c>-o flock</c>.</summary>
    private static void JudgeUnlocked(string directory, int rank, SafeFileHandle file, string path, int errno, Action<string>? warn)
    {
        if (errno == Errno.EAGAIN)
            throw new ColdRefusedException(
                $"The cold directory {directory} is in use for rank {rank} by {ReadOwner(file)}: stop that first, or give this node "
                + "another rank or directory.");
        if (errno is not (Errno.ENOSYS or Errno.EOPNOTSUPP))
            throw Refusal(directory, "cannot be locked", "Locking", path, errno);
        warn?.Invoke($"The file system of the cold directory {directory} knows no locks: make sure that no other node runs with rank {rank}, "
            + "or mount it with '-o flock'.");
    }

    private static void WriteOwner(SafeFileHandle file, string path)
    {
        var owner = Encoding.UTF8.GetBytes($"process {Environment.ProcessId} on {Environment.MachineName}\n");
        try
        {
            RandomAccess.SetLength(file, 0);
            RandomAccess.Write(file, owner, 0);
        }
        catch (IOException)
        {
            // A full disk: the lock holds, only its owner stays unnamed.
            _ = Libc.ftruncate(file, 0);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new ColdRefusedException($"{path} cannot be written to.", failure);
        }
    }

    private static string ReadOwner(SafeFileHandle file)
    {
        var text = new byte[OwnerTextMaxBytes];
        var length = RandomAccess.Read(file, text, 0);
        var owner = Encoding.UTF8.GetString(text, 0, length).Trim();
        return owner.Length > 0 ? owner : "another process";
    }

    private static ColdRefusedException Refusal(string directory, string why, string operation, string subject, int errno)
    {
        var failure = Errno.Failure(operation, subject, errno);
        return new ColdRefusedException($"The cold directory {directory} {why}. {failure.Message}", failure);
    }
}

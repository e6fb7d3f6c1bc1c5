using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Cascade.Tiers.Native;
using Microsoft.Win32.SafeHandles;

namespace Cascade.Tiers.Shm;

/// <summary>An arena file that this process holds the lock on, mapped. The lock ends with the process, however it ends.</summary>
internal sealed class ArenaFile : IDisposable
{
    // Files that vanish or appear between two looks mean that another process starts at the same time: a few rounds settle it.
    private const int MaxAttempts = 8;

    private readonly SafeFileHandle _file;
    private readonly string _path;

    private ArenaFile(SafeFileHandle file, string path, MappingHandle mapping, in ArenaHeader header, bool created)
    {
        (_file, _path, Mapping, Layout, Created) = (file, path, mapping, header.Layout, created);
        RandomAccess.Write(file, BitConverter.GetBytes(Environment.ProcessId), ArenaHeader.OwnerProcessOffset);
    }

    /// <summary>The file in this process's memory.</summary>
    public MappingHandle Mapping { get; }

    /// <summary>Where things lie in it.</summary>
    public ArenaLayout Layout { get; }

    /// <summary>True when the file was made now and holds nothing.</summary>
    public bool Created { get; }

    /// <summary>Opens the arena, or creates it where there is none.</summary>
    /// <exception cref="ArenaRefusedException">It cannot be used, or not be created.</exception>
    public static ArenaFile Open(ShmArenaOptions options, IProgress<(long, long)>? progress)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Arena files are little-endian; this machine is not.");
        options.Validate();
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var existing = OpenExisting(options.FilePath);
            var opened = existing is null ? Create(options, progress) : TryTakeOver(existing, options);
            if (opened is not null)
                return opened;
        }

        throw new ArenaRefusedException(
            $"{options.FilePath} keeps appearing and vanishing: another process starts and stops with the same cluster and node. Stop it first.");
    }

    /// <summary>Lets the lock go and unmaps the file; with <paramref name="leaveReadable"/> the bytes stay readable at their address.</summary>
    public void Close(bool leaveReadable)
    {
        if (!leaveReadable)
        {
            Mapping.Dispose();
        }
        else
        {
            // A late store through an old reservation must not reach the next owner's blocks.
            Mapping.MakePrivate(_file, _path);
        }

        LetGo(_file);
    }

    /// <inheritdoc/>
    public void Dispose() => Close(leaveReadable: false);

    private static SafeFileHandle? OpenExisting(string path)
    {
        var file = Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC | Libc.O_NOFOLLOW, 0);
        if (!file.IsInvalid)
            return file;
        var errno = Errno.Last;
        file.Dispose();
        return errno switch
        {
            Errno.ENOENT => null,
            Errno.ELOOP => throw new ArenaRefusedException($"{path} is a symbolic link, expected an arena file: remove the link."),
            _ => throw new ArenaRefusedException($"{path} cannot be opened.", Errno.Failure("Opening", path, errno)),
        };
    }

    /// <summary>Takes over a file that is there. Null when it was removed, by its last owner or here: look again.</summary>
    private static ArenaFile? TryTakeOver(SafeFileHandle file, ShmArenaOptions options)
    {
        var path = options.FilePath;
        ArenaFile? opened = null;
        try
        {
            Lock(file, path);
            var status = StatusOf(file, path);
            if (status.stx_nlink == 0)
                return null;
            if (status.stx_uid != Libc.geteuid())
                throw new ArenaRefusedException(
                    $"{path} belongs to user {status.stx_uid}, expected {Libc.geteuid()}: run as that user, or have that user remove it.");
            var header = ReadHeader(file);
            var fault = header.FindFault((long)status.stx_size);

            // A process that died at the creation left an empty file, or one that says so.
            if (options.Reset || status.stx_size == 0 || (fault is null && header.Stage == ArenaStage.Creating))
            {
                Remove(path);
                return null;
            }

            fault ??= header.FindDifference(options);
            if (fault is not null)
                throw new ArenaRefusedException(
                    $"The arena {path} is refused: {fault}. Set the node up as the arena was made, or start with --reset to remove it and begin empty.");
            opened = Attach(file, status, header, options);
            return opened;
        }
        finally
        {
            if (opened is null)
                LetGo(file);
        }
    }

    private static ArenaFile Attach(SafeFileHandle file, in Libc.Statx status, in ArenaHeader header, ShmArenaOptions options)
    {
        var path = options.FilePath;
        if (Libc.fchmod(file, (uint)options.FileMode) != 0)
            throw Errno.Failure("Setting the permissions", path);

        // A sparse file (a restored backup) has pages without memory behind them: a store there could end in SIGBUS.
        if ((long)status.stx_blocks * 512 < header.FileBytes)
        {
            ArenaRoom.Require(options.Directory, header.FileBytes - ((long)status.stx_blocks * 512));
            ArenaPrefault.Allocate(file, path, header.FileBytes, null);
        }

        var mapping = MappingHandle.Map(file, header.FileBytes, path);
        Advise(mapping, header.Layout, options);

        // Only the table is read at once; the payload's pages exist, and reading them costs a minor fault a page.
        ArenaPrefault.TryPopulate(mapping.Address, ArenaLayout.TableOffset + header.Layout.TableBytes, Threads(options), path, null);
        return new ArenaFile(file, path, mapping, header, created: false);
    }

    /// <summary>Makes the file. Null when another process did at the same time: look again.</summary>
    private static ArenaFile? Create(ShmArenaOptions options, IProgress<(long, long)>? progress)
    {
        var path = options.FilePath;
        var file = Libc.open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_CLOEXEC | Libc.O_NOFOLLOW, (uint)options.FileMode);
        if (file.IsInvalid)
        {
            var errno = Errno.Last;
            file.Dispose();
            return errno == Errno.EEXIST
                ? null
                : throw new ArenaRefusedException(
                    $"{path} cannot be created: check that {options.Directory} is there and may be written to.", Errno.Failure("Creating", path, errno));
        }

        MappingHandle? mapping = null;
        try
        {
            // Another start may have taken the file, empty as it still was, for the rest of a crash.
            if (!TryLock(file, path) || StatusOf(file, path).stx_nlink == 0)
            {
                file.Dispose();
                return null;
            }

            var header = ArenaHeader.Create(options, BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
            ArenaRoom.Require(options.Directory, header.FileBytes);
            if (Libc.fchmod(file, (uint)options.FileMode) != 0)
                throw Errno.Failure("Setting the permissions", path);
            WriteHeader(file, header);
            mapping = SetUp(file, header, options, progress);
            WriteHeader(file, header.Completed());
            return new ArenaFile(file, path, mapping, header, created: true);
        }
        catch (Exception failure)
        {
            Remove(path);
            mapping?.Dispose();
            file.Dispose();
            if (failure is IOException { HResult: Errno.ENOSPC or Errno.ENOMEM })
                throw OutOfRoom(options, failure);
            throw;
        }
    }

    /// <summary>Gets memory behind a new file and maps it.</summary>
    private static MappingHandle SetUp(SafeFileHandle file, in ArenaHeader header, ShmArenaOptions options, IProgress<(long, long)>? progress)
    {
        var path = options.FilePath;
        if (Libc.ftruncate(file, header.FileBytes) != 0)
            throw Errno.Failure("Sizing", path);
        var mapping = MappingHandle.Map(file, header.FileBytes, path);
        try
        {
            // Advice comes before memory: pages that are there already stay as small as they are.
            Advise(mapping, header.Layout, options);
            if (options.Prefault && ArenaPrefault.TryPopulate(mapping.Address, header.FileBytes, Threads(options), path, progress))
                return mapping;
            ArenaPrefault.Allocate(file, path, header.FileBytes, options.Prefault ? null : progress);
            if (options.Prefault)
                ArenaPrefault.Touch(mapping.Address, header.FileBytes, Threads(options), progress);
            return mapping;
        }
        catch
        {
            mapping.Dispose();
            throw;
        }
    }

    /// <summary>Both are wishes: without huge pages, or with a larger core file, everything works.</summary>
    private static void Advise(MappingHandle mapping, ArenaLayout layout, ShmArenaOptions options)
    {
        _ = Libc.madvise(mapping.Address, (nuint)layout.FileBytes, Libc.MADV_DONTDUMP);
        if (options.HugePages)
            _ = Libc.madvise(mapping.Address + (nint)layout.PayloadOffset, (nuint)layout.PayloadBytes, Libc.MADV_HUGEPAGE);
    }

    private static int Threads(ShmArenaOptions options) => options.PrefaultThreads > 0 ? options.PrefaultThreads : Environment.ProcessorCount;

    private static ArenaRefusedException OutOfRoom(ShmArenaOptions options, Exception failure)
    {
        _ = Libc.statvfs(options.Directory, out var volume);
        return ArenaRoom.TooSmall(
            options.Directory, new ArenaLayout(options.EffectiveSlotCount, options.CapacityBytes).FileBytes,
            (long)(volume.f_bavail * volume.f_frsize), (long)(volume.f_blocks * volume.f_frsize), failure);
    }

    /// <summary>
    /// The lock is let go by name: closing alone leaves it with whatever else has the file, a mapping or a process that this one is
    /// just starting.
    /// </summary>
    private static void LetGo(SafeFileHandle file)
    {
        _ = Libc.flock(file, Libc.LOCK_UN);
        file.Dispose();
    }

    private static bool TryLock(SafeFileHandle file, string path)
    {
        if (Libc.flock(file, Libc.LOCK_EX | Libc.LOCK_NB) == 0)
            return true;
        return Errno.Last == Errno.EAGAIN
            ? false
            : throw new ArenaRefusedException($"{path} cannot be locked.", Errno.Failure("Locking", path));
    }

    private static void Lock(SafeFileHandle file, string path)
    {
        if (TryLock(file, path))
            return;
        var owner = new byte[sizeof(int)];
        _ = RandomAccess.Read(file, owner, ArenaHeader.OwnerProcessOffset);
        throw new ArenaRefusedException(
            $"The arena {path} is held by process {BitConverter.ToInt32(owner)}: stop it first, or give this node another number or cluster name.");
    }

    private static Libc.Statx StatusOf(SafeFileHandle file, string path) =>
        Libc.statx(file, "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, out var status) == 0
            ? status
            : throw Errno.Failure("Examining", path);

    internal static ArenaHeader ReadHeader(SafeFileHandle file)
    {
        var header = default(ArenaHeader);
        _ = RandomAccess.Read(file, MemoryMarshal.AsBytes(new Span<ArenaHeader>(ref header)), 0);
        return header;
    }

    private static void WriteHeader(SafeFileHandle file, in ArenaHeader header) =>
        RandomAccess.Write(file, MemoryMarshal.AsBytes(new ReadOnlySpan<ArenaHeader>(in header)), 0);

    private static void Remove(string path)
    {
        if (Libc.unlink(path) != 0 && Errno.Last != Errno.ENOENT)
            throw new ArenaRefusedException($"{path} cannot be removed.", Errno.Failure("Removing", path));
    }
}

using System.Diagnostics.CodeAnalysis;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Tiers.Native;
using Cascade.Tiers.Shm;
using Microsoft.Win32.SafeHandles;

namespace Cascade.Tiers.Fabric;

/// <summary>A peer's arena file, mapped for reading. Thread-safe.</summary>
/// <remarks>
/// Its lock is left alone, so that neither the peer nor its restart is disturbed. Arena files are never shortened, and one that was is
/// refused; a user who cuts the file of a running arena ends its node and its readers alike.
/// </remarks>
internal sealed unsafe class PeerArena : IDisposable
{
    private const ushort WritableByOthers = 2;

    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly Libc.Statx _status;
    private readonly DescriptorTable _table;
    private readonly byte* _payload;
    private readonly long _payloadBytes;

    private PeerArena(SafeFileHandle file, string path, in Libc.Statx status, MappingHandle mapping, ArenaLayout layout)
    {
        (_file, _path, _status, Mapping) = (file, path, status, mapping);
        _table = new DescriptorTable(mapping.Address + (nint)ArenaLayout.TableOffset, layout.SlotCount);
        _payload = (byte*)mapping.Address + layout.PayloadOffset;
        _payloadBytes = layout.PayloadBytes;
    }

    /// <summary>What the bytes lie in: held by a reference for as long as they are read.</summary>
    public MappingHandle Mapping { get; }

    /// <summary>Maps the arena of a peer, or says in words why not.</summary>
    public static bool TryOpen(SameHostOptions options, NodeId peer, [NotNullWhen(true)] out PeerArena? arena, [NotNullWhen(false)] out string? reason)
    {
        arena = null;
        var path = new ShmArenaOptions { ClusterName = options.ClusterName, Node = peer, CapacityBytes = 0, Directory = Path.GetFullPath(options.Directory) }.FilePath;
        var file = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NOFOLLOW | Libc.O_NONBLOCK, 0);
        if (file.IsInvalid)
        {
            reason = Errno.Failure("Opening", path).Message;
            file.Dispose();
            return false;
        }

        try
        {
            if (Libc.statx(file, "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, out var status) != 0)
                throw Errno.Failure("Examining", path);
            var header = ArenaFile.ReadHeader(file);
            reason = FaultOf(options, peer, status, header);
            if (reason is null)
            {
                var mapping = MappingHandle.Map(file, header.FileBytes, path, writable: false);
                _ = Libc.madvise(mapping.Address, (nuint)header.FileBytes, Libc.MADV_DONTDUMP);
                arena = new PeerArena(file, path, status, mapping, header.Layout);
                return true;
            }

            reason = $"{path} is not read: {reason}";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            reason = failure.Message;
        }

        file.Dispose();
        return false;
    }

    /// <summary>True while the peer's path leads to the file that is mapped here, in its full length.</summary>
    public bool IsCurrent()
    {
        // The handle stands in for a folder and is not looked at, for the path is a full one. While the file is open its number is not given to another.
        return Libc.statx(_file, _path, 0, Libc.STATX_BASIC_STATS, out var status) == 0
            && status.stx_ino == _status.stx_ino && status.stx_dev_major == _status.stx_dev_major && status.stx_dev_minor == _status.stx_dev_minor
            && status.stx_size == _status.stx_size;
    }

    /// <summary>Finds a copy's first byte; false when another copy, or none, is in its place. To be held against <see cref="Holds"/> after reading.</summary>
    public bool TryLocate(in CopyLocation copy, out nint address)
    {
        address = 0;
        if (copy.Slot >= (uint)_table.Count || (copy.Generation & 1) != 0 || !Holds(copy))
            return false;
        var entry = _table[copy.Slot];
        if (!Holds(copy) || entry.Kind != DescriptorKind.Resident || entry.OffsetBytes != copy.OffsetBytes || entry.LengthBytes != copy.LengthBytes
            || entry.FindFault(_payloadBytes) is not null)
            return false;
        address = (nint)(_payload + entry.OffsetBytes);
        return true;
    }

    /// <summary>True when the entry has the copy's generation: then all that was read of it before is the copy's.</summary>
    public bool Holds(in CopyLocation copy)
    {
        Volatile.ReadBarrier();
        return Volatile.Read(ref _table[copy.Slot].Generation) == copy.Generation;
    }

    /// <summary>Unmaps the file as soon as nobody reads it any more.</summary>
    public void Dispose()
    {
        Mapping.Dispose();
        _file.Dispose();
    }

    private static string? FaultOf(SameHostOptions options, NodeId peer, in Libc.Statx status, in ArenaHeader header)
    {
        var owner = options.OwnerUserId ?? Libc.geteuid();
        if (status.stx_uid != owner)
            return $"it belongs to user {status.stx_uid}, expected {owner}";
        if ((status.stx_mode & WritableByOthers) != 0)
            return "anyone may write to it";
        var fault = header.FindFault((long)status.stx_size);
        if (fault is not null)
            return fault;
        if (header.Stage != ArenaStage.Ready)
            return "its creation is not finished";
        if (header.ClusterName != options.ClusterName || header.Node != peer.Value)
            return $"it belongs to {new NodeId(header.Node)} of cluster '{header.ClusterName}', expected {peer} of '{options.ClusterName}'";
        return header.Algorithm == (uint)options.DigestAlgorithm ? null : "its blocks are named by another digest algorithm";
    }
}

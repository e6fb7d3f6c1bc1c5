using System.Runtime.InteropServices;
using Cascade.Core.Allocation;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Tiers.Native;
using Microsoft.Win32.SafeHandles;

namespace Cascade.Tiers.Shm;

/// <summary>Examines an arena file, held by a process or not, without touching it or its lock.</summary>
/// <remarks>
/// It reads by system calls, not by a mapping, so that a file that is cut meanwhile is a short read and nothing worse. Of an arena in use
/// it sees each entry as of some moment: a block may be counted that is freed by then, and two at one place.
/// </remarks>
public sealed class ArenaInspector
{
    /// <summary>Damaged entries that a result lists; all are counted.</summary>
    public const int MaxListedEntries = 100;

    // An entry of an arena in use that is read while it is written is read again this often before it counts as damaged.
    private const int MaxReadsOfEntry = 4;

    private const int EntriesPerRead = 4096;
    private const int PayloadPieceBytes = 4 << 20;

    private readonly SafeFileHandle _file;
    private readonly ArenaHeader _header;
    private readonly List<DamagedEntry> _listed = [];
    private readonly Dictionary<BlockId, uint> _blocks = [];
    private readonly HashSet<KeyDigest> _keys = [];
    private readonly List<Descriptor> _aliases = [];
    private readonly List<(uint Slot, Descriptor Entry)> _residents = [];
    private int _damaged;
    private int _free;
    private int _inFlight;
    private int _verified;

    private ArenaInspector(SafeFileHandle file, in ArenaHeader header) => (_file, _header) = (file, header);

    /// <summary>Examines the file; whatever is wrong with it is in the result.</summary>
    /// <param name="path">The arena file.</param>
    /// <param name="verifyPayloads">Compares the bytes of every block with its id as well.</param>
    /// <param name="progress">Told of payload bytes compared and to be compared.</param>
    /// <param name="cancellation">Ends a long comparison.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public static ArenaInspection Inspect(
        string path, bool verifyPayloads = false, IProgress<(long DoneBytes, long TotalBytes)>? progress = null,
        CancellationToken cancellation = default)
    {
        try
        {
            using var file = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0);
            if (file.IsInvalid)
                return Unsound(path, 0, Errno.Failure("Opening", path).Message);
            var fileBytes = RandomAccess.GetLength(file);
            var header = ArenaFile.ReadHeader(file);
            if (fileBytes > 0 && header.FindFault(fileBytes) is { } fault)
                return Unsound(path, fileBytes, fault);
            if (fileBytes == 0 || header.Stage == ArenaStage.Creating)
                return Unsound(path, fileBytes, "its creation was not finished; it holds nothing, and the next start makes it anew");
            var inspector = new ArenaInspector(file, header);
            inspector.ReadTable();
            if (verifyPayloads)
                inspector.VerifyPayloads(progress, cancellation);
            return inspector.Result(path, fileBytes);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return Unsound(path, 0, failure.Message);
        }
    }

    private static ArenaInspection Unsound(string path, long fileBytes, string reason) =>
        new() { FilePath = path, FileBytes = fileBytes, Reasons = [reason] };

    private void ReadTable()
    {
        using var allocator = new SlabAllocator(_header.PayloadBytes);
        var entries = new Descriptor[EntriesPerRead];
        for (var first = 0; first < _header.SlotCount; first += EntriesPerRead)
        {
            var piece = entries.AsSpan(0, (int)Math.Min(EntriesPerRead, _header.SlotCount - first));
            Read(MemoryMarshal.AsBytes(piece), OffsetOf((uint)first));
            for (var index = 0; index < piece.Length; index++)
                Judge((uint)(first + index), piece[index], allocator);
        }

        foreach (var alias in _aliases)
        {
            if (_blocks.ContainsKey(alias.Id))
                _keys.Add(alias.Key);
            else
                _inFlight++;
        }
    }

    private void Judge(uint slot, Descriptor entry, SlabAllocator allocator)
    {
        var fault = FaultOf(entry);
        for (var reads = 1; fault is not null && reads < MaxReadsOfEntry; reads++)
        {
            Read(MemoryMarshal.AsBytes(new Span<Descriptor>(ref entry)), OffsetOf(slot));
            fault = FaultOf(entry);
        }

        if (fault is not null)
            AddDamaged(slot, fault);
        else if (entry.IsChanging)
            _inFlight++;
        else if (entry.Kind == DescriptorKind.Free)
            _free++;
        else if (entry.Kind == DescriptorKind.Alias)
            _aliases.Add(entry);
        else if (_blocks.TryGetValue(entry.Id, out var other))
            AddDamaged(slot, $"slot {other} holds the same block");
        else if (!allocator.TryReserve(entry.OffsetBytes, entry.LengthBytes))
            AddDamaged(slot, "its range overlaps another or begins inside a page");
        else
            AddResident(slot, entry);
    }

    private string? FaultOf(in Descriptor entry) => entry.IsChanging ? null : entry.FindFault(_header.PayloadBytes);

    private void AddResident(uint slot, in Descriptor entry)
    {
        _blocks.Add(entry.Id, slot);
        _residents.Add((slot, entry));
        if (entry.NamesBlock)
            _keys.Add(entry.Key);
    }

    private void VerifyPayloads(IProgress<(long, long)>? progress, CancellationToken cancellation)
    {
        var (done, total) = (0L, LiveBytes());
        var buffer = new byte[PayloadPieceBytes];
        foreach (var (slot, entry) in _residents)
        {
            using var digest = new RunningDigest((DigestAlgorithm)_header.Algorithm);
            for (var at = 0L; at < entry.LengthBytes; at += PayloadPieceBytes)
            {
                cancellation.ThrowIfCancellationRequested();
                var piece = buffer.AsSpan(0, (int)Math.Min(PayloadPieceBytes, entry.LengthBytes - at));
                Read(piece, _header.PayloadOffset + entry.OffsetBytes + at);
                digest.Append(piece);
                done += piece.Length;
                progress?.Report((done, total));
            }

            _verified++;
            if (digest.Finish() != entry.Id && IsUnchanged(slot, entry))
                AddDamaged(slot, "its bytes differ from its block id");
        }
    }

    /// <summary>False when the owner freed or replaced the block while it was read.</summary>
    private bool IsUnchanged(uint slot, in Descriptor entry)
    {
        var now = default(Descriptor);
        Read(MemoryMarshal.AsBytes(new Span<Descriptor>(ref now)), OffsetOf(slot));
        return now.Generation == entry.Generation;
    }

    private ArenaInspection Result(string path, long fileBytes)
    {
        Span<byte> owner = stackalloc byte[sizeof(int)];
        Read(owner, ArenaHeader.OwnerProcessOffset);
        return new ArenaInspection
        {
            FilePath = path,
            FileBytes = fileBytes,
            ClusterName = _header.ClusterName,
            Node = new NodeId(_header.Node),
            DigestAlgorithm = (DigestAlgorithm)_header.Algorithm,
            FormatVersion = _header.Version,
            CreationId = _header.CreationId,
            CapacityBytes = _header.PayloadBytes,
            OwnerProcessId = BitConverter.ToInt32(owner),
            SlotCount = (int)_header.SlotCount,
            FreeEntries = _free,
            ResidentEntries = _residents.Count,
            AliasEntries = _aliases.Count,
            InFlightEntries = _inFlight,
            DamagedEntries = _damaged,
            Damaged = _listed,
            Keys = _keys.Count,
            LiveBytes = LiveBytes(),
            LargestBlockBytes = _residents.Count == 0 ? 0 : _residents.Max(resident => resident.Entry.LengthBytes),
            SmallestBlockBytes = _residents.Count == 0 ? 0 : _residents.Min(resident => resident.Entry.LengthBytes),
            VerifiedBlocks = _verified,
        };
    }

    private long LiveBytes() => _residents.Sum(resident => resident.Entry.LengthBytes);

    private static long OffsetOf(uint slot) => ArenaLayout.TableOffset + ((long)slot * Descriptor.SizeBytes);

    private void AddDamaged(uint slot, string reason)
    {
        _damaged++;
        if (_listed.Count < MaxListedEntries)
            _listed.Add(new DamagedEntry(slot, reason));
    }

    private void Read(Span<byte> into, long offset)
    {
        while (into.Length > 0)
        {
            var read = RandomAccess.Read(_file, into, offset);
            if (read == 0)
                throw new IOException($"The file ends at {offset} bytes, inside what its header announces: it was cut while it was read.");
            into = into[read..];
            offset += read;
        }
    }
}

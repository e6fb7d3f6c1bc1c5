using System.Buffers.Binary;
using Cascade.Core.Clocks;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Log;
using Cascade.Core.Placement;

namespace Cascade.Core.Cold;

/// <summary>What a checkpoint says beside its records.</summary>
/// <param name="Generation">Rises by one a checkpoint: of two good ones the higher counts.</param>
/// <param name="From">Where reading headers has to begin: what lies before is in the checkpoint.</param>
/// <param name="NextFile">The number of the next file to be created.</param>
/// <param name="IsUncertain">The disk may hold records that the checkpoint does not know.</param>
/// <param name="CopyGeneration">The last generation that a block was given, see <see cref="LogRecordHeader.Generation"/>.</param>
internal readonly record struct CheckpointHead(ulong Generation, LogPosition From, uint NextFile, bool IsUncertain, uint CopyGeneration);

/// <summary>A record of a checkpoint, not yet applied to an index, and what it held there.</summary>
internal readonly record struct CheckpointEntry(LogEntry Entry, bool HeldBlock, bool HeldKey);

/// <summary>An index checkpoint in bytes.</summary>
/// <remarks>
/// Little-endian: a head of 52 bytes (mark "CSCD-IDX", version, CRC-32C over all bytes with itself as zero, generation, from,
/// next file, flags, counts, generation of copies), then 16 bytes a file and 140 bytes a record.
/// </remarks>
internal static class CheckpointCodec
{
    private const int HeadBytes = 52;
    private const int FileBytes = 16;
    private const int EntryBytes = 140;
    private const uint FormatVersion = 2;
    private const uint Frozen = 1;
    private const uint Doomed = 2;
    private const ushort HoldsBlock = 1;
    private const ushort HoldsKey = 2;
    private const ushort Bad = 4;
    private const ushort WasRead = 8;

    private static ReadOnlySpan<byte> Mark => "CSCD-IDX"u8;

    public static byte[] Encode(in CheckpointHead head, IList<LogFile> files, List<LogEntry> entries)
    {
        // Every byte is written below.
        var bytes = GC.AllocateUninitializedArray<byte>(checked(HeadBytes + (files.Count * FileBytes) + (entries.Count * EntryBytes)));
        var at = bytes.AsSpan();
        Mark.CopyTo(at);
        BinaryPrimitives.WriteUInt32LittleEndian(at[8..], FormatVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(at[12..], 0);
        BinaryPrimitives.WriteUInt64LittleEndian(at[16..], head.Generation);
        BinaryPrimitives.WriteUInt64LittleEndian(at[24..], head.From.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(at[32..], head.NextFile);
        BinaryPrimitives.WriteUInt32LittleEndian(at[36..], head.IsUncertain ? 1u : 0);
        BinaryPrimitives.WriteInt32LittleEndian(at[40..], files.Count);
        BinaryPrimitives.WriteInt32LittleEndian(at[44..], entries.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(at[48..], head.CopyGeneration);
        at = at[HeadBytes..];
        foreach (var file in files)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(at, file.Number);
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], (file.IsFrozen ? Frozen : 0) | (file.IsDoomed ? Doomed : 0));
            BinaryPrimitives.WriteInt64LittleEndian(at[8..], file.EndBytes);
            at = at[FileBytes..];
        }

        foreach (var entry in entries)
        {
            Write(at, entry);
            at = at[EntryBytes..];
        }

        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), Crc32C.Of(bytes));
        return bytes;
    }

    /// <summary>Reads a checkpoint; false when the bytes are no whole one. Any bytes may be given.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, out CheckpointHead head, out List<LogFile> files, out List<CheckpointEntry> entries)
    {
        (head, files, entries) = (default, [], []);
        if (bytes.Length < HeadBytes || !bytes.StartsWith(Mark)
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) != FormatVersion
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]) != Checksum(bytes))
            return false;
        head = new CheckpointHead(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            LogPosition.FromValue(BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..])),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[36..]) != 0,
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[48..]));
        var fileCount = BinaryPrimitives.ReadInt32LittleEndian(bytes[40..]);
        var entryCount = BinaryPrimitives.ReadInt32LittleEndian(bytes[44..]);
        if (fileCount < 0 || entryCount < 0
            || bytes.Length != HeadBytes + ((long)fileCount * FileBytes) + ((long)entryCount * EntryBytes))
            return false;
        bytes = bytes[HeadBytes..];
        for (; fileCount > 0; fileCount--, bytes = bytes[FileBytes..])
        {
            var flags = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            files.Add(new LogFile(BinaryPrimitives.ReadUInt32LittleEndian(bytes))
            {
                EndBytes = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
                IsFrozen = (flags & Frozen) != 0,
                IsDoomed = (flags & Doomed) != 0,
            });
        }

        entries.Capacity = entryCount;
        for (; entryCount > 0; entryCount--, bytes = bytes[EntryBytes..])
            entries.Add(Read(bytes));
        return true;
    }

    private static void Write(Span<byte> at, LogEntry entry)
    {
        at[0] = (byte)entry.Kind;
        at[1] = (byte)entry.Algorithm;
        var flags = (entry.HoldsBlock ? HoldsBlock : 0) | (entry.HoldsKey ? HoldsKey : 0) | (entry.IsBad ? Bad : 0) | (entry.WasRead ? WasRead : 0);
        BinaryPrimitives.WriteUInt16LittleEndian(at[2..], (ushort)flags);
        BinaryPrimitives.WriteInt32LittleEndian(at[4..], entry.Binding.Depth);
        BinaryPrimitives.WriteUInt64LittleEndian(at[8..], entry.Binding.Stamp.Value);
        BinaryPrimitives.WriteInt64LittleEndian(at[16..], entry.PayloadBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(at[24..], entry.Origin.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(at[32..], entry.Place.Value);
        entry.Id.CopyTo(at[40..]);
        entry.Binding.Key.CopyTo(at[72..]);
        entry.Binding.Parent.CopyTo(at[104..]);
        BinaryPrimitives.WriteUInt32LittleEndian(at[136..], entry.Generation);
    }

    private static CheckpointEntry Read(ReadOnlySpan<byte> at)
    {
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(at[2..]);
        var binding = new KeyBinding(
            new KeyDigest(at.Slice(72, KeyDigest.SizeBytes)),
            new KeyDigest(at.Slice(104, KeyDigest.SizeBytes)),
            BinaryPrimitives.ReadInt32LittleEndian(at[4..]),
            new HybridTimestamp(BinaryPrimitives.ReadUInt64LittleEndian(at[8..])));
        var header = new LogRecordHeader(
            (LogRecordKind)at[0], new BlockId(at.Slice(40, BlockId.SizeBytes)), BinaryPrimitives.ReadInt64LittleEndian(at[16..]),
            binding, (DigestAlgorithm)at[1])
        {
            Origin = LogPosition.FromValue(BinaryPrimitives.ReadUInt64LittleEndian(at[24..])),
            Place = LogPosition.FromValue(BinaryPrimitives.ReadUInt64LittleEndian(at[32..])),
            Generation = BinaryPrimitives.ReadUInt32LittleEndian(at[136..]),
        };
        var entry = new LogEntry(header) { IsBad = (flags & Bad) != 0, WasRead = (flags & WasRead) != 0 };
        return new CheckpointEntry(entry, (flags & HoldsBlock) != 0, (flags & HoldsKey) != 0);
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var running = Crc32C.Append(uint.MaxValue, bytes[..12]);
        running = Crc32C.Append(running, [0, 0, 0, 0]);
        return ~Crc32C.Append(running, bytes[16..]);
    }
}

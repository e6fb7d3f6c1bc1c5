using System.Buffers.Binary;
using Cascade.Core.Clocks;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Log;

/// <summary>The header of one record of an aggregated file: 4 KiB, before a payload that is padded to 4 KiB.</summary>
/// <remarks>
/// Little-endian; what is not listed is zero. In every version the mark, the version and the checksum over all 4,096 bytes keep
/// their places, so that a header from a later program is told from a damaged one.
/// <code>
///   0  8  mark, "CSCD-LOG" in ASCII      32  32  block id
///   8  2  format version                 64  32  key digest
///  10  1  record kind                    96  32  parent key digest, zero for none
///  11  1  digest algorithm              128   4  depth of the key in its prefix
///  12  4  CRC-32C, itself taken as zero
///  16  8  payload length in bytes     136   8  origin
///  24  8  stamp of the key's binding  144   8  place
///                                     152   8  durable to
///                                     160   4  generation
/// </code>
/// </remarks>
/// <param name="Kind">What the record says.</param>
/// <param name="Id">The block it is about; zero in the tombstone of a key alone.</param>
/// <param name="PayloadBytes">Bytes of the block behind the header, padding excluded: 1 to 2^32 for a block, else 0.</param>
/// <param name="Binding">The key that names the block; default for none, as for a block that is known by its id only.</param>
/// <param name="Algorithm">What the block id is the digest by.</param>
public readonly record struct LogRecordHeader(
    LogRecordKind Kind, BlockId Id, long PayloadBytes, KeyBinding Binding, DigestAlgorithm Algorithm)
{
    /// <summary>Length of a header, and what records and paddings are multiples of, in bytes.</summary>
    public const int SizeBytes = 4096;

    /// <summary>The longest payload: 4 GiB.</summary>
    public const long MaxPayloadBytes = 1L << 32;

    /// <summary>The version that is written, and the only one that is read.</summary>
    public const ushort FormatVersion = 1;

    private const int VersionAt = 8;
    private const int KindAt = 10;
    private const int AlgorithmAt = 11;
    private const int ChecksumAt = 12;
    private const int PayloadBytesAt = 16;
    private const int StampAt = 24;
    private const int IdAt = 32;
    private const int KeyAt = 64;
    private const int ParentAt = 96;
    private const int DepthAt = 128;
    private const int OriginAt = 136;
    private const int PlaceAt = 144;
    private const int DurableToAt = 152;
    private const int GenerationAt = 160;

    private static ReadOnlySpan<byte> Mark => "CSCD-LOG"u8;

    /// <summary>
    /// Where the record was first written. A copy made when space is reclaimed keeps it: of two records about one key or one
    /// block the later origin holds, wherever they lie.
    /// </summary>
    public LogPosition Origin { get; init; }

    /// <summary>Where this very header was written. One read anywhere else is stale or was put there as somebody's payload.</summary>
    public LogPosition Place { get; init; }

    /// <summary>
    /// Up to where the log was durable when this was written. Recovery checks the payloads of later records, whose header may be on
    /// disk without them.
    /// </summary>
    public LogPosition DurableTo { get; init; }

    /// <summary>
    /// Of a block: what this copy of it is told to its owner by. Of another record: the last generation that was given when it was
    /// written. They rise along the log, from one life of the tier to the next, so that an owner elsewhere never takes a new copy for one that is gone.
    /// </summary>
    public uint Generation { get; init; }

    /// <summary>Bytes of the whole record in the file: header and padded payload.</summary>
    public long RecordBytes => RecordBytesFor(PayloadBytes);

    /// <summary>Bytes in the file of a record with a payload of that length.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative or above 4 GiB.</exception>
    public static long RecordBytesFor(long payloadBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(payloadBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payloadBytes, MaxPayloadBytes);
        return SizeBytes + ((payloadBytes + SizeBytes - 1) & -SizeBytes);
    }

    /// <summary>Writes the header over the first 4 KiB of <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than 4 KiB.</exception>
    /// <exception cref="InvalidOperationException">The header contradicts itself and would not be read back.</exception>
    public void Encode(Span<byte> destination)
    {
        if (destination.Length < SizeBytes)
            throw new ArgumentException(
                $"A record header takes {SizeBytes} bytes; {destination.Length} were given.", nameof(destination));
        if (!IsValid)
            throw new InvalidOperationException(
                $"A record of kind {Kind} with {PayloadBytes} payload bytes, block {Id} and {Binding} could not be read back: "
                + "give what its kind calls for.");
        var block = destination[..SizeBytes];
        block[(DepthAt + sizeof(int))..].Clear();
        Mark.CopyTo(block);
        BinaryPrimitives.WriteUInt16LittleEndian(block[VersionAt..], FormatVersion);
        block[KindAt] = (byte)Kind;
        block[AlgorithmAt] = (byte)Algorithm;
        BinaryPrimitives.WriteInt64LittleEndian(block[PayloadBytesAt..], PayloadBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(block[StampAt..], Binding.Stamp.Value);
        Id.CopyTo(block[IdAt..]);
        Binding.Key.CopyTo(block[KeyAt..]);
        Binding.Parent.CopyTo(block[ParentAt..]);
        BinaryPrimitives.WriteInt32LittleEndian(block[DepthAt..], Binding.Depth);
        BinaryPrimitives.WriteUInt64LittleEndian(block[OriginAt..], Origin.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(block[PlaceAt..], Place.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(block[DurableToAt..], DurableTo.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(block[GenerationAt..], Generation);
        BinaryPrimitives.WriteUInt32LittleEndian(block[ChecksumAt..], ChecksumOf(block));
    }

    /// <summary>Reads the header that the bytes begin with. Any bytes may be given; none make it throw.</summary>
    /// <returns>What was found; the header is the default value unless that is <see cref="LogRecordStatus.Ok"/>.</returns>
    public static LogRecordStatus TryDecode(ReadOnlySpan<byte> source, out LogRecordHeader header)
    {
        header = default;
        if (!source.StartsWith(Mark))
            return LogRecordStatus.NotARecord;
        if (source.Length < SizeBytes)
            return LogRecordStatus.TornOrCorrupt;
        var block = source[..SizeBytes];
        if (BinaryPrimitives.ReadUInt32LittleEndian(block[ChecksumAt..]) != ChecksumOf(block))
            return LogRecordStatus.TornOrCorrupt;
        if (BinaryPrimitives.ReadUInt16LittleEndian(block[VersionAt..]) != FormatVersion)
            return LogRecordStatus.UnknownVersion;
        var read = new LogRecordHeader(
            (LogRecordKind)block[KindAt],
            new BlockId(block.Slice(IdAt, BlockId.SizeBytes)),
            BinaryPrimitives.ReadInt64LittleEndian(block[PayloadBytesAt..]),
            new KeyBinding(
                new KeyDigest(block.Slice(KeyAt, KeyDigest.SizeBytes)),
                new KeyDigest(block.Slice(ParentAt, KeyDigest.SizeBytes)),
                BinaryPrimitives.ReadInt32LittleEndian(block[DepthAt..]),
                new HybridTimestamp(BinaryPrimitives.ReadUInt64LittleEndian(block[StampAt..]))),
            (DigestAlgorithm)block[AlgorithmAt])
        {
            Origin = LogPosition.FromValue(BinaryPrimitives.ReadUInt64LittleEndian(block[OriginAt..])),
            Place = LogPosition.FromValue(BinaryPrimitives.ReadUInt64LittleEndian(block[PlaceAt..])),
            DurableTo = LogPosition.FromValue(BinaryPrimitives.ReadUInt64LittleEndian(block[DurableToAt..])),
            Generation = BinaryPrimitives.ReadUInt32LittleEndian(block[GenerationAt..]),
        };
        if (!read.IsValid)
            return LogRecordStatus.TornOrCorrupt;
        header = read;
        return LogRecordStatus.Ok;
    }

    private bool IsValid =>
        Binding.Depth >= 0
        && Algorithm is DigestAlgorithm.Blake3 or DigestAlgorithm.Sha256
        && Kind switch
        {
            LogRecordKind.Block => PayloadBytes is > 0 and <= MaxPayloadBytes && !Id.IsZero,
            LogRecordKind.Alias => PayloadBytes == 0 && !Id.IsZero && !Binding.Key.IsZero,
            LogRecordKind.Tombstone => PayloadBytes == 0 && !(Id.IsZero && Binding.Key.IsZero),
            _ => false,
        };

    private static uint ChecksumOf(ReadOnlySpan<byte> block)
    {
        var running = Crc32C.Append(uint.MaxValue, block[..ChecksumAt]);
        running = Crc32C.Append(running, [0, 0, 0, 0]);
        return ~Crc32C.Append(running, block[(ChecksumAt + sizeof(uint))..]);
    }
}

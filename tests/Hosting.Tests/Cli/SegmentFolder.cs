using Cascade.Core.Clocks;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Log;
using Cascade.Core.Placement;

namespace Cascade.Hosting.Tests.Cli;

/// <summary>A folder of aggregated files, written record by record; each record vouches that all before it is flushed.</summary>
internal sealed class SegmentFolder : IDisposable
{
    private readonly Dictionary<(int Rank, uint File), long> _ends = [];

    public SegmentFolder() => Directory.CreateDirectory(Root);

    public string Root { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"cascade-segments-{Guid.NewGuid():N}");

    public int Rank { get; set; }

    public uint File { get; set; } = 1;

    /// <summary>What the next records say of the log before them; null for all of it.</summary>
    public LogPosition? DurableTo { get; set; }

    public string Name => $"agg_rank{Rank:000}_{File:000000}.bin";

    public string Path => System.IO.Path.Combine(Root, Name);

    public static KeyDigest Key(int number) => new(Digest(number, 0x4B));

    public LogRecordHeader Block(int seed, int lengthBytes, int key = 0, LogPosition? origin = null)
    {
        var bytes = new byte[lengthBytes];
        new Random(seed).NextBytes(bytes);
        return Append(LogRecordKind.Block, BlockDigest.Compute(DigestAlgorithm.Blake3, bytes), bytes, key, origin);
    }

    public LogRecordHeader Alias(BlockId block, int key) => Append(LogRecordKind.Alias, block, [], key, null);

    public LogRecordHeader Unbind(int key, LogPosition? origin = null) => Append(LogRecordKind.Tombstone, default, [], key, origin);

    public LogRecordHeader Drop(BlockId block) => Append(LogRecordKind.Tombstone, block, [], 0, null);

    /// <summary>Writes something else behind the last record.</summary>
    public void Garbage(params byte[] bytes)
    {
        using var stream = System.IO.File.OpenWrite(Path);
        stream.Position = stream.Length;
        stream.Write(bytes);
    }

    public void Flip(long offset)
    {
        using var stream = System.IO.File.Open(Path, FileMode.Open);
        stream.Position = offset;
        var value = (byte)stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)~value);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private LogRecordHeader Append(LogRecordKind kind, BlockId id, byte[] payload, int key, LogPosition? origin)
    {
        var offset = _ends.GetValueOrDefault((Rank, File));
        var place = LogPosition.At(File, offset);
        var binding = key == 0 ? default : new KeyBinding(Key(key), default, 0, new HybridTimestamp(place.Value));
        var header = new LogRecordHeader(kind, id, payload.Length, binding, DigestAlgorithm.Blake3)
        {
            Place = place,
            Origin = origin ?? place,
            DurableTo = DurableTo ?? place,
        };
        var record = new byte[header.RecordBytes];
        header.Encode(record);
        payload.CopyTo(record, LogRecordHeader.SizeBytes);
        using var stream = System.IO.File.OpenWrite(Path);
        stream.Position = offset;
        stream.Write(record);
        _ends[(Rank, File)] = offset + record.Length;
        return header;
    }

    private static byte[] Digest(int number, byte kind)
    {
        var digest = new byte[KeyDigest.SizeBytes];
        digest[0] = kind;
        BitConverter.TryWriteBytes(digest.AsSpan(1), number);
        return digest;
    }
}

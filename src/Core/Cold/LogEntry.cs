using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Log;
using Cascade.Core.Placement;

namespace Cascade.Core.Cold;

/// <summary>A record on disk, or on its way there, that still says something which holds: about a block, a key, or both.</summary>
internal sealed class LogEntry
{
    private bool _isTold;

    public LogEntry(in LogRecordHeader header)
    {
        Kind = header.Kind;
        Id = header.Id;
        PayloadBytes = header.PayloadBytes;
        Binding = header.Binding;
        Algorithm = header.Algorithm;
        Origin = header.Origin;
        Place = header.Place;
        Generation = header.Generation;
    }

    public LogRecordKind Kind { get; set; }

    public BlockId Id { get; }

    public long PayloadBytes { get; set; }

    public KeyBinding Binding { get; }

    public DigestAlgorithm Algorithm { get; }

    public LogPosition Origin { get; set; }

    /// <summary>Where the record lies; the default value when its file vanished and only this memory of it is left.</summary>
    public LogPosition Place { get; set; }

    /// <summary>True while this is the latest word about the block <see cref="Id"/>.</summary>
    public bool HoldsBlock { get; set; }

    /// <summary>Keys that name the block <see cref="Id"/>; counted here while <see cref="HoldsBlock"/>.</summary>
    public int Names { get; set; }

    /// <summary>What the copy is told to owners by; it stays the same when the record moves.</summary>
    public uint Generation { get; set; }

    /// <summary>
    /// True while the block can be read and is durable: owners know of this copy, or are answered so when they ask. Any thread may read it,
    /// and then what the copy is described by.
    /// </summary>
    public bool IsTold
    {
        get => Volatile.Read(ref _isTold);
        set => Volatile.Write(ref _isTold, value);
    }

    /// <summary>The neighbours among the blocks of the same shard that are told.</summary>
    public LogEntry? NextTold { get; set; }

    /// <inheritdoc cref="NextTold"/>
    public LogEntry? PreviousTold { get; set; }

    /// <summary>True while this is the latest word about the key of <see cref="Binding"/>.</summary>
    public bool HoldsKey { get; set; }

    /// <summary>The payload is known to be unreadable.</summary>
    public bool IsBad { get; set; }

    /// <summary>Read since it was written or last reinserted.</summary>
    public bool WasRead { get; set; }

    /// <summary>Kept unread for another turn of the log, to see whether it would have been missed.</summary>
    public bool IsKeptToSee { get; set; }

    /// <summary>The write that makes the record durable; null once it is.</summary>
    public LogWrite? Write { get; set; }

    /// <summary>What of the record has to be kept, in bytes, as last told to its file.</summary>
    public long CountedBytes { get; set; }

    /// <summary>What this record overruled about its block and its key: it holds again should this one not become durable.</summary>
    public LogEntry? OverruledBlock { get; set; }

    /// <inheritdoc cref="OverruledBlock"/>
    public LogEntry? OverruledKey { get; set; }

    /// <summary>The record could not be written.</summary>
    public bool IsLost { get; set; }

    /// <summary>Neighbours in the list of keys that have the same parent.</summary>
    public LogEntry? NextSibling { get; set; }

    /// <inheritdoc cref="NextSibling"/>
    public LogEntry? PreviousSibling { get; set; }

    /// <summary>Owners were told that this copy is gone: should it hold again, it is another one to them.</summary>
    public bool WasRenounced { get; set; }

    public bool IsHeld => HoldsBlock || HoldsKey;

    /// <summary>True when the block can be read from here.</summary>
    public bool IsReadable => HoldsBlock && Kind == LogRecordKind.Block && !IsBad;

    /// <summary>True when the key names a block here.</summary>
    public bool IsBinding => HoldsKey && Kind != LogRecordKind.Tombstone;

    public long LiveBytes =>
        IsReadable ? LogRecordHeader.RecordBytesFor(PayloadBytes)
        : HoldsKey || (HoldsBlock && Kind == LogRecordKind.Tombstone) ? LogRecordHeader.SizeBytes
        : 0;

    /// <summary>What a device needs to read the payload.</summary>
    public LogRecordHeader PayloadHeader =>
        new(LogRecordKind.Block, Id, PayloadBytes, default, Algorithm) { Origin = Origin, Place = Place, Generation = Generation };

    /// <summary>The header of the record at a place: only what still holds. A key that was rebound or deleted is not repeated.</summary>
    public LogRecordHeader HeaderAt(LogPosition place)
    {
        var key = HoldsKey ? Binding : default;
        var header = Kind switch
        {
            LogRecordKind.Tombstone => new LogRecordHeader(Kind, Id, 0, Binding, Algorithm),
            LogRecordKind.Block when IsReadable => new LogRecordHeader(Kind, Id, PayloadBytes, key, Algorithm),
            _ => new LogRecordHeader(LogRecordKind.Alias, Id, 0, Binding, Algorithm),
        };
        return header with { Origin = Origin, Place = place, Generation = Generation };
    }
}

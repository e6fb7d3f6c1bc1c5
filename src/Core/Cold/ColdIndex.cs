using System.Collections.Concurrent;
using Cascade.Core.Identity;
using Cascade.Core.Log;

namespace Cascade.Core.Cold;

/// <summary>What the log says: for each block and each key the record whose word holds, and the files they lie in.</summary>
/// <remarks>
/// Of two records about one block or one key the one with the later origin holds, and of two copies of one record the later whose file
/// is there. That does not depend on the order in which they are applied, so recovery may read files in any order.
/// </remarks>
/// <param name="readable">Told of a block that holds again because the record that overruled it was lost.</param>
/// <param name="unreadable">Told of a block that owners know of and that can be read here no more, while its key still holds.</param>
internal sealed partial class ColdIndex(Action<LogEntry> readable, Action<LogEntry> unreadable)
{
    /// <summary>Written by the core's thread alone; any thread may look a block up.</summary>
    private readonly ConcurrentDictionary<BlockId, LogEntry> _blocks = new(concurrencyLevel: 1, capacity: 31);
    private readonly Dictionary<KeyDigest, LogEntry> _keys = [];

    /// <summary>How many keys name a block of which nothing is known here.</summary>
    private readonly Dictionary<BlockId, int> _namesOfUnknown = [];

    /// <summary>Blocks that can be read.</summary>
    public int ReadableBlocks { get; private set; }

    /// <summary>Keys that name a block, stored or not.</summary>
    public int Bindings { get; private set; }

    /// <summary>All records that still hold, by file and in the order in which they came into it.</summary>
    public List<LogEntry> Held()
    {
        var held = new List<LogEntry>(_keys.Count + ReadableBlocks);
        foreach (var file in Files.Values)
        {
            foreach (var entry in file.Records)
            {
                if (entry.IsHeld && entry.Place.File == file.Number)
                    held.Add(entry);
            }
        }

        return held;
    }

    public LogEntry? Block(BlockId id) => _blocks.GetValueOrDefault(id);

    public LogEntry? Key(KeyDigest key) => _keys.GetValueOrDefault(key);

    /// <summary>How many keys name a block, stored or not.</summary>
    public int NamesOf(BlockId id) => Block(id)?.Names ?? _namesOfUnknown.GetValueOrDefault(id);

    /// <summary>The block that a key names, if it can be read.</summary>
    public LogEntry? Resolve(KeyDigest key) =>
        Key(key) is { IsBinding: true } bound && Block(bound.Id) is { IsReadable: true } block ? block : null;

    /// <summary>Takes a record in: it holds for its block and its key unless a later one does.</summary>
    public void Apply(LogEntry entry) =>
        Apply(entry, entry.Kind == LogRecordKind.Block || entry.Binding.Key.IsZero, !entry.Binding.Key.IsZero);

    /// <summary>Takes in what a record says about its block, its key, or both.</summary>
    public void Apply(LogEntry entry, bool aboutBlock, bool aboutKey)
    {
        if (aboutBlock)
        {
            var current = Block(entry.Id);
            if (current is null || Overrules(entry, current))
            {
                if (current is not null)
                    ReleaseBlock(current);
                TakeBlock(entry);
                entry.OverruledBlock = entry.Write is null ? null : current;
            }
        }

        if (aboutKey)
        {
            var current = Key(entry.Binding.Key);
            if (current is null || Overrules(entry, current))
            {
                if (current is not null)
                    ReleaseKey(current);
                TakeKey(entry);
                entry.OverruledKey = entry.Write is null ? null : current;
            }
        }

        if (!entry.IsHeld || !Files.TryGetValue(entry.Place.File, out var file))
            return;
        file.Records.Add(entry);
        Recount(entry);
    }

    /// <summary>Takes a record's word out of the index altogether.</summary>
    public void Forget(LogEntry entry)
    {
        ReleaseBlock(entry);
        ReleaseKey(entry);
    }

    /// <summary>A record could not be written: what it overruled holds again, if it is still there.</summary>
    public void Undo(LogEntry entry)
    {
        entry.IsLost = true;
        if (entry.HoldsBlock)
        {
            ReleaseBlock(entry);
            if (LastGood(entry.OverruledBlock, e => e.OverruledBlock) is { } block)
            {
                TakeBlock(block);
                Recount(block);
                readable(block);
            }
        }

        if (entry.HoldsKey)
        {
            ReleaseKey(entry);
            if (LastGood(entry.OverruledKey, e => e.OverruledKey) is { } key)
            {
                TakeKey(key);
                Recount(key);
            }
        }
    }

    private LogEntry? LastGood(LogEntry? entry, Func<LogEntry, LogEntry?> overruled)
    {
        while (entry is { IsLost: true })
            entry = overruled(entry);
        return entry is not null && Files.ContainsKey(entry.Place.File) ? entry : null;
    }

    /// <summary>Lets the block go; the key stays bound.</summary>
    public void ReleaseBlock(LogEntry entry)
    {
        if (!entry.HoldsBlock)
            return;
        if (entry.IsTold)
            unreadable(entry);
        ReadableBlocks -= entry.IsReadable ? 1 : 0;
        entry.HoldsBlock = false;
        _blocks.TryRemove(entry.Id, out _);
        if (entry.Names > 0)
            _namesOfUnknown.Add(entry.Id, entry.Names);
        entry.Names = 0;
        Recount(entry);
    }

    public void ReleaseKey(LogEntry entry)
    {
        if (!entry.HoldsKey)
            return;
        if (entry.IsBinding)
            CountName(entry.Id, -1);
        entry.HoldsKey = false;
        _keys.Remove(entry.Binding.Key);
        Unlink(entry);
        Recount(entry);
    }

    /// <summary>The payload cannot be read: the block is a miss from now on.</summary>
    public void MarkBad(LogEntry entry)
    {
        ReadableBlocks -= entry.IsReadable ? 1 : 0;
        entry.IsBad = true;
        if (entry.IsTold)
            unreadable(entry);
        Recount(entry);
    }

    /// <summary>The record lies elsewhere from now on.</summary>
    public void Move(LogEntry entry, LogPosition place)
    {
        Uncount(entry);
        entry.Place = place;
        if (Files.TryGetValue(place.File, out var file))
            file.Records.Add(entry);
        Recount(entry);
    }

    /// <summary>What held only as an alias, since its block is elsewhere, becomes one when it is written anew.</summary>
    public void Become(LogEntry entry, LogRecordKind kind)
    {
        if (entry.Kind == kind)
            return;
        if (kind == LogRecordKind.Tombstone)
        {
            if (entry.IsBinding)
                CountName(entry.Id, -1);
            Unlink(entry);
        }

        entry.Kind = kind;
        entry.PayloadBytes = 0;
        Recount(entry);
    }

    private bool Overrules(LogEntry entry, LogEntry current) =>
        entry.Origin != current.Origin ? entry.Origin > current.Origin
        : !Files.ContainsKey(current.Place.File) || (entry.Place > current.Place && Files.ContainsKey(entry.Place.File));

    private void TakeBlock(LogEntry entry)
    {
        _blocks[entry.Id] = entry;
        entry.HoldsBlock = true;
        _namesOfUnknown.Remove(entry.Id, out var names);
        entry.Names = names;
        ReadableBlocks += entry.IsReadable ? 1 : 0;
    }

    private void TakeKey(LogEntry entry)
    {
        _keys[entry.Binding.Key] = entry;
        entry.HoldsKey = true;
        if (!entry.IsBinding)
            return;
        CountName(entry.Id, 1);
        Link(entry);
    }

    private void CountName(BlockId id, int change)
    {
        Bindings += change;
        if (Block(id) is { } block)
            block.Names += change;
        else if (_namesOfUnknown.GetValueOrDefault(id) + change is > 0 and var names)
            _namesOfUnknown[id] = names;
        else
            _namesOfUnknown.Remove(id);
    }
}

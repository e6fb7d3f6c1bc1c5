using Cascade.Core.Identity;
using Cascade.Core.Log;

namespace Cascade.Core.Cold;

/// <summary>What the log says: for each block and each key the record whose word holds, and the files they lie in.</summary>
/// <remarks>
/// Of two records about one block or one key the one with the later origin holds, and of two copies of one record the later whose file
/// is there. That does not depend on the order in which they are applied, so recovery may read files in any order.
/// </remarks>
internal sealed class ColdIndex
{
    private readonly Dictionary<BlockId, LogEntry> _blocks = [];
    private readonly Dictionary<KeyDigest, LogEntry> _keys = [];
    private readonly Dictionary<KeyDigest, LogEntry> _firstChild = [];

    /// <summary>All files that exist or may exist, by number.</summary>
    public SortedList<uint, LogFile> Files { get; } = [];

    /// <summary>Blocks that can be read.</summary>
    public int ReadableBlocks { get; private set; }

    /// <summary>Keys that name a block, stored or not.</summary>
    public int Bindings { get; private set; }

    public IEnumerable<LogEntry> Held => Files.Values.SelectMany(file => file.Records.Where(e => e.IsHeld && e.Place.File == file.Number));

    public LogEntry? Block(BlockId id) => _blocks.GetValueOrDefault(id);

    public LogEntry? Key(KeyDigest key) => _keys.GetValueOrDefault(key);

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
        ReadableBlocks -= entry.IsReadable ? 1 : 0;
        entry.HoldsBlock = false;
        _blocks.Remove(entry.Id);
        Recount(entry);
    }

    public void ReleaseKey(LogEntry entry)
    {
        if (!entry.HoldsKey)
            return;
        Bindings -= entry.IsBinding ? 1 : 0;
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
        Recount(entry);
    }

    /// <summary>The record lies elsewhere from now on.</summary>
    public void Move(LogEntry entry, LogPosition place)
    {
        if (Files.TryGetValue(entry.Place.File, out var old))
            old.LiveBytes -= entry.CountedBytes;
        entry.CountedBytes = 0;
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
        if (entry.HoldsKey)
            Bindings += (kind == LogRecordKind.Tombstone ? 0 : 1) - (entry.IsBinding ? 1 : 0);
        if (kind == LogRecordKind.Tombstone)
            Unlink(entry);
        entry.Kind = kind;
        entry.PayloadBytes = 0;
        Recount(entry);
    }

    /// <summary>Blocks along the prefix behind a key, nearest first, all of them readable.</summary>
    public List<ReadAheadBlock> Descendants(KeyDigest key, int blocksMax, long bytesMax)
    {
        var found = new List<ReadAheadBlock>();
        var frontier = new Queue<KeyDigest>();
        frontier.Enqueue(key);

        // Branches that name nothing readable are bounded too.
        for (var visits = 4L * blocksMax; frontier.TryDequeue(out var parent);)
        {
            for (var child = _firstChild.GetValueOrDefault(parent); child is not null; child = child.NextSibling)
            {
                if (found.Count >= blocksMax || visits-- <= 0)
                    return found;
                if (Block(child.Id) is not { IsReadable: true } block)
                    continue;
                if ((bytesMax -= block.PayloadBytes) < 0)
                    return found;
                found.Add(new ReadAheadBlock(child.Binding.Key, block.Id, block.PayloadBytes));
                frontier.Enqueue(child.Binding.Key);
            }
        }

        return found;
    }

    private bool Overrules(LogEntry entry, LogEntry current) =>
        entry.Origin != current.Origin ? entry.Origin > current.Origin
        : !Files.ContainsKey(current.Place.File) || (entry.Place > current.Place && Files.ContainsKey(entry.Place.File));

    private void TakeBlock(LogEntry entry)
    {
        _blocks[entry.Id] = entry;
        entry.HoldsBlock = true;
        ReadableBlocks += entry.IsReadable ? 1 : 0;
    }

    private void TakeKey(LogEntry entry)
    {
        _keys[entry.Binding.Key] = entry;
        entry.HoldsKey = true;
        if (!entry.IsBinding)
            return;
        Bindings++;
        var parent = entry.Binding.Parent;
        if (parent.IsZero)
            return;
        if (_firstChild.TryGetValue(parent, out var first))
        {
            entry.NextSibling = first;
            first.PreviousSibling = entry;
        }

        _firstChild[parent] = entry;
    }

    private void Unlink(LogEntry entry)
    {
        if (entry.NextSibling is { } next)
            next.PreviousSibling = entry.PreviousSibling;
        if (entry.PreviousSibling is { } previous)
            previous.NextSibling = entry.NextSibling;
        else if (_firstChild.TryGetValue(entry.Binding.Parent, out var first) && first == entry)
        {
            if (entry.NextSibling is { } heir)
                _firstChild[entry.Binding.Parent] = heir;
            else
                _firstChild.Remove(entry.Binding.Parent);
        }

        entry.NextSibling = entry.PreviousSibling = null;
    }

    private void Recount(LogEntry entry)
    {
        if (!Files.TryGetValue(entry.Place.File, out var file))
            return;
        file.LiveBytes += entry.LiveBytes - entry.CountedBytes;
        entry.CountedBytes = entry.LiveBytes;
    }
}

using Cascade.Core.Identity;

namespace Cascade.Core.Cold;

/// <content>Which key comes next in a prefix.</content>
internal sealed partial class ColdIndex
{
    /// <summary>Children of one key that are looked at: more than a few are a fork anyway, or name nothing that is left.</summary>
    private const int SiblingsMax = 64;

    private readonly Dictionary<KeyDigest, LogEntry> _firstChild = [];

    /// <summary>
    /// Blocks along the prefix behind a key, nearest first, as long as just one readable block comes next: which way a reader goes at
    /// a fork is anyone's guess.
    /// </summary>
    public List<ReadAheadBlock> Descendants(KeyDigest key, int blocksMax, long bytesMax)
    {
        var found = new List<ReadAheadBlock>();
        while (found.Count < blocksMax && OnlyChild(key) is var (child, block) && (bytesMax -= block.PayloadBytes) >= 0)
        {
            key = child.Binding.Key;
            found.Add(new ReadAheadBlock(key, block.Id, block.PayloadBytes));
        }

        return found;
    }

    private (LogEntry Child, LogEntry Block)? OnlyChild(KeyDigest parent)
    {
        (LogEntry, LogEntry)? only = null;
        var visits = 0;
        for (var child = _firstChild.GetValueOrDefault(parent); child is not null; child = child.NextSibling)
        {
            if (++visits > SiblingsMax)
                return null;
            if (Block(child.Id) is not { IsReadable: true } block)
                continue;
            if (only is not null)
                return null;
            only = (child, block);
        }

        return only;
    }

    private void Link(LogEntry entry)
    {
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
}

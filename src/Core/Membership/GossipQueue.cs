namespace Cascade.Core.Membership;

/// <summary>
/// News to pass on: one piece a node, those first that were passed on least often. A newer piece about a node takes the place of the older.
/// </summary>
internal sealed class GossipQueue
{
    private readonly List<Queue<(MemberEntry Entry, long Ticket)>> _levels = [];
    private readonly List<(MemberEntry Entry, int Level)> _taken = [];
    private long _tickets;

    /// <summary>Nodes there is news of.</summary>
    public int Count { get; private set; }

    /// <summary>Takes a node's record as news, to be passed on from now.</summary>
    public void Add(MemberEntry entry)
    {
        if (entry.GossipTicket == 0)
            Count++;
        Enqueue(entry, 0);
    }

    /// <summary>Drops the news of a node.</summary>
    public void Remove(MemberEntry entry)
    {
        if (entry.GossipTicket != 0)
            Count--;
        entry.GossipTicket = 0;
    }

    /// <summary>Adds the next records that fit into so many bytes. Each is passed on <paramref name="times"/> times and then dropped.</summary>
    public void Take(int bytes, int times, List<Member> records)
    {
        for (var level = 0; level < _levels.Count && Count > _taken.Count; level++)
        {
            if (!TakeLevel(level, ref bytes, records))
                break;
        }

        foreach (var (entry, level) in _taken)
        {
            if (level + 1 < times)
                Enqueue(entry, level + 1);
            else
                Remove(entry);
        }
        _taken.Clear();
    }

    /// <summary>False when the next one does not fit.</summary>
    private bool TakeLevel(int level, ref int bytes, List<Member> records)
    {
        var queue = _levels[level];
        while (queue.TryPeek(out var next))
        {
            if (next.Entry.GossipTicket == next.Ticket)
            {
                var member = next.Entry.Member;
                if (member.SizeBytes > bytes)
                    return false;
                bytes -= member.SizeBytes;
                records.Add(member);
                _taken.Add((next.Entry, level));
            }
            queue.Dequeue();
        }
        return true;
    }

    private void Enqueue(MemberEntry entry, int level)
    {
        while (_levels.Count <= level)
            _levels.Add(new Queue<(MemberEntry Entry, long Ticket)>());
        entry.GossipTicket = ++_tickets;
        _levels[level].Enqueue((entry, entry.GossipTicket));
    }
}

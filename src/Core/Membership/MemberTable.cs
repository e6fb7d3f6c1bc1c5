using Cascade.Core.Identity;
using Cascade.Core.Sharding;

namespace Cascade.Core.Membership;

/// <summary>All nodes that a core knows, live or remembered, in the order of their numbers; the live ones but itself also in no order, to draw from.</summary>
internal sealed class MemberTable(NodeId self)
{
    private readonly List<MemberEntry> _all = [];
    private readonly List<uint> _numbers = [];
    private readonly List<MemberEntry> _peers = [];
    private MembershipView? _view;
    private long _version;

    /// <summary>Live members but the node itself, in no order.</summary>
    public IReadOnlyList<MemberEntry> Peers => _peers;

    /// <summary>All that are known, in the order of their numbers.</summary>
    public IReadOnlyList<MemberEntry> All => _all;

    /// <summary>Sum over the live members of what is known of them.</summary>
    public ulong Digest { get; private set; }

    /// <summary>Nodes that are remembered and not live.</summary>
    public int Gone { get; private set; }

    public MembershipView View => _view ??= new MembershipView(
        _version, self, [.. _all.Where(static entry => entry.Member.IsLive).Select(static entry => entry.Member)], Digest);

    public MemberEntry? Find(NodeId node)
    {
        var at = IndexOf(node.Value);
        return at < _all.Count && _all[at].Member.Node == node ? _all[at] : null;
    }

    /// <summary>Index of the first entry whose number is not less.</summary>
    public int IndexOf(uint node)
    {
        var at = _numbers.BinarySearch(node);
        return at < 0 ? ~at : at;
    }

    public MemberEntry Add(TimeSpan now, Member member)
    {
        var entry = new MemberEntry(member);
        var at = IndexOf(member.Node.Value);
        _all.Insert(at, entry);
        _numbers.Insert(at, member.Node.Value);
        Set(now, entry, member);
        return entry;
    }

    public void Set(TimeSpan now, MemberEntry entry, Member member)
    {
        var wasGone = entry.IsGone;
        entry.Member = member;
        Digest -= entry.DigestPart;
        entry.DigestPart = member.IsLive ? DigestOf(member) : 0;
        Digest += entry.DigestPart;
        KeepPeers(entry);
        entry.IsGone = !member.IsLive;
        if (entry.IsGone != wasGone)
        {
            entry.GoneAt = now;
            Gone += entry.IsGone ? 1 : -1;
        }
        _version++;
        _view = null;
    }

    /// <summary>Forgets those that went until a time.</summary>
    public void ForgetGone(TimeSpan until)
    {
        for (var i = _all.Count - 1; i >= 0; i--)
        {
            if (_all[i].IsGone && _all[i].GoneAt <= until)
                RemoveAt(i);
        }
    }

    /// <summary>Forgets the one that went first.</summary>
    public void ForgetOldest()
    {
        if (_all.Where(static entry => entry.IsGone).MinBy(static entry => entry.GoneAt) is { } oldest)
            RemoveAt(_all.IndexOf(oldest));
    }

    private void RemoveAt(int at)
    {
        _all.RemoveAt(at);
        _numbers.RemoveAt(at);
        Gone--;
    }

    private void KeepPeers(MemberEntry entry)
    {
        var isPeer = entry.Member.IsLive && entry.Member.Node != self;
        if (isPeer == entry.LiveIndex >= 0)
            return;
        if (isPeer)
        {
            entry.LiveIndex = _peers.Count;
            _peers.Add(entry);
            return;
        }
        var last = _peers[^1];
        _peers[entry.LiveIndex] = last;
        last.LiveIndex = entry.LiveIndex;
        _peers.RemoveAt(_peers.Count - 1);
        entry.LiveIndex = -1;
    }

    private static ulong DigestOf(Member member)
    {
        var hash = Mixing.Mix(member.Node.Value ^ Mixing.Hash(member.Address.Text));
        hash = Mixing.Mix(hash ^ member.Start.Value);
        hash = Mixing.Mix(hash ^ ((ulong)member.Incarnation << 8) ^ (ulong)member.State);
        return hash | 1;
    }
}

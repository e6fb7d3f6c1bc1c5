using System.Numerics;

namespace Cascade.Core.Membership;

public sealed partial class MembershipCore
{
    private TimeSpan _gossipDue;

    private TimeSpan GossipDue => _gossip.Count > 0 && _table.Peers.Count > 0 ? _gossipDue : TimeSpan.MaxValue;

    private int Retransmits => _settings.RetransmitFactor * (BitOperations.Log2((uint)_table.Peers.Count + 1) + 1);

    private void TickGossip()
    {
        if (GossipDue > _now)
            return;
        _gossipDue = _now + _settings.GossipPeriod;
        var first = _random.Below(_table.Peers.Count);
        for (var i = 0; i < Math.Min(_settings.GossipFanout, _table.Peers.Count); i++)
        {
            // Neighbours in a list without order: as good as drawn one by one, and never the same twice.
            var peer = _table.Peers[(first + i) % _table.Peers.Count].Member;
            var news = News(peer);
            if (news.Count > 0)
                _outbox.Send(peer.Address, new Gossip(Life, peer.Life, news));
        }
    }

    /// <summary>What to tell a member along with a message: an accusation of itself first, so that it can refute it.</summary>
    private List<Member> News(Member receiver)
    {
        var bytes = _settings.GossipBytesMax;
        var news = new List<Member>();
        if (receiver.State is MemberState.Suspect or MemberState.Removed)
        {
            news.Add(receiver);
            bytes -= receiver.SizeBytes;
        }
        _gossip.Take(bytes, Retransmits, news);
        return news;
    }

    private List<Member> News(NodeLife receiver) =>
        _table.Find(receiver.Node) is { } entry && entry.Member.Life == receiver ? News(entry.Member) : TakeNews();

    private List<Member> TakeNews()
    {
        var news = new List<Member>();
        _gossip.Take(_settings.GossipBytesMax, Retransmits, news);
        return news;
    }

    /// <summary>Takes what is known of a node as news to pass on.</summary>
    private void Tell(MemberEntry entry)
    {
        // With nobody to tell, the first comparison tells all.
        if (_table.Peers.Count > 0)
            _gossip.Add(entry);
    }

    private void Hear(IReadOnlyList<Member> records)
    {
        foreach (var told in records)
        {
            if (!IsOver && told.IsValid())
                Learn(told, isSync: false);
        }
    }
}

using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Indices;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;

namespace Cascade.Core.Tests.Indices;

/// <summary>All lanes of some nodes, with messages that arrive at once.</summary>
internal sealed class KeyIndexCluster
{
    private readonly Dictionary<KeyLaneAddress, KeyIndexLaneCore> _lanes = [];
    private readonly Queue<(KeyLaneAddress From, Effect Effect)> _messages = new();
    private readonly ShardMap _map;
    private readonly Outbox _outbox = new();

    public KeyIndexCluster(uint nodes)
    {
        List<Member> members = [];
        for (var node = 1U; node <= nodes; node++)
            members.Add(Member.Starting(new NodeId(node), new NodeAddress($"n{node}:1"), new HybridTimestamp(1), MemberMetadata.None) with { State = MemberState.Up, Share = 8 });
        _map = ShardMap.Of(KeyLaneWorld.View(members[0].Node, members));
        foreach (var member in members)
        {
            for (var lane = 0; lane < KeyLanes.Count; lane++)
                _lanes[new KeyLaneAddress(member.Node, lane)] = new KeyIndexLaneCore(lane, member.Node, new KeyIndexSettings(), 1);
        }
        foreach (var (address, lane) in _lanes)
        {
            lane.OnClusterState(default, new ClusterState(KeyLaneWorld.View(address.Node, members), _map), _outbox);
            Deliver(address);
        }
        for (var now = TimeSpan.FromSeconds(1); now < TimeSpan.FromSeconds(20); now += TimeSpan.FromSeconds(1))
        {
            foreach (var (address, lane) in _lanes)
            {
                lane.Tick(now, _outbox);
                Deliver(address);
            }
        }
    }

    public int Keys => _lanes.Values.Sum(static lane => lane.Report.Keys);

    public void Bind(Bind bind)
    {
        var shard = KeyLanes.ShardOf(bind.Key);
        var address = new KeyLaneAddress(_map.OwnerOf(shard)!.Value, KeyLanes.LaneOf(shard));
        _lanes[address].Handle(default, this, bind, _outbox);
        Deliver(address);
    }

    private void Deliver(KeyLaneAddress from)
    {
        Collect(from);
        while (_messages.TryDequeue(out var next))
        {
            if (next.Effect.To is KeyLaneAddress to)
            {
                _lanes[to].Handle(default, next.Effect.Sender ?? next.From, (IKeyLaneMessage)next.Effect.Message, _outbox);
                Collect(to);
            }
            else if (next.Effect is { To: TierAddress tier, Message: AnnounceKeys request })
            {
                _lanes[next.From].Handle(default, tier, new KeysAnnounced(tier, request.Round, AwaitCold: false), _outbox);
                Collect(next.From);
            }
        }
    }

    private void Collect(KeyLaneAddress from)
    {
        foreach (var effect in _outbox.Effects)
            _messages.Enqueue((from, effect));
        _outbox.Clear();
    }
}

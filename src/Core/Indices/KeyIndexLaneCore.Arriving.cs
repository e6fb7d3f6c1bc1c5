using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;

namespace Cascade.Core.Indices;

/// <content>
/// Nodes that come with copies: of another part of a divided cluster, or taken for dead by mistake. A node that starts binds the keys of its copies by itself;
/// these do not start, and the index may have lost or forgotten their keys meanwhile, so each is asked to bind them anew.
/// </content>
public sealed partial class KeyIndexLaneCore
{
    private readonly List<KeyAnnouncer> _arrivals = [];

    private void MeetArrivals(ClusterState? before, ClusterState after)
    {
        foreach (var shard in In(ulong.MaxValue))
            shard.Unheard.RemoveAll(life => !IsLive(life));
        _arrivals.RemoveAll(arrival => !IsLive(arrival.Life));

        // Who joins a cluster meets all of it, and is given what it is to be in charge of by those who were.
        if (before?.Members.Find(_node) is not { State: not MemberState.Joining })
            return;
        bool IsArrival(Member member) => member.Node != _node && MayHold(member) && before.Members.Find(member.Node)?.Life != member.Life;
        if (!after.Members.Members.Any(IsArrival))
            return;
        foreach (var member in after.Members.Members)
        {
            // Who is new besides may have joined the other part, and bound its keys there.
            var isNew = member.State == MemberState.Joining || member.Share < Member.FullShare;
            if (member.Node == _node || member.Metadata.IsClient || !(isNew || IsArrival(member)))
                continue;
            foreach (var shard in In(ulong.MaxValue))
                NoteUnheard(shard, member.Life);
        }
    }

    private void NoteUnheard(KeyShard shard, NodeLife life)
    {
        if (!IsLive(life) || shard.Unheard.Contains(life))
            return;
        if (shard.IsServingAll)
            Disagree(shard);
        if (shard.Unheard.Count < KeyPage.UnheardMax)
        {
            shard.Unheard.Add(life);
            return;
        }
        // So many that all are asked.
        shard.Unheard.Clear();
        (shard.IsWhole, shard.IsInStep) = (false, false);
        if (shard.IsServingAll)
            shard.Stage = KeyStage.Partial;
    }

    private void AskArrivals(TimeSpan now, Outbox outbox)
    {
        foreach (var shard in In(ulong.MaxValue))
        {
            if (shard.Role != KeyRole.Primary)
                continue;
            foreach (var life in shard.Unheard)
                AddArrival(life, shard.Bit);
        }
        var asked = _arrivals.Count(static arrival => arrival.IsAsked);
        foreach (var arrival in _arrivals)
        {
            if (now < arrival.AskAgainAt || (!arrival.IsAsked && asked >= AskedMax))
                continue;
            asked += arrival.IsAsked ? 0 : 1;
            (arrival.IsAsked, arrival.AskAgainAt) = (true, now + AnnouncePatience);
            outbox.Send(new TierAddress(arrival.Life.Node, TierKind.Shm), new AnnounceKeys(_lane, arrival.Shards, arrival.Round));
        }
    }

    /// <summary>A shard that comes to lack keys of a node that is being asked already waits until it has answered.</summary>
    private void AddArrival(NodeLife life, ulong shard)
    {
        var arrival = _arrivals.Find(arrival => arrival.Life == life);
        if (arrival is null)
            _arrivals.Add(arrival = new KeyAnnouncer(life) { Round = ++_numbers });
        if (!arrival.IsAsked)
            arrival.Shards |= shard;
    }

    private void OnArrivalAnnounced(KeysAnnounced message)
    {
        if (_arrivals.Find(arrival => arrival.Round == message.Round && arrival.Life.Node == message.From.Node) is not { } arrival)
            return;
        arrival.Take(message);
        if (!arrival.IsDone)
            return;
        _arrivals.Remove(arrival);
        foreach (var shard in In(arrival.Shards))
        {
            if (shard.Role == KeyRole.Primary)
                shard.Unheard.Remove(arrival.Life);
        }
    }
}

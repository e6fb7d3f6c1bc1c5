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
        _arrivals.RemoveAll(arrival => !IsLive(arrival.Life));

        // Who joins a cluster meets all of it, and is given what it is to be in charge of by those who were.
        if (before?.Members.Find(_node) is not { State: MemberState.Up })
            return;
        foreach (var member in after.Members.Members)
        {
            var isNew = member.Node != _node && MayHold(member) && before.Members.Find(member.Node)?.Life != member.Life;
            if (isNew && !_arrivals.Exists(arrival => arrival.Life == member.Life))
                _arrivals.Add(new KeyAnnouncer(member.Life));
        }
    }

    private void AskArrivals(TimeSpan now, Outbox outbox)
    {
        if (_arrivals.Count == 0)
            return;
        var served = 0UL;
        foreach (var shard in In(ulong.MaxValue))
            served |= shard.Role == KeyRole.Primary ? shard.Bit : 0;
        if (served == 0)
        {
            _arrivals.Clear();
            return;
        }

        var asked = _arrivals.Count(static arrival => arrival.IsAsked);
        foreach (var arrival in _arrivals)
        {
            if (now < arrival.AskAgainAt || (!arrival.IsAsked && asked >= AskedMax))
                continue;
            asked += arrival.IsAsked ? 0 : 1;
            if (!arrival.IsAsked)
                arrival.Round = ++_numbers;
            (arrival.IsAsked, arrival.AskAgainAt) = (true, now + AnnouncePatience);
            outbox.Send(new TierAddress(arrival.Life.Node, TierKind.Shm), new AnnounceKeys(_lane, served, arrival.Round));
        }
    }

    private void OnArrivalAnnounced(KeysAnnounced message)
    {
        if (_arrivals.Find(arrival => arrival.Round == message.Round && arrival.Life.Node == message.From.Node) is not { } arrival)
            return;
        arrival.Take(message);
        if (arrival.IsDone)
            _arrivals.Remove(arrival);
    }
}

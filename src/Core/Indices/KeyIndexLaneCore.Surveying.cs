using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;

namespace Cascade.Core.Indices;

/// <content>A new primary asks all others what they hold.</content>
public sealed partial class KeyIndexLaneCore
{
    /// <summary>Nodes that are asked at a time.</summary>
    private const int AskedMax = 8;

    private static readonly TimeSpan AnswerPatience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan NotYetPause = TimeSpan.FromMilliseconds(100);

    private readonly List<KeyPeer> _peers = [];
    private long _surveyRound;

    /// <summary>With each change of the members or the map those shards that are still being asked for are asked for anew.</summary>
    private void MeetPeers(ClusterState state)
    {
        List<NodeLife> lives = [.. state.Members.Members.Where(member => MayHold(member) && member.Node != _node).Select(static member => member.Life)];
        _peers.RemoveAll(peer => !lives.Contains(peer.Life));
        foreach (var life in lives)
        {
            if (!_peers.Exists(peer => peer.Life == life))
                _peers.Add(new KeyPeer(life));
        }
        var wanted = 0UL;
        foreach (var shard in In(ulong.MaxValue))
            wanted |= shard.Role == KeyRole.Primary && !shard.IsSurveyed ? shard.Bit : 0;
        _surveyRound = ++_numbers;
        foreach (var peer in _peers)
            (peer.Pending, peer.IsAsked, peer.AskAgainAt) = (wanted, false, TimeSpan.Zero);
    }

    private static bool MayHold(Member member) => !member.Metadata.IsClient && member.State != MemberState.Joining;

    private void AskPeers(TimeSpan now, Outbox outbox)
    {
        if (_self is not { } self)
            return;
        var asked = _peers.Count(peer => peer.IsAsked && now < peer.AskAgainAt);
        foreach (var peer in _peers)
        {
            if (asked >= AskedMax)
                return;
            if (peer.Pending == 0 || now < peer.AskAgainAt)
                continue;
            (peer.IsAsked, peer.Asked, peer.AskAgainAt) = (true, peer.Pending, now + AnswerPatience);
            outbox.Send(To(peer.Life), new WhoHoldsKeys(self, _surveyRound, peer.Pending));
            asked++;
        }
    }

    private void OnWhoHolds(WhoHoldsKeys message, Outbox outbox)
    {
        if (_self is not { } self)
            return;
        ulong held = 0, notYet = 0;
        foreach (var shard in In(message.Shards))
        {
            if (shard.Primary == message.From || shard.Role == KeyRole.None)
                held |= shard.Bit;
            else
                notYet |= shard.Bit;
        }
        outbox.Send(To(message.From), new KeysHeld(self, message.Round, held, notYet));
    }

    private void OnHeld(TimeSpan now, KeysHeld message)
    {
        if (message.Round != _surveyRound || _peers.Find(peer => peer.Life == message.From) is not { } peer)
            return;
        peer.Pending = (peer.Pending & ~peer.Asked) | (message.NotYet & peer.Asked);
        (peer.IsAsked, peer.AskAgainAt) = (false, now + NotYetPause);
        foreach (var shard in In(message.Held & peer.Asked))
        {
            if (shard.Role == KeyRole.Primary && !shard.IsSurveyed)
                AddSource(shard, message.From);
        }
    }

    private void EndSurveys(TimeSpan now, Outbox outbox)
    {
        var pending = 0UL;
        foreach (var peer in _peers)
            pending |= peer.Pending;
        foreach (var shard in In(~pending))
        {
            if (shard.Role != KeyRole.Primary || shard.IsSurveyed || shard.Sources.Count > 0)
                continue;
            shard.IsSurveyed = true;
            if (shard.IsWhole)
            {
                BecomeWhole(now, shard, outbox);
                continue;
            }
            shard.Stage = KeyStage.Partial;
            Release(now, shard, outbox);
        }
    }

    private static void AddSource(KeyShard shard, NodeLife source)
    {
        if (!shard.Sources.Contains(source))
            shard.Sources.Add(source);
    }
}

using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;

namespace Cascade.Core.Indices;

/// <content>What the node is to each shard, as the cluster changes.</content>
public sealed partial class KeyIndexLaneCore
{
    /// <summary>Takes note of who is in the cluster.</summary>
    public void OnClusterState(TimeSpan now, ClusterState state, Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(outbox);
        var before = _state;
        _state = state;
        _self = state.Members.Find(_node)?.Life;
        _lives = DigestOf(state.Members);
        for (var slot = 0; slot < _shards.Length; slot++)
        {
            var number = KeyLanes.ShardAt(_lane, slot);
            TakeRole(now, number, LifeOf(state.Shards.OwnerOf(number)), LifeOf(state.Shards.BackupOf(number)), outbox);
        }
        MeetArrivals(before, state);
        MeetPeers(state);
        DropFetches();
        foreach (var (sender, message) in _early)
            Handle(now, sender, message, outbox);
        _early.Clear();
        Advance(now, outbox);
    }

    private void TakeRole(TimeSpan now, int number, NodeLife? primary, NodeLife? backup, Outbox outbox)
    {
        var role = primary is not null && primary == _self ? KeyRole.Primary : backup is not null && backup == _self ? KeyRole.Backup : KeyRole.None;
        var shard = _shards[KeyLanes.SlotOf(number)];
        if (shard is null && role == KeyRole.None)
            return;
        shard ??= _shards[KeyLanes.SlotOf(number)] = new KeyShard(number, ++_numbers, _settings);
        var (formerRole, formerPrimary, formerBackup) = (shard.Role, shard.Primary, shard.Backup);
        (shard.Role, shard.Primary, shard.Backup) = (role, primary, backup);

        // What a primary took in that is gone is not here, unless this was in step with it: what was whole before it says nothing any more.
        var isInStep = formerRole == KeyRole.Backup && shard.IsInStep;
        if (formerRole != KeyRole.Primary && !isInStep && formerPrimary is not null && !IsLive(formerPrimary))
            shard.IsWhole = false;

        // A primary that lives on takes in more with another backup.
        if (formerRole == KeyRole.Backup && (role == KeyRole.None || formerPrimary != primary) && IsLive(formerPrimary))
            shard.PassedTo = formerPrimary;
        switch (role)
        {
            case KeyRole.Primary when formerRole != KeyRole.Primary:
                BecomePrimary(now, shard, isInStep && !IsLive(formerPrimary));
                break;
            case KeyRole.Primary when formerBackup != backup:
                Disagree(shard);
                break;
            case KeyRole.Backup when formerRole != KeyRole.Backup || formerPrimary != primary:
                (shard.IsInStep, shard.WasFetched, shard.AgreeRound) = (false, false, 0);
                shard.IsWhole &= formerRole != KeyRole.None;
                break;
            case KeyRole.None when formerRole != KeyRole.None:
                shard.Since = now;
                // In step after it was fetched, it may hold more than the primary gave it.
                shard.SpareFor = formerRole == KeyRole.Backup && shard is { IsInStep: true, WasFetched: false } && formerPrimary == primary ? primary : null;
                break;
        }
        if (role == KeyRole.Primary)
            return;
        shard.Sources.Clear();
        shard.IsAgreed = false;
        Release(now, shard, outbox);
        if (role == KeyRole.None && !shard.IsWhole && shard.Keys.Keys + shard.Keys.Tombstones == 0)
            _shards[shard.Slot] = null;
    }

    private void BecomePrimary(TimeSpan now, KeyShard shard, bool hasAll)
    {
        // What it held whole in an earlier time says nothing of what others, which may be gone by now, took in since.
        shard.IsWhole = hasAll;
        shard.PassedTo = null;
        shard.Stage = hasAll ? KeyStage.Whole : KeyStage.Loading;
        shard.IsSurveyed = hasAll;
        shard.HoldUntil = now + HoldFor;
        shard.Sources.Clear();
        Disagree(shard);
    }

    /// <summary>The backup has to say again that it holds what the primary does.</summary>
    private void Disagree(KeyShard shard)
    {
        shard.IsAgreed = false;
        shard.AgreeRound = ++_numbers;
        shard.DigestAgainAt = TimeSpan.Zero;
    }

    /// <summary>The same at nodes that see the same lives of nodes that may hold something.</summary>
    private static ulong DigestOf(MembershipView members)
    {
        var digest = 0UL;
        foreach (var member in members.Members)
            digest ^= MayHold(member) ? Mixing.Mix(member.Life.Node.Value + Mixing.Mix(member.Life.Start.Value)) : 0;
        return digest;
    }

    private bool IsLive(NodeLife? life) => life is { } known && LifeOf(known.Node) == known;

    private NodeLife? LifeOf(NodeId? node) => node is { } known ? _state?.Members.Find(known)?.Life : null;

    private void BecomeWhole(TimeSpan now, KeyShard shard, Outbox outbox)
    {
        shard.Stage = KeyStage.Whole;
        shard.IsWhole = true;
        Disagree(shard);
        Release(now, shard, outbox);
    }

    /// <summary>After a while what is known has to do: who asks for more is sent away.</summary>
    private void EndHolding(TimeSpan now, Outbox outbox)
    {
        foreach (var shard in In(ulong.MaxValue))
        {
            if (shard.Role != KeyRole.Primary || shard.Stage == KeyStage.Whole || now < shard.HoldUntil)
                continue;
            if (shard.Stage == KeyStage.Loading)
                shard.Stage = KeyStage.Partial;
            Release(now, shard, outbox);
        }
    }
}

using Cascade.Actors.Remoting.Refs;
using Cascade.Core.Messages;
using Cascade.Core.Sharding;

namespace Cascade.Actors;

/// <summary>The region as one of a cluster's: which shards are this node's, and how they come and go.</summary>
/// <remarks>
/// It goes by the node's view as it is at each message, so that it never lags behind those who tell it something because of that view; being told of a
/// change only makes it look. Its state follows in one step: shards that come are loading until the loader is done, the entities of shards that go are
/// all stopping. So entities of a shard that is not ready are on their way out, and a shard is ready only after the last of them.
/// </remarks>
public sealed partial class ShardRegion
{
    private readonly ClusterPart? _cluster;
    private ShardMap _map = ShardMap.Empty;
    private ShardSet _toLoad = new();
    private ShardSet _lost = new();
    private int _loading;
    private bool _isReportDue;

    /// <summary>A fresh instance has all to load: what the one before it had loaded went with it.</summary>
    private void BeginInCluster(ClusterPart cluster)
    {
        foreach (var shard in cluster.AtLoader.Shards()) _lost.Add(shard);
        _isReportDue = !_lost.IsEmpty;
        CatchUp(cluster);
    }

    private void CatchUp(ClusterPart cluster)
    {
        var map = cluster.Nodes.View.Current.Shards;
        if (!ReferenceEquals(map, _map)) Follow(cluster, map);
        if (_isReportDue) Report(cluster);
    }

    private void Follow(ClusterPart cluster, ShardMap map)
    {
        _map = map;
        var handedOver = new ShardSet();
        foreach (var shard in _shards)
        {
            var isOurs = map.OwnerOf(shard.Number) == cluster.Nodes.Self;
            if (isOurs == (shard.State != ShardState.Elsewhere)) continue;
            if (isOurs)
            {
                Take(cluster, shard);
                continue;
            }

            // Entities of a shard that is not ready are stopping already.
            if (shard is { State: ShardState.Ready, Entities: > 0 }) handedOver.Add(shard.Number);
            Leave(cluster, shard);
        }

        if (!handedOver.IsEmpty) StopEntities(cluster, handedOver);
        ArmLoadTimer();
    }

    private void Take(ClusterPart cluster, Shard shard)
    {
        shard.State = ShardState.Loading;
        shard.Stamp = _time.GetTimestamp();
        _loading++;
        if (shard.Entities == 0) BeginLoad(cluster, shard);
    }

    private void BeginLoad(ClusterPart cluster, Shard shard)
    {
        if (cluster.Loader is null)
        {
            BecomeReady(shard);
            return;
        }

        _toLoad.Add(shard.Number);
        _isReportDue = true;
    }

    private void BecomeReady(Shard shard)
    {
        shard.State = ShardState.Ready;
        _loading--;
        if (shard.Held is not { } held) return;
        shard.Held = null;
        _held -= held.Count;
        foreach (var (message, sender) in held) TryPassOn(message, sender);
    }

    private void Leave(ClusterPart cluster, Shard shard)
    {
        if (shard.State == ShardState.Loading) _loading--;
        shard.State = ShardState.Elsewhere;
        shard.Round = 0;
        _toLoad.Remove(shard.Number);
        if (shard.Entities == 0) MarkLost(cluster, shard);
        if (shard.Held is not { } held) return;
        shard.Held = null;
        GiveBack(shard, held);
    }

    /// <summary>The loader is to know that a shard went; once for each time it was told to load it.</summary>
    private void MarkLost(ClusterPart cluster, Shard shard)
    {
        if (cluster.AtLoader.Contains(shard.Number)) _isReportDue |= _lost.Add(shard.Number);
    }

    private void StopEntities(ClusterPart cluster, ShardSet shards)
    {
        foreach (var entity in _stopping.In(shards))
        {
            GiveBack(entity.Shard, entity.Held!);
            // One that was told that it is idle may think that it can stay.
            if (_settings.EntitiesDecideOnPassivation) entity.Ref!.Tell(_settings.HandOffStopMessage, Self);
            _stopping.Touch(entity, _time.GetTimestamp());
        }

        foreach (var entity in _live.In(shards)) BeginStop(entity, _settings.HandOffStopMessage);
    }

    /// <summary>The last entity of a shard that went is gone, and the shard may have come again.</summary>
    private void OnEmptied(ClusterPart cluster, Shard shard)
    {
        var wasDue = _isReportDue;
        MarkLost(cluster, shard);
        if (shard.State == ShardState.Loading) BeginLoad(cluster, shard);
        ArmLoadTimer();
        // Together with the others that are emptied meanwhile. Should the mailbox be full, what is in it will do.
        if (_isReportDue && !wasDue) Self.Tell(Due.Report, null);
    }

    private void Report(ClusterPart cluster)
    {
        _isReportDue = false;
        if (!_lost.IsEmpty)
        {
            foreach (var number in _lost.Shards()) cluster.AtLoader.Remove(number);
            cluster.Loader!.Tell(new ShardsLost(_lost), Self);
            _lost = new ShardSet();
        }

        if (_toLoad.IsEmpty) return;
        var round = ++cluster.Rounds;
        foreach (var number in _toLoad.Shards())
        {
            cluster.AtLoader.Add(number);
            _shards[number].Round = round;
        }

        cluster.Loader!.Tell(new LoadShards(_toLoad, round), Self);
        _toLoad = new ShardSet();
    }

    private void OnLoaded(ShardsLoaded loaded)
    {
        foreach (var number in loaded.Shards.Shards())
        {
            if (_shards[number] is { State: ShardState.Loading, Round: > 0 } shard && shard.Round == loaded.Round) BecomeReady(shard);
        }

        ArmLoadTimer();
    }

    private void OnLoadTimeout(ClusterPart cluster)
    {
        foreach (var shard in _shards)
        {
            if (shard.State != ShardState.Loading || Left(shard.Stamp, _settings.LoadTimeout) > TimeSpan.Zero) continue;
            RefuseHeld(shard);
            shard.Stamp = _time.GetTimestamp();
            if (shard.Entities == 0) BeginLoad(cluster, shard);
        }

        ArmLoadTimer();
    }

    /// <summary>Keeps one timer while shards load, for the one that is due first or for one that was.</summary>
    private void ArmLoadTimer()
    {
        if (_loading == 0)
        {
            Timers.Cancel(Due.Load);
            return;
        }

        if (Timers.IsTimerActive(Due.Load)) return;
        var left = _shards.Where(static shard => shard.State == ShardState.Loading).Min(shard => Left(shard.Stamp, _settings.LoadTimeout));
        if (left < TimeSpan.MaxValue) Timers.StartSingleTimer(Due.Load, Due.Load, left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    private void HoldOrGiveBack(Shard shard, object message, IActorRef? sender)
    {
        if (shard.State == ShardState.Elsewhere)
        {
            GiveBack(shard, message, sender);
        }
        else if (_held >= _settings.BufferSize)
        {
            Refuse(message, sender);
        }
        else
        {
            (shard.Held ??= new Queue<(object Message, IActorRef? Sender)>()).Enqueue((message, sender));
            _held++;
        }
    }

    private void GiveBack(Shard shard, Queue<(object Message, IActorRef? Sender)> held)
    {
        _held -= held.Count;
        foreach (var (message, sender) in held) GiveBack(shard, message, sender);
        held.Clear();
    }

    /// <summary>
    /// What was told here goes where it would go now. What came from another node, or may have, does not go on to a third: two nodes that disagree would pass
    /// it to and fro.
    /// </summary>
    private void GiveBack(Shard shard, object message, IActorRef? sender)
    {
        if (sender is not (null or RemoteRef) && _cluster!.Router(Self).RegionOf(shard.Number) is { } region) region.Tell(message, sender);
        else Refuse(message, sender);
    }

    private void RefuseHeld(Shard shard)
    {
        if (shard.Held is not { } held) return;
        shard.Held = null;
        _held -= held.Count;
        foreach (var (message, sender) in held) Refuse(message, sender);
    }

    private void Refuse(object message, IActorRef? sender)
    {
        if (sender is null) Context.System.DeadLetters.Tell(message, null);
        else sender.Tell(Moved.Instance, Self);
    }

    /// <summary>The cluster, and what outlives a failed instance of the region. Of one region.</summary>
    private sealed class ClusterPart(ShardingCluster cluster)
    {
        private ShardRouter? _router;

        public Shells.NodeRefs Nodes => cluster.Nodes;

        public IActorRef? Loader => cluster.Loader;

        /// <summary>What the loader was told to load and not told to be lost.</summary>
        public ShardSet AtLoader { get; } = new();

        /// <summary>Rounds of loading so far: a reply to the former instance must not be taken for one to the present.</summary>
        public long Rounds { get; set; }

        public ShardRouter Router(IActorRef self) => _router ??= new ShardRouter(Nodes, self.Path.ToStringWithoutAddress(), self);
    }
}

using System.Globalization;
using Cascade.Core.Messages;
using Cascade.Core.Sharding;

namespace Cascade.Actors;

/// <summary>
/// Passes messages on to entities by id: starts an entity at its first message, stops it when it is idle, and holds back
/// what comes while it stops for its next life. In a cluster it does so for the shards that are this node's. Told by its ref alone;
/// see <see cref="ClusterSharding"/>.
/// </summary>
public sealed partial class ShardRegion : ActorBase, IWithTimers
{
    private readonly Func<string, Props> _entityProps;
    private readonly ClusterShardingSettings _settings;
    private readonly IMessageExtractor _extractor;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, Entity> _entities = new(StringComparer.Ordinal);
    private readonly Shard[] _shards;
    private readonly EntityList _live = new();
    private readonly EntityList _stopping = new();
    private int _held;

    private ShardRegion(Func<string, Props> entityProps, ClusterShardingSettings settings, IMessageExtractor extractor, ClusterPart? cluster)
    {
        _entityProps = entityProps;
        _settings = settings;
        _extractor = extractor;
        _time = Context.System.Time;
        _cluster = cluster;
        var state = cluster is null ? ShardState.Ready : ShardState.Elsewhere;
        _shards = [.. Enumerable.Range(0, ShardMap.Shards).Select(number => new Shard(number, state))];
    }

    /// <summary>Set by the engine.</summary>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to start a region; <see cref="ClusterSharding.Start"/> is the usual way.</summary>
    public static Props Props(
        Func<string, Props> entityPropsFactory, ClusterShardingSettings settings, IMessageExtractor messageExtractor, ShardingCluster? cluster = null)
    {
        ArgumentNullException.ThrowIfNull(entityPropsFactory);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(messageExtractor);
        var part = cluster is null ? null : new ClusterPart(cluster);
        return Actors.Props.Create(() => new ShardRegion(entityPropsFactory, settings, messageExtractor, part));
    }

    /// <inheritdoc/>
    protected override bool Receive(object message)
    {
        if (_cluster is not null) CatchUp(_cluster);
        switch (message)
        {
            case Passivate passivate:
                if (EntityOf(Sender) is { Held: null } entity) BeginStop(entity, passivate.StopMessage);
                return true;
            case StayAlive:
                if (EntityOf(Sender) is { Held: { } held, Shard.State: ShardState.Ready } staying) Keep(staying, held);
                return true;
            case Due due:
                OnDue(due);
                return true;
            case GetShardRegionStats:
                Sender.Tell(Stats(), Self);
                return true;
            case ClusterState when _cluster is not null:
                return true;
            case ShardsLoaded loaded when _cluster is not null:
                OnLoaded(loaded);
                return true;
            default:
                return TryPassOn(message, Cell.SenderOrNull);
        }
    }

    /// <inheritdoc/>
    protected override void PreStart()
    {
        if (_cluster is not null) BeginInCluster(_cluster);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        for (var entity = _stopping.Oldest; entity is not null; entity = entity.Newer)
        {
            foreach (var (message, sender) in entity.Held!)
            {
                if (_cluster is not null) Refuse(message, sender);
                else RejectDead(message, sender);
            }
        }

        foreach (var shard in _shards) RefuseHeld(shard);
    }

    internal override void OnChildTerminated(IActorRef child)
    {
        if (EntityOf(child) is not { } entity) return;
        if (entity.Held is not { } held)
        {
            _live.Remove(entity);
            Forget(entity);
            return;
        }

        _stopping.Remove(entity);
        entity.Held = null;
        _held -= held.Count;
        if (held.Count > 0)
        {
            Revive(entity, held);
            return;
        }

        Forget(entity);
        if (entity.Shard is { Entities: 0, State: not ShardState.Ready } emptied) OnEmptied(_cluster!, emptied);
    }

    private bool TryPassOn(object message, IActorRef? sender)
    {
        try
        {
            var number = _extractor.ShardId(message);
            if (number < 0) return false;
            var shard = _shards[number];
            if (shard.State == ShardState.Ready) PassOn(shard, message, sender);
            else HoldOrGiveBack(shard, message, sender);
        }
        catch (Exception cause)
        {
            RejectBroken(message, sender, cause);
        }

        return true;
    }

    private void PassOn(Shard shard, object message, IActorRef? sender)
    {
        var id = _extractor.EntityId(message)
            ?? throw new InvalidOperationException($"{_extractor.GetType()} knows the shard but not the entity of {message.GetType()}.");
        if (!_entities.TryGetValue(id, out var entity)) entity = Add(id, shard);
        if (entity.Held is { } held)
        {
            Hold(held, message, sender);
            return;
        }

        _live.Touch(entity, _time.GetTimestamp());
        entity.Ref!.Tell(_extractor.EntityMessage(message), sender);
    }

    private void Hold(Queue<(object Message, IActorRef? Sender)> held, object message, IActorRef? sender)
    {
        if (_held >= _settings.BufferSize)
        {
            Context.System.RejectFull(new Envelope(message, sender, isSignal: false), Self);
            return;
        }

        held.Enqueue((message, sender));
        _held++;
    }

    private Entity Add(string id, Shard shard)
    {
        var entity = new Entity(id, shard);
        StartLife(entity);
        _entities.Add(id, entity);
        shard.Entities++;
        return entity;
    }

    private void StartLife(Entity entity)
    {
        if (_live.Count >= _settings.ActiveEntityLimit) OnIdle(_live.Oldest!);
        entity.Ref = Cell.StartChild(_entityProps(entity.Id), EntityName.Of(entity.Id));
        _live.AddNewest(entity, _time.GetTimestamp());
        ArmSweep();
    }

    private void Revive(Entity entity, Queue<(object Message, IActorRef? Sender)> held)
    {
        try
        {
            StartLife(entity);
        }
        catch (Exception cause)
        {
            Forget(entity);
            Context.System.Publish(new Error(cause, Self.Path.ToString(), $"Entity {entity.Id} could not start again: {cause.Message}"));
            foreach (var (message, sender) in held) Context.System.DeadLetterRef.Reject(message, sender, Self, (_, _) => cause);
            return;
        }

        PassHeldOn(entity, held);
    }

    private void PassHeldOn(Entity entity, Queue<(object Message, IActorRef? Sender)> held)
    {
        foreach (var (message, sender) in held)
        {
            try
            {
                entity.Ref!.Tell(_extractor.EntityMessage(message), sender);
            }
            catch (Exception cause)
            {
                RejectBroken(message, sender, cause);
            }
        }
    }

    private void Forget(Entity entity)
    {
        _entities.Remove(entity.Id);
        entity.Shard.Entities--;
    }

    private void OnDue(Due due)
    {
        if (due == Due.Sweep) OnSweep();
        else if (due == Due.Load) OnLoadTimeout(_cluster!);
        if (_isReportDue) Report(_cluster!);
    }

    private Entity? EntityOf(IActorRef actor) =>
        actor is LocalActorRef local && local.Parent == Self
            && _entities.TryGetValue(EntityName.IdOf(local.Name), out var entity) && entity.Ref == actor ? entity : null;

    private ShardRegionStats Stats()
    {
        var used = _shards.Where(static shard => shard.Entities > 0);
        return new ShardRegionStats(used.ToDictionary(shard => shard.Number.ToString(CultureInfo.InvariantCulture), shard => shard.Entities))
        {
            ShardsReady = _shards.Count(static shard => shard.State == ShardState.Ready),
            ShardsLoading = _loading,
            MessagesHeld = _held,
        };
    }

    private void RejectDead(object message, IActorRef? sender) =>
        Context.System.RejectDead(new Envelope(message, sender, isSignal: false), Self);

    /// <summary>A message that cannot be placed must not take the region and all its entities down.</summary>
    private void RejectBroken(object message, IActorRef? sender, Exception cause)
    {
        Context.System.Publish(new Error(cause, Self.Path.ToString(), $"{message.GetType()} could not be passed on: {cause.Message}"));
        Context.System.DeadLetterRef.Reject(message, sender, Self, (_, _) => cause);
    }

    /// <summary>What the region tells itself: each instance is a message, and its timer's key where it has one.</summary>
    private sealed class Due : INotInfluenceReceiveTimeout
    {
        public static readonly Due Sweep = new();
        public static readonly Due Load = new();
        public static readonly Due Report = new();
    }
}

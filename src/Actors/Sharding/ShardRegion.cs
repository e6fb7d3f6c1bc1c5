namespace Cascade.Actors;

/// <summary>
/// Passes messages on to entities by id: starts an entity at its first message, stops it when it is idle, and holds back
/// what comes while it stops for its next life. Told by its ref alone; see <see cref="ClusterSharding"/>.
/// </summary>
public sealed class ShardRegion : ActorBase, IWithTimers
{
    private static readonly object SweepKey = new();

    private readonly Func<string, Props> _entityProps;
    private readonly ClusterShardingSettings _settings;
    private readonly IMessageExtractor _extractor;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, Entity> _entities = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Shard> _shards = new(StringComparer.Ordinal);
    private readonly EntityList _live = new();
    private readonly EntityList _stopping = new();
    private int _held;
    private TimeSpan _sweepDue = TimeSpan.MaxValue;

    private ShardRegion(Func<string, Props> entityProps, ClusterShardingSettings settings, IMessageExtractor extractor)
    {
        _entityProps = entityProps;
        _settings = settings;
        _extractor = extractor;
        _time = Context.System.Time;
    }

    /// <summary>Set by the engine.</summary>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to start a region; <see cref="ClusterSharding.Start"/> is the usual way.</summary>
    public static Props Props(Func<string, Props> entityPropsFactory, ClusterShardingSettings settings, IMessageExtractor messageExtractor)
    {
        ArgumentNullException.ThrowIfNull(entityPropsFactory);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(messageExtractor);
        return Actors.Props.Create(() => new ShardRegion(entityPropsFactory, settings, messageExtractor));
    }

    /// <inheritdoc/>
    protected override bool Receive(object message)
    {
        switch (message)
        {
            case Passivate passivate:
                if (EntityOf(Sender) is { Held: null } entity) BeginStop(entity, passivate.StopMessage);
                return true;
            case StayAlive:
                if (EntityOf(Sender) is { Held: { } held } staying) Keep(staying, held);
                return true;
            case Sweep:
                _sweepDue = TimeSpan.MaxValue;
                OnSweep();
                return true;
            case GetShardRegionStats:
                Sender.Tell(new ShardRegionStats(_shards.Values.ToDictionary(shard => shard.Id, shard => shard.Entities)), Self);
                return true;
            default:
                return TryPassOn(message);
        }
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        for (var entity = _stopping.Oldest; entity is not null; entity = entity.Newer)
        {
            foreach (var (message, sender) in entity.Held!) RejectDead(message, sender);
        }
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
        if (held.Count == 0)
        {
            Forget(entity);
            return;
        }

        Revive(entity, held);
    }

    private bool TryPassOn(object message)
    {
        try
        {
            if (_extractor.EntityId(message) is not { } id) return false;
            if (!_entities.TryGetValue(id, out var entity)) entity = Add(id, message);
            PassOn(entity, _extractor.EntityMessage(message));
        }
        catch (Exception cause)
        {
            // A message that cannot be placed must not take the region and all its entities down.
            Context.System.Publish(new Error(cause, Self.Path.ToString(), $"{message.GetType()} could not be passed on: {cause.Message}"));
            Context.System.DeadLetterRef.Reject(message, Cell.SenderOrNull, Self, (_, _) => cause);
        }

        return true;
    }

    private void PassOn(Entity entity, object message)
    {
        if (entity.Held is { } held)
        {
            Hold(held, message);
            return;
        }

        _live.Touch(entity, _time.GetTimestamp());
        entity.Ref!.Tell(message, Cell.SenderOrNull);
    }

    private void Hold(Queue<(object Message, IActorRef? Sender)> held, object message)
    {
        if (_held >= _settings.BufferSize)
        {
            Context.System.RejectFull(new Envelope(message, Cell.SenderOrNull, isSignal: false), Self);
            return;
        }

        held.Enqueue((message, Cell.SenderOrNull));
        _held++;
    }

    private Entity Add(string id, object message)
    {
        var shardId = _extractor.ShardId(id, message);
        if (!_shards.TryGetValue(shardId, out var shard)) _shards.Add(shardId, shard = new Shard(shardId));
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

        foreach (var (message, sender) in held) entity.Ref!.Tell(message, sender);
    }

    private void BeginStop(Entity entity, object stopMessage)
    {
        _live.Remove(entity);
        _stopping.AddNewest(entity, _time.GetTimestamp());
        entity.Held = new Queue<(object Message, IActorRef? Sender)>();
        entity.Ref!.Tell(stopMessage, Self);
        ArmSweep();
    }

    private void Forget(Entity entity)
    {
        _entities.Remove(entity.Id);
        if (--entity.Shard.Entities == 0) _shards.Remove(entity.Shard.Id);
    }

    private void OnSweep()
    {
        while (_live.Oldest is { } idle && Left(idle, _settings.PassivateIdleEntityAfter) <= TimeSpan.Zero) OnIdle(idle);
        while (_stopping.Oldest is { } stuck && Left(stuck, _settings.StopTimeout) <= TimeSpan.Zero)
        {
            Context.Stop(stuck.Ref!);
            _stopping.Touch(stuck, _time.GetTimestamp());
        }

        ArmSweep();
    }

    private void OnIdle(Entity entity) =>
        BeginStop(entity, _settings.EntitiesDecideOnPassivation ? ReceiveTimeout.Instance : _settings.HandOffStopMessage);

    /// <summary>An entity that was to stop stays, and gets what was held back for it.</summary>
    private void Keep(Entity entity, Queue<(object Message, IActorRef? Sender)> held)
    {
        _stopping.Remove(entity);
        entity.Held = null;
        _held -= held.Count;
        _live.AddNewest(entity, _time.GetTimestamp());
        foreach (var (message, sender) in held) entity.Ref!.Tell(message, sender);
    }

    /// <summary>Arms the one timer for the entity that is due first; entities used since are only looked at again then.</summary>
    private void ArmSweep()
    {
        var left = TimeSpan.MaxValue;
        if (_live.Oldest is { } idle) left = Left(idle, _settings.PassivateIdleEntityAfter);
        if (_stopping.Oldest is { } stuck && Left(stuck, _settings.StopTimeout) is var stopLeft && stopLeft < left) left = stopLeft;
        if (left == TimeSpan.MaxValue) return;
        if (left < TimeSpan.Zero) left = TimeSpan.Zero;
        var due = _time.GetElapsedTime(0) + left;
        if (due >= _sweepDue) return;
        _sweepDue = due;
        Timers.StartSingleTimer(SweepKey, Sweep.Instance, left);
    }

    private TimeSpan Left(Entity entity, TimeSpan span) =>
        span <= TimeSpan.Zero ? TimeSpan.MaxValue : span - _time.GetElapsedTime(entity.Stamp);

    private Entity? EntityOf(IActorRef actor) =>
        actor is LocalActorRef local && local.Parent == Self
            && _entities.TryGetValue(EntityName.IdOf(local.Name), out var entity) && entity.Ref == actor ? entity : null;

    private void RejectDead(object message, IActorRef? sender) =>
        Context.System.RejectDead(new Envelope(message, sender, isSignal: false), Self);

    private sealed class Sweep : INotInfluenceReceiveTimeout
    {
        public static readonly Sweep Instance = new();
    }
}

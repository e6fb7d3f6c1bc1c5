namespace Cascade.Actors;

/// <summary>How the region ends entities: those that are idle, those that ask for it, and those that do not stop in time.</summary>
public sealed partial class ShardRegion
{
    private TimeSpan _sweepDue = TimeSpan.MaxValue;

    private void BeginStop(Entity entity, object stopMessage)
    {
        _live.Remove(entity);
        _stopping.AddNewest(entity, _time.GetTimestamp());
        entity.Held = new Queue<(object Message, IActorRef? Sender)>();
        entity.Ref!.Tell(stopMessage, Self);
        ArmSweep();
    }

    private void OnSweep()
    {
        _sweepDue = TimeSpan.MaxValue;
        while (_live.Oldest is { } idle && Left(idle, _settings.PassivateIdleEntityAfter) <= TimeSpan.Zero) OnIdle(idle);
        while (_stopping.Oldest is { } stuck && Left(stuck, _settings.StopTimeout) <= TimeSpan.Zero)
        {
            Context.Stop(stuck.Ref!);
            _stopping.Touch(stuck, _time.GetTimestamp());
            if (stuck.Shard.State != ShardState.Ready) MarkLost(_cluster!, stuck.Shard);
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
        PassHeldOn(entity, held);
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
        Timers.StartSingleTimer(Due.Sweep, Due.Sweep, left);
    }

    private TimeSpan Left(Entity entity, TimeSpan span) => Left(entity.Stamp, span);

    private TimeSpan Left(long since, TimeSpan span) => span <= TimeSpan.Zero ? TimeSpan.MaxValue : span - _time.GetElapsedTime(since);
}

using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Cold;
using Cascade.Core.Messages;
using Cascade.Core.Ports;

namespace Cascade.Tiers.Cold;

/// <summary>The actor of a cold tier: feeds a <see cref="ColdStoreCore"/> and carries out what it decides.</summary>
/// <remarks>
/// A step of the core that throws may have done half of its work. The actor then goes on as far as nothing can be lost by that: blocks are
/// read, each checked against its id, and what was written is flushed and acknowledged; but nothing is written, deleted, cut off or
/// summed up in a checkpoint any more, and changes are answered <see cref="Unavailable"/>. So all that is durable is on disk as it was, and
/// the next start of the node finds it there.
/// </remarks>
public sealed class ColdTier : UntypedActor, IWithTimers
{
    /// <summary>How long a block that is read ahead may wait: later than that it would have been asked for by itself.</summary>
    private static readonly TimeSpan ReadAheadTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long dropping a deleted block may wait for its turn; its owner forgets it after a minute.</summary>
    private static readonly TimeSpan DropTimeout = TimeSpan.FromSeconds(60);

    private readonly ColdStoreCore _core;
    private readonly IColdDevice _device;
    private readonly CompletionInbox _inbox;
    private readonly Recipients _recipients;
    private readonly TimeProvider _time;
    private readonly ColdTierHooks _hooks;
    private readonly DeviceTrouble _trouble;
    private TimeSpan? _armed;
    private (int Done, int Total) _progress;
    private bool _isReadOnly;

    private ColdTier(
        ColdStoreCore core, IColdDevice device, CompletionInbox inbox, Recipients recipients, TimeProvider time, ColdTierHooks hooks,
        DeviceTrouble trouble)
    {
        (_core, _device, _inbox, _recipients, _time, _hooks, _trouble) = (core, device, inbox, recipients, time, hooks, trouble);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to start the actor, once for a core: it begins with recovery.</summary>
    /// <param name="core">A core that nothing was asked of yet.</param>
    /// <param name="device">The caller's to dispose, after the actor has stopped.</param>
    /// <param name="inbox">Where the device's completions go, and no other's.</param>
    /// <param name="recipients">Knows <see cref="ColdPort.Memory"/> and what else the core sends to by name.</param>
    /// <param name="time">What the core's times are taken from.</param>
    /// <param name="hooks">Whom to tell of what happens.</param>
    public static Props Props(
        ColdStoreCore core, IColdDevice device, CompletionInbox inbox, Recipients recipients, TimeProvider time, ColdTierHooks hooks)
    {
        var trouble = new DeviceTrouble(hooks.OnTrouble);
        return Actors.Props.Create(() => new ColdTier(core, device, inbox, recipients, time, hooks, trouble));
    }

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _inbox.Wake(Self);
        var outbox = Recipients.StepOutbox;
        var now = _time.GetElapsedTime(0);
        _core.Start(now, outbox);
        CarryOut(now, outbox);
        ArmTimer(now);
    }

    /// <summary>A step failed.</summary>
    protected override void PostRestart(Exception reason)
    {
        _isReadOnly = true;
        _hooks.OnTrouble?.Invoke(
            $"The cold tier failed within a step and takes no more writes; what it holds is still read. Restart the node to have it written to again. {reason}");
        Timers.StartSingleTimer(TickDue.Instance, TickDue.Instance, TimeSpan.Zero);
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        var outbox = Recipients.StepOutbox;
        var now = _time.GetElapsedTime(0);
        try
        {
            TakeCompletions(now, outbox);
            Handle(now, message, outbox);
        }
        finally
        {
            // What a failed step did ask for is in the core's books: left out, it would be waited for without end.
            CarryOut(now, outbox);
            TellProgress();
            ArmTimer(now);
        }
    }

    private void TakeCompletions(TimeSpan now, Outbox outbox)
    {
        _inbox.BeginTaking();
        while (_inbox.TryTake(out var completion, out var reason))
        {
            _trouble.OnCompletion(completion, reason);
            _core.Handle(now, Self, completion, outbox);
        }
    }

    private void Handle(TimeSpan now, object message, Outbox outbox)
    {
        switch (message)
        {
            case CompletionInbox.CompletionsWait:
                break;
            case TickDue:
                _armed = null;
                _core.Tick(now, outbox);
                break;
            case ColdPut or ColdBind or ColdUnbind or ColdDrop or Drop when _isReadOnly:
                TurnAway(message, outbox);
                break;
            case Drop drop:
                _core.Handle(now, ActorRefs.Nobody, new ColdDrop(drop.Id, Durable: false, DropTimeout), outbox);
                break;
            default:
                if (!_core.Handle(now, Sender, message, outbox))
                    Unhandled(message);
                break;
        }
    }

    private void TurnAway(object change, Outbox outbox)
    {
        outbox.Send(Sender, new Unavailable("The cold tier has failed within itself and only reads: restart the node."));
        if (change is ColdPut put)
            outbox.Send(Sender, new MemoryReleased(put.Id, put.Memory, Durable: false));
    }

    /// <summary>Carries effects out in their order, those too that come of it.</summary>
    private void CarryOut(TimeSpan now, Outbox outbox)
    {
        for (var i = 0; i < outbox.Effects.Count; i++)
        {
            var (to, message) = outbox.Effects[i];
            if (ReferenceEquals(to, ColdPort.Device))
                Submit((DeviceRequest)message);
            else if (ReferenceEquals(to, ColdPort.Tier))
                TakeNotice(now, message, outbox);
            else
                (to as IActorRef ?? _recipients[to]).Tell(message, Self);
        }

        outbox.Clear();
    }

    private void Submit(DeviceRequest request)
    {
        _trouble.OnSubmit(request);
        if (_isReadOnly && request is WriteRecord or CreateFile or DeleteFile or TruncateFile or WriteCheckpoint)
        {
            _inbox.Add(DeviceWorker.Answer(request, DeviceStatus.IoError));
            return;
        }

        try
        {
            _device.Submit(request);
        }
        catch (ArgumentException misuse)
        {
            _inbox.Add(DeviceWorker.Answer(request, DeviceStatus.IoError), misuse.Message);
        }
    }

    private void TakeNotice(TimeSpan now, object message, Outbox outbox)
    {
        switch (message)
        {
            case ColdReady ready:
                _hooks.OnReady?.Invoke(ready);
                break;
            case ReadAheadProposed proposed:
                foreach (var block in proposed.Blocks)
                    _core.Handle(now, ActorRefs.Nobody, new ColdFetch(block.Key, block.Id, ReadAheadTimeout, 0, IsAhead: true), outbox);
                break;
        }
    }

    private void TellProgress()
    {
        if (_core.RecoveryProgress == _progress)
            return;
        _progress = _core.RecoveryProgress;
        _hooks.OnRecovery?.Invoke(_progress.Done, _progress.Total);
    }

    /// <summary>A timer that is due too early costs a look; one is kept rather than re-armed at every step.</summary>
    private void ArmTimer(TimeSpan now)
    {
        var next = _core.NextTick;
        if (_armed <= next)
            return;
        _armed = next;
        Timers.StartSingleTimer(TickDue.Instance, TickDue.Instance, next > now ? next - now : TimeSpan.Zero);
    }

    private sealed class TickDue
    {
        public static readonly TickDue Instance = new();
    }
}

using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Tiering;

namespace Cascade.Tiers.Memory;

/// <summary>The actor of a memory tier: feeds a <see cref="MemoryTierCore"/> and carries out what it decides. What it is to pull it leaves to the remote tier.</summary>
/// <remarks>Its core lives as long as the arena, so a failed step is reported and the actor goes on with the next message.</remarks>
public sealed class MemoryTier : UntypedActor, IWithTimers
{
    /// <summary>While room is short or the cold tier is to be asked again, what came free is looked for this often.</summary>
    private static readonly TimeSpan BusyTick = TimeSpan.FromMilliseconds(5);

    /// <summary>Otherwise overdue leases are ended this often.</summary>
    private static readonly TimeSpan IdleTick = TimeSpan.FromSeconds(1);

    private readonly MemoryTierCore _core;
    private readonly Recipients _recipients;
    private readonly TimeProvider _time;
    private bool _tickingFast;

    private MemoryTier(MemoryTierCore core, Recipients recipients, TimeProvider time)
    {
        _core = core;
        _recipients = recipients;
        _time = time;
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to start the actor.</summary>
    public static Props Props(MemoryTierCore core, Recipients recipients, TimeProvider time) =>
        Actors.Props.Create(() => new MemoryTier(core, recipients, time));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        ScheduleTick();
        Self.Tell(AnnounceHoldings.Instance);
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        var outbox = Recipients.StepOutbox;
        var now = _time.GetElapsedTime(0);
        if (message is Tick)
            _core.Tick(now, outbox);
        else if (message is AnnounceHoldings)
            _core.Announce(outbox);
        else if (message is Pull && _recipients.Others is { } others)
            _recipients[new TierAddress(others.Self, TierKind.Remote)].Tell(message, Sender);
        else if (!_core.Handle(now, Sender, message, outbox))
            Unhandled(message);
        Deliver(outbox);
        if (_core.NeedsTicksSoon != _tickingFast)
            ScheduleTick();
    }

    /// <summary>As <see cref="Recipients.Deliver"/>, but for errands, whose answers come back by way of an address of their own.</summary>
    private void Deliver(Outbox outbox)
    {
        for (var i = 0; i < outbox.Effects.Count; i++)
        {
            var effect = outbox.Effects[i];
            if (effect.Message is ColdErrand errand)
                _recipients[effect.To].Tell(errand.Request, new ErrandAddress(Self, errand.Number));
            else
                (effect.To as IActorRef ?? _recipients[effect.To]).Tell(effect.Message, effect.Sender as IActorRef ?? Self);
        }

        outbox.Clear();
    }

    private void ScheduleTick()
    {
        _tickingFast = _core.NeedsTicksSoon;
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, _tickingFast ? BusyTick : IdleTick);
    }

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }

    private sealed class AnnounceHoldings
    {
        public static readonly AnnounceHoldings Instance = new();
    }
}

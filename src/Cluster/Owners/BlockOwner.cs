using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ownership;

namespace Cascade.Cluster.Owners;

/// <summary>The actor that owns one block: feeds a <see cref="BlockOwnerCore"/> and carries out what it decides.</summary>
/// <remarks>Its state is soft: a new life starts from the directory of copies, so it may passivate or fail at any time.</remarks>
public sealed class BlockOwner : UntypedActor, IWithTimers
{
    /// <summary>Name of the owners' shard region.</summary>
    public const string RegionName = "block-owner";

    private readonly BlockId _id;
    private readonly BlockOwnerCore _core;
    private readonly Recipients _recipients;
    private readonly TimeProvider _time;
    private readonly LiveOwners _live;
    private TimeSpan? _armed;

    private BlockOwner(BlockId id, OwnerContext context)
    {
        var firstNumber = context.Clock.Next(context.Time.GetUtcNow().ToUnixTimeMilliseconds()).Value;
        _id = id;
        _core = new BlockOwnerCore(id, context.Settings, context.Directory, firstNumber);
        _recipients = context.Recipients;
        _time = context.Time;
        _live = context.Live;
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to start the owner of the block whose id is the entity's name.</summary>
    public static Props Props(string entityId, OwnerContext context)
    {
        var id = BlockId.Parse(entityId);
        return Actors.Props.Create(() => new BlockOwner(id, context));
    }

    /// <inheritdoc/>
    protected override void PreStart() => _live.Add(_id, Self);

    /// <inheritdoc/>
    protected override void PostStop() => _live.Remove(_id, Self);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        var outbox = Recipients.StepOutbox;
        var now = _time.GetElapsedTime(0);
        switch (message)
        {
            case ReceiveTimeout:
                if (_core.CanPassivate)
                    Context.Stop(Self);
                else
                    Context.Parent.Tell(StayAlive.Instance, Self);
                return;
            case ShardHandedOff:
                _core.HandOff(outbox);
                _recipients.Deliver(outbox, Self);
                Context.Stop(Self);
                return;
            case NodeGone gone:
                _core.NodeGone(now, gone.Node, outbox);
                break;
            case DeadlineReached:
                _armed = null;
                _core.Tick(now, outbox);
                break;
            case IBlockMessage when Sender.IsOfFormerLife():
                // It waited while the shard was loaded, say, and the tiers of the next life have reported since: a grant to give up a copy would be of theirs.
                return;
            case IBlockMessage block:
                _core.Handle(now, Sender, block, outbox);
                break;
            default:
                Unhandled(message);
                break;
        }

        _recipients.Deliver(outbox, Self);
        ArmTimer(now);
    }

    /// <summary>A timer that is due too early costs a look; one is kept rather than re-armed at every step.</summary>
    private void ArmTimer(TimeSpan now)
    {
        if (_core.NextDeadline is not { } deadline || _armed <= deadline)
            return;
        _armed = deadline;
        var delay = deadline > now ? deadline - now : TimeSpan.Zero;
        Timers.StartSingleTimer(DeadlineReached.Instance, DeadlineReached.Instance, delay);
    }

    private sealed class DeadlineReached
    {
        public static readonly DeadlineReached Instance = new();
    }
}

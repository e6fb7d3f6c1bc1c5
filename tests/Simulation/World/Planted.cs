using Cascade.Actors;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Simulation.World;

/// <summary>A bug that is put into a world to see that it is found.</summary>
internal enum PlantedBug
{
    None,

    /// <summary>The memory tier gives up copies that readers hold.</summary>
    LeaseIgnored,

    /// <summary>What a put has to wait for is answered before it is done, and done a while later.</summary>
    AcknowledgedEarly,

    /// <summary>What is told of an earlier life of a node is taken for news of a later one.</summary>
    StaleIncarnation,
}

/// <summary>The bug of a world, if any. None of it is in the program.</summary>
internal sealed class Planted(PlantedBug bug, SimWorld world)
{
    public Func<IBlockArena, IBlockArena>? WatchArena => bug == PlantedBug.LeaseIgnored ? static arena => new UnleasedArena(arena) : null;

    /// <summary>A ref to another node's part of the key index or of the owners.</summary>
    public IActorRef OnResolve(IActorRef real) => bug == PlantedBug.AcknowledgedEarly ? new HastyRef(real, world) : real;

    /// <summary>A message between memberships.</summary>
    public object OnMembership(object message) => bug != PlantedBug.StaleIncarnation ? message : message switch
    {
        Ping ping => ping with { Gossip = Renew(ping.Gossip) },
        Ack ack => ack with { Gossip = Renew(ack.Gossip) },
        Gossip gossip => gossip with { Records = Renew(gossip.Records) },
        SyncReply reply => reply with { Records = Renew(reply.Records) },
        _ => message,
    };

    private Member[] Renew(IReadOnlyList<Member> members) => [.. members.Select(Renew)];

    private Member Renew(Member member) =>
        world.Nodes[(int)member.Node.Value].Life is { } life && member.Start < life.Start
            ? member with { Start = new HybridTimestamp(life.Start.Value + 1), State = MemberState.Up }
            : member;
}

/// <summary>An arena whose leases hold nothing.</summary>
internal sealed class UnleasedArena(IBlockArena inner) : IBlockArena
{
    private TimeSpan _now;

    public long CapacityBytes => inner.CapacityBytes;

    public long FreeBytes => inner.FreeBytes;

    public long MaxBlockBytes => inner.MaxBlockBytes;

    public int SlotCount => inner.SlotCount;

    public int FreeSlots => inner.FreeSlots;

    public bool TryReserve(long lengthBytes, out Reservation reservation) => inner.TryReserve(lengthBytes, out reservation);

    public CopyLocation Publish(in Reservation reservation, BlockId id, in KeyBinding binding) => inner.Publish(reservation, id, binding);

    public void Cancel(in Reservation reservation) => inner.Cancel(reservation);

    public bool TryBindAlias(BlockId id, in KeyBinding binding) => inner.TryBindAlias(id, binding);

    public bool Knows(KeyDigest key) => inner.Knows(key);

    public bool Unbind(KeyDigest key) => inner.Unbind(key);

    public bool IsPinned(uint slot) => false;

    public bool TryFree(uint slot, uint generation)
    {
        if (inner.TryFree(slot, generation))
            return true;
        inner.ExpireLeases(_now + TimeSpan.FromDays(8));
        return inner.TryFree(slot, generation);
    }

    public bool TryFind(BlockId id, out CopyLocation copy) => inner.TryFind(id, out copy);

    public void CollectKeys(uint slot, List<KeyBinding> into) => inner.CollectKeys(slot, into);

    public void Visit(Action<CopyLocation, BlockId, KeyBinding> visitor) => inner.Visit(visitor);

    public int ExpireLeases(TimeSpan now)
    {
        _now = now;
        return inner.ExpireLeases(now);
    }
}

/// <summary>Answers a binding for another node at once, and passes it on a while later.</summary>
internal sealed class HastyRef(IActorRef inner, SimWorld world) : IActorRef
{
    private static readonly TimeSpan Lateness = TimeSpan.FromSeconds(2);

    public ActorPath Path => inner.Path;

    public void Tell(object message, IActorRef? sender)
    {
        object? early = message switch
        {
            Bind bind => new Bound(bind.Key, bind.Id, Applied: true),
            Commit commit => new Committed(commit.Id),
            _ => null,
        };
        if (early is null || sender is null)
        {
            inner.Tell(message, sender);
            return;
        }

        sender.Tell(early, inner);
        world.After(Lateness, () => inner.Tell(message, null));
    }
}

using Cascade.Actors;
using Cascade.Actors.Simulation;

namespace Cascade.Simulation.World;

/// <summary>A ref to another node's membership over which messages come twice, late and out of order, or not at all: it has to bear that.</summary>
internal sealed class UnreliableRef(IActorRef inner, SimWorld world) : IActorRef
{
    private static readonly TimeSpan LatenessMax = TimeSpan.FromMilliseconds(400);

    public ActorPath Path => inner.Path;

    public void Tell(object message, IActorRef? sender)
    {
        var (config, random) = (world.Plan.Config, world.Random);
        message = world.Planted.OnMembership(message);
        if (!world.HasFaults || !config.IsGossipUnreliable)
        {
            inner.Tell(message, sender);
            return;
        }

        if (random.NextDouble() < config.GossipLoss)
            return;
        if (random.NextDouble() < config.GossipTwice)
            TellLate(message, sender, random);
        if (random.NextDouble() < config.GossipLate)
            TellLate(message, sender, random);
        else
            inner.Tell(message, sender);
    }

    private void TellLate(object message, IActorRef? sender, SplitMix64 random) => world.After(LatenessMax * random.NextDouble(), () => inner.Tell(message, sender));
}

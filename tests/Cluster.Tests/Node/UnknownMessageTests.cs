using Cascade.Actors;
using Cascade.Cluster.Tests.Simulation;
using Cascade.Core.Messages;

namespace Cascade.Cluster.Tests.Node;

public sealed class UnknownMessageTests
{
    [Fact]
    public void Message_that_an_actor_does_not_know_is_reported_and_the_actor_goes_on()
    {
        using var node = new SimulatedNode(seed: 1, new Workload(0, 0, Keys: 1, Contents: 1, Rebinds: false));
        var (id, key) = (Sample.Block(0), Sample.Key(0));
        node.Sim.Ask(node.Owners, new Describe(id));
        node.Sim.Ask(node.KeyIndex, new Lookup(key));
        var owner = $"an owner of {id}";
        foreach (var actor in new[] { node.Owners, node.KeyLanes[0], node.Registry, node.Tracker, node.Memory })
            actor.Tell(owner, ActorRefs.NoSender);
        node.Sim.Run();

        Assert.Equal(Enumerable.Repeat<object>(owner, 5), node.Sim.Unhandled);
        Assert.Empty(node.Sim.Log);
        Assert.IsType<BlockDescription>(node.Sim.Ask(node.Owners, new Describe(id)));
        Assert.IsType<NotFound>(node.Sim.Ask(node.KeyIndex, new Lookup(key)));
        Assert.IsType<Registered>(node.Sim.Ask(node.Registry, new Unregister(key, node.NextStamp())));
        Assert.IsType<FrequencyEstimate>(node.Sim.Ask(node.Tracker, new EstimateFrequency(id)));
        Assert.IsType<TierReport>(node.Sim.Ask(node.Memory, ReportTier.Instance));
    }
}

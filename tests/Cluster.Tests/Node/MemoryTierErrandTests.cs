using Cascade.Actors;
using Cascade.Cluster.Tests.Simulation;
using Cascade.Core.Cold;
using Cascade.Core.Eviction;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Registry;
using Cascade.Core.Tests.Tiering;
using Cascade.Core.Tiering;
using Cascade.Tiers.Memory;

namespace Cascade.Cluster.Tests.Node;

/// <summary>The memory tier's actor and a cold tier that answers by its replies' senders alone.</summary>
public sealed class MemoryTierErrandTests
{
    [Fact]
    public void Answers_of_the_cold_tier_find_what_they_answer_in_whatever_order_they_come()
    {
        using var sim = new SimulatedSystem();
        using var arena = new ArenaStandIn(4 * SimulatedNode.Granule, slots: 4);
        using var policy = new S3FifoPolicy(4, arena.CapacityBytes);
        sim.ProbeFor(Destination.Owners);
        sim.ProbeFor(Destination.KeyIndex);
        var asked = new List<(IActorRef Sender, ColdPut Put)>();
        sim.Recipients.Add(
            new TierAddress(Sample.Shm.Node, TierKind.Cold), sim.System.ActorOf(Props.Create(() => new ColdStandIn(asked)), "cold"));
        var core = new MemoryTierCore(
            Sample.Shm, arena, policy, new RegistryReplica(), MemoryTierSettings.Default with { HasColdTier = true });
        var memory = sim.System.ActorOf(MemoryTier.Props(core, sim.Recipients, sim.Time), "memory-tier");
        var writers = new List<Probe>();
        for (var n = 1; n <= 2; n++)
        {
            var room = sim.Ask<Reserved>(memory, new Reserve(100, TimeSpan.FromSeconds(1))).Reservation;
            sim.Ask<Published>(memory, new Publish(room, Sample.Block(n), Sample.Binding(n)));
            writers.Add(sim.Probe());
            memory.Tell(new MakeDurable(Sample.Block(n), Sample.Binding(n), TimeSpan.FromSeconds(1)), writers[^1].Ref);
            sim.Run();
        }

        Assert.Equal([Sample.Block(1), Sample.Block(2)], asked.Select(a => a.Put.Id));
        Answer(asked[1], new ColdStored(true), durable: true);
        Answer(asked[0], new Refused("too large"), durable: false);
        sim.Run();
        Assert.Equal([new MadeDurable(Sample.Block(2))], writers[1].Messages);
        Assert.Equal([new Refused("too large")], writers[0].Messages);
        Assert.Empty(sim.Unhandled);
    }

    private static void Answer((IActorRef Sender, ColdPut Put) asked, object reply, bool durable)
    {
        asked.Sender.Tell(reply, ActorRefs.NoSender);
        asked.Sender.Tell(new MemoryReleased(asked.Put.Id, asked.Put.Memory, durable), ActorRefs.NoSender);
    }

    private sealed class ColdStandIn(List<(IActorRef Sender, ColdPut Put)> asked) : UntypedActor
    {
        protected override void OnReceive(object message) => asked.Add((Sender, (ColdPut)message));
    }
}

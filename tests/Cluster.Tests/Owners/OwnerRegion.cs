using Cascade.Actors;
using Cascade.Cluster.Owners;
using Cascade.Cluster.Tests.Simulation;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ownership;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Cluster.Tests.Owners;

/// <summary>A region of block owners alone: its tier is a probe, its inventory a list.</summary>
internal sealed class OwnerRegion : ICopyInventory, IDisposable
{
    public static readonly TimeSpan PassivateAfter = TimeSpan.FromSeconds(60);

    public OwnerRegion()
    {
        var clock = new HybridClock(TimeSpan.FromMinutes(1));
        var context = new OwnerContext(new OwnerSettings(), new LocalCopies(this), Sim.Recipients, clock, Sim.Time);
        Ref = ClusterSharding.Get(Sim.System).Start(
            BlockOwner.RegionName,
            id => BlockOwner.Props(id, context),
            new ClusterShardingSettings { PassivateIdleEntityAfter = PassivateAfter, EntitiesDecideOnPassivation = true },
            new BlockMessageExtractor());
        Tier = Sim.ProbeFor(Sample.Shm);
        Client = Sim.Probe();
    }

    public SimulatedSystem Sim { get; } = new();

    public IActorRef Ref { get; }

    public Probe Tier { get; }

    public Probe Client { get; }

    public Dictionary<BlockId, CopyLocation> Held { get; } = [];

    public int Inventories { get; private set; }

    /// <summary>Owners that are alive.</summary>
    public int Alive => Sim.EntitiesOf(Ref);

    public IReadOnlyList<CopyLocation> CopiesOf(BlockId id)
    {
        Inventories++;
        return Held.TryGetValue(id, out var copy) ? [copy] : [];
    }

    public bool Holds(BlockId id) => Held.ContainsKey(id);

    public object Ask(IBlockMessage message) => Sim.Ask(Ref, message);

    /// <summary>Tells it as the client and gives what the client has heard since the last look.</summary>
    public List<object> Tell(IBlockMessage message)
    {
        Ref.Tell(message, Client.Ref);
        Sim.Run();
        return Client.Take();
    }

    public List<object> Advance(TimeSpan span)
    {
        Sim.Advance(span);
        return Client.Take();
    }

    public void Dispose() => Sim.Dispose();
}

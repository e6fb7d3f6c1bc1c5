using Cascade.Actors;
using Cascade.Cluster.Registry;
using Cascade.Cluster.Tests.Simulation;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Registry;

namespace Cascade.Cluster.Tests.Registry;

public sealed class PrefixRegistryTests : IDisposable
{
    private readonly SimulatedSystem _sim = new();
    private readonly RegistryReplica _replica = new();
    private readonly IActorRef _registry;
    private readonly Probe _owners;

    public PrefixRegistryTests()
    {
        _owners = _sim.ProbeFor(Destination.Owners);
        var settings = new RegistrySettings { QuotaBytes = 100, TombstoneAge = TimeSpan.FromMinutes(5) };
        _registry = _sim.System.ActorOf(PrefixRegistry.Props(settings, _replica, _sim.Recipients, _sim.Time));
    }

    [Fact]
    public void Change_is_in_the_replica_before_it_is_acknowledged()
    {
        var seen = new List<(object Reply, bool IsProtected)>();
        var witness = new AtOnce(_registry.Path, reply => seen.Add((reply, _replica.Contains(Sample.Block(1)))));
        _registry.Tell(Register(1, 1, 60, 1), witness);
        _registry.Tell(new Unregister(Sample.Key(1), new HybridTimestamp(2)), witness);
        _sim.Run();
        Assert.Equal([(new Registered(60, 100), true), (new Registered(0, 100), false)], seen);
    }

    [Fact]
    public void Refused_registration_leaves_the_replica_as_it_was()
    {
        _sim.Ask(_registry, Register(1, 1, 60, 1));
        var before = _replica.State;
        Assert.Equal(new QuotaExceeded(60, 60, 100), _sim.Ask(_registry, Register(2, 2, 60, 1)));
        Assert.Same(before, _replica.State);
    }

    [Fact]
    public void Owner_of_a_withdrawn_registration_is_told_and_its_answer_needs_no_word()
    {
        _sim.Ask(_registry, Register(1, 1, 60, 1));
        _sim.Ask(_registry, Register(1, 2, 60, 2));
        Assert.Equal([new Unprotect(Sample.Block(1), Sample.Key(1))], _owners.Take());
        _registry.Tell(new ProtectDone(Sample.Block(1), 0), _owners.Ref);
        _sim.Run();
        Assert.Empty(_sim.Unhandled);
    }

    [Fact]
    public void Registry_that_failed_at_a_message_knows_what_it_knew()
    {
        _sim.Ask(_registry, Register(1, 1, 60, 1));
        _registry.Tell(new Unheard(Sample.Key(1)), ActorRefs.NoSender);
        Assert.Equal(new Registered(60, 100), _sim.Ask(_registry, Register(2, 1, 60, 1)));
        Assert.Single(_sim.Log);
        Assert.True(_replica.Contains(Sample.Block(1)));
    }

    [Fact]
    public void Withdrawal_is_forgotten_in_the_replica_by_the_clock()
    {
        _sim.Ask(_registry, Register(1, 1, 60, 1));
        _sim.Ask(_registry, new Unregister(Sample.Key(1), new HybridTimestamp(2)));
        Assert.Single(_replica.State.Entries);
        _sim.Advance(TimeSpan.FromMinutes(6.1));
        Assert.Empty(_replica.State.Entries);
    }

    public void Dispose() => _sim.Dispose();

    private static Register Register(int key, int block, long lengthBytes, ulong stamp) =>
        new(Sample.Key(key), Sample.Block(block), lengthBytes, new HybridTimestamp(stamp));

    /// <summary>Sees a reply at the moment it is sent, when an actor would see it a turn later.</summary>
    private sealed class AtOnce(ActorPath path, Action<object> onReply) : IActorRef
    {
        public ActorPath Path => path;

        public void Tell(object message, IActorRef? sender) => onReply(message);
    }

    /// <summary>A message that no registry knows.</summary>
    private sealed record Unheard(KeyDigest Key) : IRegistryMessage;
}

namespace Cascade.Actors.Tests;

[CollectionDefinition(nameof(MeasuredAlone), DisableParallelization = true)]
public sealed class MeasuredAlone;

/// <summary>Measures the whole process's memory, so no other test may run beside it.</summary>
[Collection(nameof(MeasuredAlone))]
public sealed class IdleEntityTests
{
    /// <summary>
    /// Per idle entity: actor with a handler, its own props, cell, ref, mailbox, name, and the region's books. The promise is 1 KiB;
    /// the bound is a little above what it measures, to catch growth.
    /// </summary>
    [Fact]
    public void Idle_entity_costs_less_than_a_kilobyte()
    {
        const int Entities = 100_000;
        var sim = new SimulatedSystem();
        var region = ClusterSharding.Get(sim.System).Start(
            "tiny", static id => Props.Create(() => new Tiny(id)), new ClusterShardingSettings(), new Extractor());
        for (var i = 0; i < 10; i++) region.Tell(new ShardingEnvelope($"warm-{i}", "hi"));
        sim.Run();

        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Entities; i++)
        {
            region.Tell(new ShardingEnvelope($"entity-{i}", "hi"));
            if (i % 1_000 == 0) sim.Run();
        }

        sim.Run();
        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Entities;
        TestContext.Current.SendDiagnosticMessage($"{bytes:F0} bytes an idle entity");
        Assert.InRange(bytes, 100, 768);
        GC.KeepAlive(sim);
    }

    private sealed class Extractor : HashCodeMessageExtractor
    {
        public override string? EntityId(object message) => (message as ShardingEnvelope)?.EntityId;
    }

    private sealed class Tiny : ReceiveActor
    {
        private readonly string _id;

        public Tiny(string id)
        {
            _id = id;
            Receive<string>(Handle);
        }

        private void Handle(string message) => GC.KeepAlive(_id);
    }
}

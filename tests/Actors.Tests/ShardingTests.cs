namespace Cascade.Actors.Tests;

public sealed class ShardingTests
{
    private static readonly ClusterShardingSettings Settings = new() { PassivateIdleEntityAfter = TimeSpan.FromSeconds(60) };

    [Fact]
    public void Entity_starts_at_its_first_message_and_replies_to_the_asker()
    {
        var world = new World(new SimulatedSystem(), Settings);
        Assert.Equal("a got 1", world.Sim.Dispatcher.Run(() => world.Region.Ask<string>(new ShardingEnvelope("a", 1))));
        Assert.Equal(["a start", "a 1"], world.Seen);
    }

    [Fact]
    public void Ids_that_are_no_names_are_encoded()
    {
        var world = new World(new SimulatedSystem(), Settings);
        foreach (var id in new[] { "a/b c", "100%", "$x", "é", "100%25", new string('x', 300) }) world.Tell(id, 1);
        Assert.Empty(world.Sim.Log);
        Assert.Equal(6, world.Seen.Count(s => s.EndsWith(" start", StringComparison.Ordinal)));
        world.Sim.Advance(61);
        world.Tell("100%", 2);
        Assert.Equal("100% 2", world.Seen[^1]);
    }

    [Fact]
    public void Idle_entity_is_passivated_after_its_time_and_one_in_use_is_not()
    {
        var world = new World(new SimulatedSystem(), Settings);
        world.Tell("idle", 1);
        world.Tell("used", 1);
        world.Sim.Advance(40);
        world.Tell("used", 2);
        world.Sim.Advance(19.999);
        Assert.DoesNotContain("idle stop", world.Seen);
        world.Sim.Advance(0.001);
        Assert.Contains("idle stop", world.Seen);
        Assert.DoesNotContain("used stop", world.Seen);
        world.Sim.Advance(40);
        Assert.Contains("used stop", world.Seen);
        Assert.Empty(world.Stats());
    }

    [Fact]
    public void Entity_that_decides_itself_is_told_that_it_is_idle_and_goes_when_it_says_so()
    {
        var world = new World(new SimulatedSystem(), Settings with { EntitiesDecideOnPassivation = true });
        world.Tell("stays", 1);
        world.Tell("stays", "keep");
        world.Tell("goes", 1);
        world.Sim.Advance(60);
        Assert.Contains("goes stop", world.Seen);
        world.Sim.Advance(60);
        Assert.Equal(2, world.Seen.Count(s => s == "stays idle"));
        Assert.DoesNotContain("stays stop", world.Seen);
    }

    [Fact]
    public void Entity_that_got_work_after_it_decided_to_go_is_not_stopped_over_it()
    {
        var stops = 0;
        SimulatedSystem.ForSeeds(300, seed => stops += StopsOfRandomWork(seed));
        Assert.True(stops > 300, $"Entities stopped {stops} times: too seldom to show anything.");
    }

    private static int StopsOfRandomWork(ulong seed)
    {
        var sim = new SimulatedSystem(seed);
        var seen = new List<string>();
        var region = ClusterSharding.Get(sim.System).Start(
            "worker",
            id => Props.Create(() => new Worker(seen)),
            Settings with { EntitiesDecideOnPassivation = true, ActiveEntityLimit = 1 },
            new Extractor());
        var random = new Random((int)seed);
        var begun = "abcdef".ToDictionary(id => id.ToString(), _ => 0);
        for (var i = 0; i < 120; i++)
        {
            // Room for one of six: each start tells another one that it is idle, while more may be on its way to it.
            var id = "abcdef"[random.Next(6)].ToString();
            begun[id]++;
            region.Tell(new ShardingEnvelope(id, "begin"));
            for (var turns = random.Next(8); turns > 0; turns--) sim.Dispatcher.RunOne();
            if (random.Next(4) == 0) continue;
            for (; begun[id] > 0; begun[id]--) region.Tell(new ShardingEnvelope(id, "end"));
        }

        sim.Run();
        Assert.DoesNotContain("stopped over work", seen);
        return seen.Count;
    }

    [Fact]
    public void Past_the_limit_the_entity_used_longest_ago_is_passivated()
    {
        var world = new World(new SimulatedSystem(), Settings with { ActiveEntityLimit = 2 });
        foreach (var id in new[] { "a", "b", "a", "c" }) world.Tell(id, 1);
        Assert.Equal(["b stop"], world.Seen.Where(s => s.EndsWith("stop", StringComparison.Ordinal)));
    }

    [Fact]
    public void Entity_that_ignores_its_stop_message_is_stopped_at_the_timeout()
    {
        var world = new World(new SimulatedSystem(), Settings with { HandOffStopMessage = "ignored", StopTimeout = TimeSpan.FromSeconds(5) });
        world.Tell("a", 1);
        world.Sim.Advance(60);
        world.Tell("a", 2);
        Assert.Equal(["a start", "a 1"], world.Seen.Where(s => s != "a ignored"));
        world.Sim.Advance(5);
        Assert.Equal(["a start", "a 1", "a stop", "a start", "a 2"], world.Seen.Where(s => s != "a ignored"));
    }

    [Fact]
    public void Messages_past_the_buffer_become_dead_letters_and_their_asks_fail()
    {
        var world = new World(new SimulatedSystem(), Settings with { HandOffStopMessage = "ignored", BufferSize = 2 });
        world.Tell("a", 1);
        world.Sim.Advance(60);
        world.Tell("a", 2);
        world.Tell("a", 3);
        var ask = world.Region.Ask<string>(new ShardingEnvelope("a", 4));
        world.Sim.Run();
        Assert.IsType<MailboxFullException>(ask.Exception!.InnerException);
        world.Sim.Advance(10);
        Assert.Equal(["a 2", "a 3"], world.Seen.TakeLast(2));
    }

    [Fact]
    public void Message_that_breaks_the_extractor_leaves_the_region_and_its_entities_alive()
    {
        var world = new World(new SimulatedSystem(), Settings);
        world.Tell("a", 1);
        world.Region.Tell("broken");
        world.Tell("a", 2);
        Assert.Equal(["a start", "a 1", "a 2"], world.Seen);
        Assert.Single(world.Sim.Log);
    }

    [Fact]
    public void Entity_that_fails_is_restarted_and_keeps_its_place()
    {
        var world = new World(new SimulatedSystem(), Settings);
        world.Tell("a", "fail");
        world.Tell("a", 2);
        Assert.Equal(["a start", "a stop", "a start", "a 2"], world.Seen);
    }

    [Fact]
    public void Passivation_loses_and_doubles_no_message_under_random_schedules() => SimulatedSystem.ForSeeds(500, seed =>
    {
        var sim = new SimulatedSystem(seed);
        var world = new World(sim, Settings with { ActiveEntityLimit = 2, PassivateIdleEntityAfter = TimeSpan.FromSeconds(1) });
        var random = new Random((int)seed);
        var sent = new Dictionary<string, List<int>>();
        for (var i = 0; i < 60; i++)
        {
            var id = "abc"[random.Next(3)].ToString();
            world.Region.Tell(new ShardingEnvelope(id, i));
            (sent.TryGetValue(id, out var list) ? list : sent[id] = []).Add(i);
            if (random.Next(4) == 0) world.Region.Tell(new ShardingEnvelope(id, "passivate"));
            for (var turns = random.Next(8); turns > 0; turns--) sim.Dispatcher.RunOne();
            if (random.Next(10) == 0) sim.Time.Advance(TimeSpan.FromSeconds(1));
        }

        sim.Run();
        foreach (var (id, numbers) in sent)
        {
            var got = world.Seen.Where(s => s.StartsWith($"{id} ", StringComparison.Ordinal) && char.IsAsciiDigit(s[2])).Select(s => int.Parse(s[2..]));
            Assert.Equal(numbers, got);
        }

        // Told without a sender, the entities reply to nobody; nothing else may be undeliverable.
        Assert.All(sim.DeadLetters.Of<DeadLetter>(), letter => Assert.Contains(" got ", Assert.IsType<string>(letter.Message), StringComparison.Ordinal));
    });

    [Theory]
    [InlineData("", 980)]
    [InlineData("a", 832)]
    [InlineData("é", 852)]
    public void Shard_of_an_id_is_the_same_in_every_process(string id, int shard) =>
        Assert.Equal(shard, new Extractor().ShardId(new ShardingEnvelope(id, 1)));

    private sealed class World
    {
        public World(SimulatedSystem sim, ClusterShardingSettings settings)
        {
            Sim = sim;
            Region = ClusterSharding.Get(sim.System).Start("thing", id => Props.Create(() => new Thing(id, Seen)), settings, new Extractor());
            Assert.Same(Region, ClusterSharding.Get(sim.System).ShardRegion("thing"));
        }

        public SimulatedSystem Sim { get; }

        public IActorRef Region { get; }

        public List<string> Seen { get; } = [];

        public void Tell(string id, object message)
        {
            Region.Tell(new ShardingEnvelope(id, message));
            Sim.Run();
        }

        public IReadOnlyDictionary<string, int> Stats() =>
            Sim.Dispatcher.Run(() => Region.Ask<ShardRegionStats>(GetShardRegionStats.Instance)).Stats;
    }

    private sealed class Extractor : HashCodeMessageExtractor
    {
        public override string? EntityId(object message) => message switch
        {
            ShardingEnvelope envelope => envelope.EntityId,
            "broken" => throw new InvalidTimeZoneException("broken"),
            _ => null,
        };
    }

    private sealed class Thing(string id, List<string> seen) : UntypedActor
    {
        private bool _keeps;

        protected override void PreStart() => seen.Add($"{id} start");

        protected override void PostStop() => seen.Add($"{id} stop");

        protected override void OnReceive(object message)
        {
            if (message is "fail") throw new InvalidTimeZoneException();
            _keeps |= message is "keep";
            if (message is ReceiveTimeout)
            {
                seen.Add($"{id} idle");
                if (_keeps) Context.Parent.Tell(StayAlive.Instance);
                else Context.Stop(Self);
                return;
            }

            if (message is "passivate")
            {
                Context.Parent.Tell(new Passivate(PoisonPill.Instance));
                return;
            }

            seen.Add($"{id} {message}");
            if (message is int) Sender.Tell($"{id} got {message}");
        }
    }

    /// <summary>Goes when it is idle and has no work begun.</summary>
    private sealed class Worker(List<string> seen) : UntypedActor
    {
        private int _begun;

        protected override void PostStop() => seen.Add(_begun == 0 ? "stopped" : "stopped over work");

        protected override void OnReceive(object message)
        {
            if (message is "begin") _begun++;
            else if (message is "end") _begun--;
            else if (_begun == 0) Context.Stop(Self);
            else Context.Parent.Tell(StayAlive.Instance);
        }
    }
}

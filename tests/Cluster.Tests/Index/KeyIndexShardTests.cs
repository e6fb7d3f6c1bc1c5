using Cascade.Actors;
using Cascade.Cluster.Index;
using Cascade.Cluster.Tests.Simulation;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Indices;
using Cascade.Core.Messages;
using Cascade.Core.Sharding;

namespace Cascade.Cluster.Tests.Index;

public sealed class KeyIndexShardTests : IDisposable
{
    private static readonly KeyIndexSettings Settings = new() { TombstoneAge = TimeSpan.FromMinutes(10) };

    private readonly SimulatedSystem _sim = new();
    private readonly IActorRef _region;

    public KeyIndexShardTests() => _region = ClusterSharding.Get(_sim.System).Start(
        KeyIndexShard.RegionName,
        _ => KeyIndexShard.Props(Settings, _sim.Recipients, _sim.Time),
        new ClusterShardingSettings { PassivateIdleEntityAfter = Timeout.InfiniteTimeSpan },
        new KeyMessageExtractor());

    [Fact]
    public void Keys_go_to_the_shard_of_their_digest_and_are_found_there()
    {
        const int Keys = 200;
        for (var key = 0; key < Keys; key++)
            Assert.Equal(new Bound(Sample.Key(key), Sample.Block(key), true), _sim.Ask(_region, Bind(key)));
        for (var key = 0; key < Keys; key++)
            Assert.Equal(new Found(Sample.Binding(key), Sample.Block(key)), _sim.Ask(_region, new Lookup(Sample.Key(key))));
        var shards = Enumerable.Range(0, Keys).Select(key => ShardMap.ShardOf(Sample.Key(key).Prefix64)).Distinct().Count();
        Assert.InRange(shards, 2, Keys - 1);
        Assert.Equal(shards, _sim.EntitiesOf(_region));
    }

    [Fact]
    public void Shard_that_failed_at_a_message_knows_what_it_knew()
    {
        _sim.Ask(_region, Bind(1));
        _region.Tell(new Unheard(Sample.Key(1)), ActorRefs.NoSender);
        Assert.Equal(new Found(Sample.Binding(1), Sample.Block(1)), _sim.Ask(_region, new Lookup(Sample.Key(1))));
        Assert.IsType<ArgumentException>(Assert.IsType<Error>(Assert.Single(_sim.Log)).Cause);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Deletion_is_forgotten_by_the_clock_also_after_a_failure(bool fails)
    {
        _sim.Ask(_region, Bind(1));
        Assert.IsType<Found>(_sim.Ask(_region, new Unbind(Sample.Key(1), new HybridTimestamp(2))));
        if (fails)
            _region.Tell(new Unheard(Sample.Key(1)), ActorRefs.NoSender);
        _sim.Advance(TimeSpan.FromMinutes(9.9));
        Assert.Equal(new Bound(Sample.Key(1), default, false), _sim.Ask(_region, Bind(1)));
        _sim.Advance(TimeSpan.FromMinutes(1.2));
        Assert.Equal(new Bound(Sample.Key(1), Sample.Block(1), true), _sim.Ask(_region, Bind(1)));
    }

    [Fact]
    public void Idle_shard_stays()
    {
        _sim.Ask(_region, Bind(1));
        _sim.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, _sim.EntitiesOf(_region));
    }

    public void Dispose() => _sim.Dispose();

    private static Bind Bind(int key) => new(Sample.Binding(key), Sample.Block(key));

    /// <summary>A message of a key that no shard knows.</summary>
    private sealed record Unheard(KeyDigest Key) : IKeyMessage;
}

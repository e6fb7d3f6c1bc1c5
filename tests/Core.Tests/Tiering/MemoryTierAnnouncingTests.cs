using Cascade.Core.Indices;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;
using static Cascade.Core.Tests.Tiering.TierFixture;

namespace Cascade.Core.Tests.Tiering;

public sealed class MemoryTierAnnouncingTests
{
    [Fact]
    public void Key_that_nobody_answered_for_is_told_again_until_it_is_bound()
    {
        using var tier = new TierFixture(granules: 4);
        tier.Put(1);
        tier.Put(2);
        var told = tier.Announce();
        Assert.Equal(2, told.Count);
        Assert.Empty(tier.Step(Bound(1)));
        Assert.Empty(tier.Step(Moved.Instance));
        Assert.Empty(tier.Tick());
        tier.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(new Bind(Key(2), Id(2)), Assert.Single(tier.Tick()).Message);
        tier.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(new Bind(Key(2), Id(2)), Assert.Single(tier.Tick()).Message);
        tier.Step(Bound(2));
        tier.Now += TimeSpan.FromSeconds(5);
        Assert.Empty(tier.Tick());
    }

    [Fact]
    public void Key_that_was_released_meanwhile_is_not_told_again()
    {
        using var tier = new TierFixture(granules: 4);
        tier.Put(1);
        tier.Announce();
        tier.Tick();
        tier.Release(new ReleaseKey(Key(1).Key, Id(1), Key(1).Stamp));
        tier.Now += TimeSpan.FromSeconds(1);
        Assert.DoesNotContain(tier.Tick(), effect => effect.Message is Bind);
    }

    [Fact]
    public void Refused_keys_do_not_hold_up_the_others()
    {
        using var tier = new TierFixture(granules: 300, slots: 300);
        for (var n = 0; n < 300; n++)
            tier.Put(n);
        var window = tier.Announce();
        List<Effect> next = [];
        foreach (var effect in window)
            next.AddRange(tier.Step(((Bind)effect.Message).Id == Id(0) ? new Refused("full") : Bound((Bind)effect.Message)));
        Assert.Equal(300 - window.Count, next.Count);
    }

    [Fact]
    public void Keys_of_shards_that_were_lost_are_told_and_who_asked_is_answered_once_they_are_bound()
    {
        using var tier = new TierFixture(granules: 4);
        tier.Put(1);
        tier.Put(2);
        foreach (var effect in tier.Announce())
            tier.Step(Bound((Bind)effect.Message));
        var shard = KeyLanes.ShardOf(Key(2).Key);
        var request = new AnnounceKeys(KeyLanes.LaneOf(shard), 1UL << KeyLanes.SlotOf(shard), Round: 5);
        Assert.Equal(new Bind(Key(2), Id(2)), Assert.Single(tier.Step(request, "lane")).Message);
        Assert.Empty(tier.Step(request, "lane"));
        var other = request with { Shards = 0, Round = 6 };
        Assert.Empty(tier.Step(other, "other lane"));
        var self = new TierAddress(new Core.Identity.NodeId(1), Core.Identity.TierKind.Shm);
        Assert.Equal(
            [new Effect("lane", new KeysAnnounced(self, 5, false)), new Effect("other lane", new KeysAnnounced(self, 6, false))], tier.Step(Bound(2)));
    }

    [Fact]
    public void Request_is_passed_on_to_the_cold_tier_in_the_name_of_who_asked()
    {
        using var tier = new TierFixture(granules: 4, settings: WithCold);
        var request = new AnnounceKeys(1, 2, Round: 5);
        var cold = new TierAddress(new Core.Identity.NodeId(1), Core.Identity.TierKind.Cold);
        var effects = tier.Step(request, "lane");
        Assert.Equal(new Effect(cold, request) { Sender = "lane" }, effects[0]);
        Assert.True(Assert.IsType<KeysAnnounced>(effects[1].Message).AwaitCold);
    }

    [Fact]
    public void Keys_of_a_copy_that_its_owner_did_not_know_are_told_again()
    {
        using var tier = new TierFixture(granules: 4);
        tier.Put(1);
        tier.Put(2);
        foreach (var effect in tier.Announce())
            tier.Step(Bound((Bind)effect.Message));
        var self = new TierAddress(new Core.Identity.NodeId(1), Core.Identity.TierKind.Shm);
        tier.Arena.TryFind(Id(1), out var known);
        tier.Arena.TryFind(Id(2), out var unknown);
        var effects = tier.Step(new Believed(self, ShardSet.All(), [HeldBlock.Of(Id(1), known)]));
        Assert.Equal([new AddCopy(Id(2), unknown), new Bind(Key(2), Id(2))], effects.Select(effect => effect.Message));
        tier.Now += TimeSpan.FromSeconds(1);
        tier.Tick();
        tier.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(new Bind(Key(2), Id(2)), Assert.Single(tier.Tick()).Message);
        tier.Step(Bound(2));
        tier.Now += TimeSpan.FromSeconds(5);
        Assert.Empty(tier.Tick());
    }

    private static Bound Bound(int n) => new(Key(n).Key, Id(n), true);

    private static Bound Bound(Bind bind) => new(bind.Key, bind.Id, true);
}

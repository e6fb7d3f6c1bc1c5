using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Ownership;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;
using Cascade.Core.Tests.Indices;
using Cascade.Core.Tests.Membership;

namespace Cascade.Core.Tests.Ownership;

[Collection(nameof(MeasuredAlone))]
public sealed class CopyDirectoryTests
{
    private static readonly TierAddress Mine = new(new NodeId(1), TierKind.Shm), Theirs = new(new NodeId(2), TierKind.Shm);
    private static readonly BlockId Id = Block(1);
    private static readonly int Shard = ShardMap.ShardOf(Id.Prefix64);

    private readonly CopyDirectory _directory = new();
    private readonly ClusterView _view = new(new NodeId(1));
    private readonly Outbox _outbox = new();
    private readonly CopyLoaderCore _loader;
    private TimeSpan _now = TimeSpan.FromSeconds(10);

    public CopyDirectoryTests() => _loader = new CopyLoaderCore(_view, _directory, static node => node);

    [Fact]
    public void Block_with_one_copy_takes_at_most_150_bytes_however_many_there_are()
    {
        Join(1);
        Load(ShardSet.All());
        const int Blocks = 200_000;
        var worst = 0.0;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 1; i <= Blocks; i++)
        {
            _directory.Add(Block(i), Copy(Mine, (uint)i));
            if (i % 20_000 == 0 && i >= 100_000)
                worst = Math.Max(worst, (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)i);
        }
        Assert.Equal(Blocks, _directory.Blocks);
        Assert.InRange(worst, 64, 150);
    }

    [Fact]
    public void Table_says_what_a_plain_one_does()
    {
        var random = new SeededNumbers(7);
        Dictionary<(BlockId, TierAddress), CopyLocation> model = [];
        Join(1, 2);
        Load(ShardSet.All());
        for (var step = 0; step < 30_000; step++)
        {
            var id = Block(1 + random.Below(300));
            var tier = random.Below(2) == 0 ? Mine : Theirs;
            var copy = Copy(tier, 0, (uint)random.Below(8));
            var known = model.TryGetValue((id, tier), out var held);
            if (random.Below(5) < 3)
            {
                _directory.Add(id, copy);
                if (!known || copy.Generation > held.Generation)
                    model[(id, tier)] = copy;
            }
            else
            {
                _directory.Remove(id, copy);
                if (known && copy.Generation >= held.Generation)
                    model.Remove((id, tier));
            }
            Assert.True(Read(id).ToHashSet().SetEquals(model.Where(one => one.Key.Item1 == id).Select(static one => one.Value)));
        }
        foreach (var tier in new[] { Mine, Theirs })
        {
            for (var shard = 0; shard < ShardMap.Shards; shard++)
            {
                var tally = model.Where(one => one.Key.Item2 == tier && ShardMap.ShardOf(one.Key.Item1.Prefix64) == shard)
                    .Aggregate(default(ShardTally), static (sum, one) => sum.With(one.Key.Item1, one.Value.Slot, one.Value.Generation, +1));
                Assert.Equal(tally, _directory.TallyOf(shard, tier));
            }
        }
    }

    [Fact]
    public void Shard_is_loaded_when_every_tier_of_every_node_has_reported_since()
    {
        Join(1, 2);
        Take(Report(Theirs, Copy(Theirs, 9)));
        Load(Only(Shard));
        Assert.Equal([new NodeId(1), new NodeId(2)], Asked());
        Take(Report(Mine), Report(Mine with { Tier = TierKind.Cold }), Report(Mine with { Tier = TierKind.Gpu }), Report(Theirs, Copy(Theirs, 5)));
        Assert.Empty(Loaded());
        Assert.False(_directory.IsComplete(Id));
        Take(Report(Theirs with { Tier = TierKind.Cold }), Report(Theirs with { Tier = TierKind.Gpu }));
        Assert.Single(Loaded());
        Assert.True(_directory.IsComplete(Id));
        Assert.Equal([Copy(Theirs, 5)], Read(Id));
    }

    [Fact]
    public void Report_of_an_earlier_life_counts_nothing()
    {
        Join(1, 2);
        Load(Only(Shard));
        Take(Report(Theirs, Copy(Theirs, 5)) with { Start = new HybridTimestamp(99) });
        Assert.Empty(Read(Id));
        Assert.False(_directory.IsReported(Id, Theirs));
    }

    [Fact]
    public void Node_that_does_not_report_is_waited_for_three_seconds_and_then_the_shard_is_incomplete()
    {
        Join(1, 2);
        Load(Only(Shard));
        Take(Report(Mine), Report(Mine with { Tier = TierKind.Cold }), Report(Mine with { Tier = TierKind.Gpu }));
        Tick(2.9);
        Assert.Empty(Loaded());
        Tick(0.2);
        Assert.Single(Loaded());
        Assert.False(_directory.IsComplete(Id));

        // A copy that came and went meanwhile is not brought back by the report that still names it.
        _directory.Add(Id, Copy(Theirs, 5));
        _directory.Remove(Id, Copy(Theirs, 5));
        Take(Report(Theirs, Copy(Theirs, 5)), Report(Theirs with { Tier = TierKind.Cold }), Report(Theirs with { Tier = TierKind.Gpu }));
        Assert.True(_directory.IsComplete(Id));
        Assert.Empty(Read(Id));
    }

    [Fact]
    public void Node_that_is_gone_takes_its_copies_along_and_is_not_waited_for()
    {
        Join(1, 2);
        Load(Only(Shard));
        Take(Report(Mine, Copy(Mine, 3)), Report(Mine with { Tier = TierKind.Cold }), Report(Mine with { Tier = TierKind.Gpu }));
        _directory.Add(Id, Copy(Theirs, 5));
        _outbox.Clear();
        Join(1);
        Assert.Single(Loaded());
        Assert.Contains(new Effect(CopyLoaderCore.LiveOwners, new NodeGone(new NodeId(2))), _outbox.Effects);
        Assert.Equal([Copy(Mine, 3)], Read(Id));
    }

    [Fact]
    public void Owners_are_told_of_a_client_that_is_gone()
    {
        var client = new MemberAt(new NodeId(7), 7).Member;
        client = client with { Metadata = new MemberMetadata(true, []) };
        Load(Only(Shard));
        _view.Publish(new MembershipView(1, _view.Self, [new MemberAt(new NodeId(1), 1).Member, client], 0));
        Take(_view.Current);
        Assert.DoesNotContain(_outbox.Effects, static effect => effect.Message is NodeGone);
        Join(1);
        Assert.Contains(new Effect(CopyLoaderCore.LiveOwners, new NodeGone(new NodeId(7))), _outbox.Effects);
        _outbox.Clear();
        Join(1);
        Assert.DoesNotContain(_outbox.Effects, static effect => effect.Message is NodeGone);
    }

    [Fact]
    public void Node_that_comes_later_makes_shards_incomplete_until_it_has_reported()
    {
        Join(1);
        Load(Only(Shard));
        Take(Report(Mine), Report(Mine with { Tier = TierKind.Cold }), Report(Mine with { Tier = TierKind.Gpu }));
        Assert.True(_directory.IsComplete(Id));
        Join(1, 2);
        Assert.False(_directory.IsComplete(Id));
        Assert.Equal(1, _loader.Incomplete);
        Take(Report(Theirs, Copy(Theirs, 5)), Report(Theirs with { Tier = TierKind.Cold }), Report(Theirs with { Tier = TierKind.Gpu }));
        Assert.True(_directory.IsComplete(Id));
        Assert.Equal(0, _loader.Incomplete);
        Assert.Equal([Copy(Theirs, 5)], Read(Id));
    }

    [Fact]
    public void Digest_that_differs_is_answered_by_what_is_believed_and_an_equal_one_is_not()
    {
        Join(1);
        Load(Only(Shard));
        Take(Report(Mine, Copy(Mine, 3)), Report(Mine with { Tier = TierKind.Cold }), Report(Mine with { Tier = TierKind.Gpu }));
        _outbox.Clear();
        var equal = default(ShardTally).With(Id, 3, 2, +1);
        Take(new HoldingsDigest(Mine, Start(1), Only(Shard), [equal]));
        Assert.Empty(_outbox.Effects);
        Take(new HoldingsDigest(Mine, Start(1), Only(Shard), [default]));
        var believed = Assert.IsType<Believed>(Assert.Single(_outbox.Effects).Message);
        Assert.Equal([HeldBlock.Of(Id, Copy(Mine, 3))], believed.Blocks);
    }

    private static HybridTimestamp Start(uint node) => new(node);

    private static BlockId Block(int number)
    {
        Span<byte> digest = stackalloc byte[32];
        BitConverter.TryWriteBytes(digest, (ulong)number * 0x9E3779B97F4A7C15);
        digest[31] = 1;
        return new BlockId(digest);
    }

    private static CopyLocation Copy(TierAddress tier, uint slot, uint generation = 2) => new(tier.Node, tier.Tier, slot, generation, 0, 4096);

    private static ShardSet Only(int shard)
    {
        var set = new ShardSet();
        set.Add(shard);
        return set;
    }

    private static Holdings Report(TierAddress tier, params CopyLocation[] copies) =>
        new(tier, Start(tier.Node.Value), Only(Shard), More: false, [.. copies.Select(static copy => HeldBlock.Of(Id, copy))]);

    private void Join(params uint[] nodes)
    {
        _view.Publish(new MembershipView(1, _view.Self, [.. nodes.Select(static node => new MemberAt(new NodeId(node), node).Member)], 0));
        Take(_view.Current);
    }

    private void Load(ShardSet shards) => Take(new LoadShards(shards, 1));

    private void Take(params object[] messages)
    {
        foreach (var message in messages)
            Assert.True(_loader.Handle(_now, "sender", message, _outbox));
    }

    private void Tick(double seconds)
    {
        _now += TimeSpan.FromSeconds(seconds);
        _loader.Tick(_now, _outbox);
    }

    private List<CopyLocation> Read(BlockId id)
    {
        List<CopyLocation> copies = [];
        _directory.Read(id, copies);
        return copies;
    }

    private List<object> Asked() => [.. _outbox.Effects.Where(static effect => effect.Message is ListHoldings).Select(static effect => effect.To)];

    private List<ShardsLoaded> Loaded() => [.. _outbox.Effects.Select(static effect => effect.Message).OfType<ShardsLoaded>()];
}

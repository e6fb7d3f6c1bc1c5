using Cascade.Core.Identity;
using Cascade.Core.Indices;
using Cascade.Core.Membership;
using Cascade.Core.Sharding;

namespace Cascade.Core.Tests.Indices;

/// <summary>Random runs: what was acknowledged is never missed, as long as one node crashes at a time, and in the end replicas hold the same.</summary>
public sealed class KeyLaneRandomTests
{
    private const int ClientCount = 40;
    private const int Rounds = 5;

    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, 25).Select(static seed => (ulong)seed)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Acknowledged_keys_are_found_and_replicas_agree_in_the_end(ulong seed)
    {
        var world = new KeyLaneWorld(seed);
        for (var node = 1U; node <= 4; node++)
            world.Start(node);
        var stamps = 0UL;
        List<KeyLaneClient> clients = [.. Keys().Take(ClientCount).Select(key => new KeyLaneClient(world, seed, key, () => ++stamps))];
        foreach (var client in clients)
            client.Next();
        world.Settle();
        for (var round = 0; round < Rounds; round++)
        {
            Disturb(world);
            world.Settle();
        }
        foreach (var client in clients)
            client.Rests = true;
        for (var i = 0; i < 100 && !clients.TrueForAll(static client => client.IsIdle); i++)
            world.Run(TimeSpan.FromSeconds(1));
        world.Settle();
        world.Run(TimeSpan.FromSeconds(KeyLanes.ShardsEach + 2));
        Check(world, clients, seed);
    }

    /// <summary>Some changes, one crash at most among them, with connections that break meanwhile.</summary>
    private static void Disturb(KeyLaneWorld world)
    {
        var random = world.Random;
        var mayCrash = true;
        for (var change = 0; change < 1 + random.Below(4); change++)
        {
            var (number, node) = world.Nodes.ElementAt(random.Below(world.Nodes.Count));
            switch (random.Below(5))
            {
                case 0 when mayCrash && world.Nodes.Count > 2:
                    mayCrash = false;
                    world.Crash(number);
                    if (random.Chance(0.3))
                        world.At(random.Below(TimeSpan.FromSeconds(3)), () => world.Start(number));
                    else
                        world.At(random.Below(TimeSpan.FromSeconds(4)), () => world.Remove(number));
                    break;
                case 1 when world.Nodes.Count > 3 && node.Known.All(static member => member.State == MemberState.Up):
                    world.Change(number, static member => member with { State = MemberState.Leaving });
                    Leave(world, number, node);
                    break;
                case 2 when world.Nodes.Count < 6:
                    var free = Enumerable.Range(1, 9).Select(static i => (uint)i).First(i => world.Truth.TrueForAll(member => member.Node.Value != i));
                    world.Start(free, share: 1 + random.Below(8));
                    break;
                case 3 when world.Truth.Exists(member => member.Node.Value == number):
                    world.Change(number, member => member with { Share = Math.Min(8, member.Share + 2) });
                    break;
                default:
                    world.Break(node.Life.Node, world.Nodes.Values.ElementAt(random.Below(world.Nodes.Count)).Life.Node);
                    break;
            }
            world.Run(random.Below(TimeSpan.FromSeconds(3)));
        }
    }

    /// <summary>A node that leaves stays until it has handed all over.</summary>
    private static void Leave(KeyLaneWorld world, uint number, KeyLaneWorld.Node node) => world.At(TimeSpan.FromSeconds(2.5), () =>
    {
        if (!world.Nodes.ContainsValue(node))
            return;
        if (node.Core.Report is { HandingOver: 0, Primary: 0, Backup: 0 })
        {
            world.Crash(number);
            world.Remove(number);
            return;
        }
        Leave(world, number, node);
    });

    private static void Check(KeyLaneWorld world, List<KeyLaneClient> clients, ulong seed)
    {
        var map = ShardMap.Of(KeyLaneWorld.View(world.Truth[0].Node, world.Truth));
        foreach (var client in clients)
        {
            Assert.True(client.Answers > 20, $"seed {seed}: {client.Answers} answers");
            var shard = KeyLanes.ShardOf(client.Key);
            var primary = world.Nodes[map.OwnerOf(shard)!.Value.Value].Core.Shard(shard)!.Keys;
            var backup = world.Nodes[map.BackupOf(shard)!.Value.Value].Core.Shard(shard)!.Keys;
            var entry = primary.Entry(client.Key);
            Assert.True((entry?.Id ?? default) == client.Expected, $"seed {seed}: {client.Key} names {entry?.Id}, not {client.Expected}");
            Assert.True(primary.Digest == backup.Digest && primary.Keys == backup.Keys, $"seed {seed}: shard {shard} differs: {primary.Keys}, {backup.Keys}");
        }
    }

    internal static IEnumerable<KeyDigest> Keys() =>
        Enumerable.Range(1, int.MaxValue - 1).Select(Digests.Key).Where(static key => KeyLanes.LaneOf(KeyLanes.ShardOf(key)) == KeyLaneWorld.Lane);
}

using System.Buffers.Binary;
using Cascade.Core.Identity;

namespace Cascade.Hosting.Tests.Embedding;

/// <summary>All operations at once from several threads on an arena that is too small for them.</summary>
public sealed class MixedLoadTests
{
    private const int Tasks = 8;
    private const int OperationsPerTask = 2_500;
    private const int KeyCount = 64;

    /// <summary>A key is put with one of so many contents, and neighbouring keys share contents.</summary>
    private const int ContentsPerKey = 3;
    private const int CapacityBytes = 1 << 20;

    [Fact]
    public async Task Every_hit_shows_bytes_that_some_put_stored_under_its_key_and_all_room_comes_back()
    {
        const int Seed = 20261121;
        await using var node = await TestNode.StartAsync(
            $"cascade.tiers.shm.capacity={CapacityBytes}", "cascade.tiers.shm.max-blocks=1024",
            "cascade.actors.entities-max=16", "cascade.actors.passivate-after=1s");
        var tallies = await Task.WhenAll(
            Enumerable.Range(0, Tasks).Select(task => Task.Run(() => RunAsync(node.Cache, new Random(Seed + task)))));
        Assert.All(tallies, tally => Assert.True(tally is { Hits: > 100, Puts: > 100 }, $"{tally}, seed {Seed}"));

        var stat = await node.Cache.StatAsync();
        Assert.Equal((0, 0L, 0), (stat.Leases, stat.Tiers[0].Corrupt, stat.Tiers[0].WaitingPuts));
        Assert.True(stat.Tiers[0].Evicted > 100, $"Only {stat.Tiers[0].Evicted} evictions, seed {Seed}: the arena is too large for the test.");
        await DeleteAllAsync(node.Cache);
        await Patience.UntilEmptyAsync(node.Cache);
        stat = await node.Cache.StatAsync();
        Assert.Equal((0, 0L), (stat.Leases, stat.ProtectedBytes));
    }

    private static async Task<(int Hits, int Puts)> RunAsync(ICascade cache, Random random)
    {
        var (hits, puts) = (0, 0);
        var protects = new List<CacheKey[]>();
        for (var operation = 0; operation < OperationsPerTask; operation++)
        {
            var key = random.Next(KeyCount);
            switch (random.Next(20))
            {
                case < 9:
                    var put = await cache.PutAsync(Blocks.Key(key), Content(key + random.Next(ContentsPerKey)));
                    Assert.NotEqual(PutStatus.Refused, put.Status);
                    puts += put.IsReadable ? 1 : 0;
                    break;
                case < 16:
                    using (var got = await cache.GetAsync(Blocks.Key(key)))
                    {
                        if (got.IsHit)
                            AssertBelongsTo(key, got.Lease.Span);
                        hits += got.IsHit ? 1 : 0;
                    }

                    break;
                case < 18:
                    await cache.DeleteAsync(Blocks.Key(key));
                    break;
                case 18:
                    protects.Add([Blocks.Key(key)]);
                    await cache.ProtectAsync(protects[^1]);
                    break;
                default:
                    if (protects.Count > 0)
                        await cache.UnprotectAsync(protects[random.Next(protects.Count)]);
                    break;
            }
        }

        foreach (var keys in protects)
            await cache.UnprotectAsync(keys);
        return (hits, puts);
    }

    /// <summary>A block that lost its last key to another put can be reached by its content alone: put it once more, then delete.</summary>
    private static async Task DeleteAllAsync(ICascade cache)
    {
        for (var key = 0; key < KeyCount; key++)
            await cache.DeleteAsync(Blocks.Key(key));
        for (var content = 0; content < KeyCount + ContentsPerKey; content++)
        {
            Assert.True((await cache.PutAsync(Blocks.Key(-1), Content(content))).IsReadable);
            Assert.True(await cache.DeleteAsync(Blocks.Key(-1)));
        }
    }

    /// <summary>A block that says which content it is in its first bytes; lengths differ, so that room lies in pieces.</summary>
    private static byte[] Content(int content)
    {
        var bytes = Blocks.Bytes(content, 4096 + (content * 977 % 40_000));
        BinaryPrimitives.WriteInt32LittleEndian(bytes, content);
        return bytes;
    }

    private static void AssertBelongsTo(int key, ReadOnlySpan<byte> bytes)
    {
        var content = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        Assert.InRange(content, key, key + ContentsPerKey - 1);
        Assert.True(bytes.SequenceEqual(Content(content)), $"Key {key} shows bytes that differ from content {content}.");
    }
}

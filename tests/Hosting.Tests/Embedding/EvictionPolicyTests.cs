using Cascade.Core.Eviction;
using Cascade.Core.Identity;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Node;

namespace Cascade.Hosting.Tests.Embedding;

/// <summary>Nodes with each of the policies that settings name.</summary>
public sealed class EvictionPolicyTests
{
    /// <summary>Blocks of 64 KiB in 8 MiB.</summary>
    private const int Fits = 128;

    [Theory]
    [InlineData(EvictionRule.Hazard, typeof(HazardPolicy))]
    [InlineData(EvictionRule.Lru, typeof(LruPolicy))]
    [InlineData(EvictionRule.S3Fifo, typeof(S3FifoPolicy))]
    [InlineData(EvictionRule.TinyLfu, typeof(TinyLfuPolicy))]
    public void Setting_names_the_policy_that_decides(EvictionRule rule, Type policy)
    {
        using var made = EvictionPolicies.Make(rule, 16, 1 << 20);
        Assert.IsType(policy, made.Inner);
    }

    [Theory]
    [InlineData("hazard")]
    [InlineData("lru")]
    [InlineData("s3-fifo")]
    [InlineData("w-tinylfu")]
    public async Task Full_memory_takes_every_put_and_serves_whole_prefixes_with_any_policy(string policy)
    {
        await using var node = await TestNode.StartAsync($"cascade.eviction.policy={policy}");
        var chains = Enumerable.Range(0, 24).Select(n => Blocks.Chain(n * 1000, 16)).ToArray();
        for (var round = 0; round < 2; round++)
        {
            for (var at = 0; at < chains.Length; at++)
            {
                var puts = chains[at].Select((key, i) => new BlockToPut(key, Blocks.Bytes((at * 1000) + i))).ToArray();
                Assert.All(await node.Cache.PutManyAsync(puts), put => Assert.True(put.IsReadable, put.Reason));
            }
        }

        // Threads put blocks of a chain at once. What came when the head of its chain had gone again is of no use: it goes before all others, once it is
        // certain that no thread brings the head.
        var (found, later) = (0, -1);
        await Patience.UntilAsync(async () =>
        {
            Assert.True((await node.Cache.PutAsync(Blocks.Key(later), Blocks.Bytes(later))).IsReadable);
            later--;
            (found, var isWhole) = await CountAsync(node.Cache, chains);
            return isWhole;
        });
        Assert.InRange(found, 1, Fits);
    }

    /// <summary>Blocks that are there, and whether each has its parent.</summary>
    private static async Task<(int Found, bool IsWhole)> CountAsync(ICascade cache, CacheKey[][] chains)
    {
        var (found, isWhole) = (0, true);
        foreach (var chain in chains)
        {
            var prefix = await cache.LongestPrefixAsync(chain);
            for (var i = 0; i < chain.Length; i++)
            {
                using var got = await cache.GetAsync(chain[i]);
                found += got.IsHit ? 1 : 0;
                isWhole &= got.IsHit == (i < prefix);
            }
        }

        return (found, isWhole);
    }
}

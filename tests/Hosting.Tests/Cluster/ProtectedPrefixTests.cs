using Cascade.Core.Identity;
using Cascade.Hosting.Node;
using Cascade.Hosting.Tests.Embedding;

namespace Cascade.Hosting.Tests.Cluster;

/// <summary>Protected prefixes among ten times as many blocks as the memory of all nodes takes.</summary>
[Collection(nameof(Undisturbed))]
public sealed class ProtectedPrefixTests
{
    private const int NodeCount = 3;

    /// <summary>Blocks that one node takes: 8 MiB of 64 KiB each.</summary>
    private const int Fits = 128;

    /// <summary>Blocks that may be protected in the cluster: half of one node's memory.</summary>
    private const int Quota = Fits / 2;
    private const int ChainLength = 20;
    private const int OrdinaryPerNode = 10 * Fits;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Protected_prefixes_stay_readable_from_memory_at_every_node_and_the_quota_refuses_more_in_words(bool hasFiles)
    {
        using var folder = new ColdFolder();
        string[] settings = hasFiles ? folder.Settings("cascade.tiers.shm.capacity=8MiB") : [];
        await using var nodes = await TestNodes.StartAsync(NodeCount, settings);
        var chains = Enumerable.Range(0, NodeCount).Select(n => Blocks.Chain(FirstOf(n), ChainLength)).ToArray();
        for (var n = 0; n < NodeCount; n++)
        {
            // Registered by another node than the one that has them.
            Assert.All(await nodes[n].Cache.PutManyAsync(ToPut(chains[n], FirstOf(n))), put => Assert.Equal(PutStatus.Stored, put.Status));
            Assert.Equal(new ProtectResult(ProtectStatus.Protected, ChainLength), await nodes[(n + 1) % NodeCount].Cache.ProtectAsync(chains[n]));
        }

        await Task.WhenAll(Enumerable.Range(0, NodeCount).Select(n => Task.Run(() => LoadAsync(nodes[n], n, chains[n]))));
        for (var n = 0; n < NodeCount; n++)
        {
            for (var chain = 0; chain < NodeCount; chain++)
                await ReadFromMemoryAsync(nodes[n], chains[chain], FirstOf(chain));
            Assert.Equal((long)NodeCount * ChainLength * Blocks.Bytes(0).Length, (await nodes[n].Cache.StatAsync()).ProtectedBytes);
            Assert.True((await nodes[n].Cache.StatAsync()).Tiers[0].Evicted > OrdinaryPerNode / 2, $"node {n} had to give up too little");
        }

        var more = Blocks.Chain(FirstOf(NodeCount), ChainLength);
        await nodes[1].Cache.PutManyAsync(ToPut(more, FirstOf(NodeCount)));
        var refused = await nodes[1].Cache.ProtectAsync(more);
        Assert.Equal((ProtectStatus.QuotaExceeded, Quota - (NodeCount * ChainLength)), (refused.Status, refused.Registered));
        Assert.Contains("are protected already: unprotect what is no longer shared, or raise cascade.protection.quota-share", refused.Reason, StringComparison.Ordinal);
        Assert.Equal(PutStatus.Stored, (await nodes[1].Cache.PutAsync(Blocks.Key(999_999), Blocks.Bytes(999_999))).Status);
    }

    /// <summary>Puts ordinary blocks, most of them in prefixes, and reads some of them; one node reads its protected ones meanwhile, the others' are only held.</summary>
    private static async Task LoadAsync(CascadeNode node, int at, CacheKey[] chain)
    {
        var first = (at + 1) * 10_000;
        var parent = Blocks.Key(first - 1);
        for (var n = first; n < first + OrdinaryPerNode; n++)
        {
            var key = n % 32 == 0 ? Blocks.Key(n) : Blocks.Key(n, parent);
            parent = key;
            var put = await node.Cache.PutAsync(key, Blocks.Bytes(n), new PutOptions { Deadline = TimeSpan.FromSeconds(60) });
            Assert.True(put.Status == PutStatus.Stored, $"{n}: {put.Status} {put.Reason}");
            (await node.Cache.GetAsync(Blocks.Key(n - (n % 32)))).Dispose();
            if (at == 0 && n % 256 == 0)
                await ReadFromMemoryAsync(node, chain, FirstOf(at));
        }
    }

    private static async Task ReadFromMemoryAsync(CascadeNode node, CacheKey[] chain, int first)
    {
        Assert.Equal(chain.Length, await node.Cache.LongestPrefixAsync(chain));
        for (var i = 0; i < chain.Length; i++)
        {
            using var got = await node.Cache.GetAsync(chain[i]);
            Assert.True(got.IsHit, $"{first + i}: {got.MissReason}");
            Assert.NotEqual(TierKind.Cold, got.Lease.Tier);
            Assert.Equal(Blocks.Bytes(first + i), got.Lease.Span);
        }
    }

    private static int FirstOf(int chain) => 1_000_000 + (chain * 1000);

    private static BlockToPut[] ToPut(CacheKey[] chain, int first) => [.. chain.Select((key, i) => new BlockToPut(key, Blocks.Bytes(first + i)))];
}

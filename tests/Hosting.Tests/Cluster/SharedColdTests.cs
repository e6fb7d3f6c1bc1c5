using Cascade.Actors;
using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Hosting.Node;
using Cascade.Hosting.Tests.Embedding;
using Cascade.Tiers.Cold;
using static Cascade.Hosting.Tests.Embedding.ColdCalls;

namespace Cascade.Hosting.Tests.Cluster;

/// <summary>Nodes whose cold files lie in one directory read each other's.</summary>
public sealed class SharedColdTests
{
    private const string IdFile = "cascade-directory.id";
    private const int LeasesMax = 4096;
    private const string Shared = "cascade.tiers.cold.shared=true";

    /// <summary>Blocks of 64 KiB that are put: three times what the memory of a node takes.</summary>
    private const int Count = 192;

    [Fact]
    public async Task Block_in_the_files_of_another_node_is_read_from_them_and_stays_here()
    {
        using var folder = new ColdFolder();
        await using var nodes = await TestNodes.StartAsync(1, folder.Settings(Shared));
        var block = await FillAsync(nodes);
        var before = await TierAsync(nodes[0].Cache, TierKind.Shm);
        await ReadAsync(nodes[1].Cache, block, TierKind.Cold);
        Assert.Equal((1, 0, 0), FiguresOf(nodes[1]));

        // It may still be giving up blocks for room: what counts is that none came.
        Assert.Equal(before.Published, (await TierAsync(nodes[0].Cache, TierKind.Shm)).Published);
        await ReadAsync(nodes[1].Cache, block, TierKind.Shm);
        Assert.Equal((1, 0, 0), FiguresOf(nodes[1]));
        await Patience.UntilAsync(async () => (await CopiesAsync(nodes[0].Cache, block)).Length == 2);
    }

    [Fact]
    public async Task Readers_of_one_block_share_one_read_and_leave_no_lease()
    {
        using var folder = new ColdFolder();
        await using var nodes = await TestNodes.StartAsync(1, folder.Settings(Shared));
        var block = await FillAsync(nodes);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ReadAsync(nodes[1].Cache, block)));
        Assert.Equal((1, 0, 0), FiguresOf(nodes[1]));
        Assert.Equal(LeasesMax, await LeaseAllAsync(nodes[0], block));
    }

    [Fact]
    public async Task Client_reads_files_of_nodes_into_memory_of_its_own()
    {
        using var folder = new ColdFolder();
        await using var nodes = await TestNodes.StartAsync(1, folder.Settings(Shared));
        var block = await FillAsync(nodes, "cascade.node.client=true", "cascade.tiers.shm.capacity=1MiB");
        var before = await TierAsync(nodes[0].Cache, TierKind.Shm);
        await ReadAsync(nodes[1].Cache, block, TierKind.Cold);
        await ReadAsync(nodes[1].Cache, block, TierKind.Cold);
        Assert.Equal((2, 0, 0), FiguresOf(nodes[1]));
        Assert.Equal(before.Published, (await TierAsync(nodes[0].Cache, TierKind.Shm)).Published);
        Assert.Equal([TierKind.Cold], await CopiesAsync(nodes[0].Cache, block));
        await Patience.UntilAsync(async () => await LeaseAllAsync(nodes[0], block) == LeasesMax);
    }

    [Fact]
    public async Task Holder_that_lends_no_record_reads_it_itself()
    {
        using var folder = new ColdFolder();
        await using var nodes = await TestNodes.StartAsync(1, folder.Settings(Shared));
        var block = await FillAsync(nodes);
        Assert.Equal(LeasesMax, await LeaseAllAsync(nodes[0], block));
        var before = await TierAsync(nodes[0].Cache, TierKind.Shm);
        await ReadAsync(nodes[1].Cache, block);
        Assert.Equal((0, 1, 0), FiguresOf(nodes[1]));
        Assert.Equal(before.Published + 1, (await TierAsync(nodes[0].Cache, TierKind.Shm)).Published);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Directory_that_is_another_has_the_holder_read_its_files(bool saysItIsTheSame)
    {
        using ColdFolder folder = new(), other = new();
        await using var nodes = await TestNodes.StartAsync(1, folder.Settings(Shared));
        if (saysItIsTheSame)
            File.Copy(Path.Combine(folder.Path, IdFile), Path.Combine(other.Path, IdFile));
        var block = await FillAsync(nodes, $"cascade.tiers.cold.directory={other.Path}");
        var before = await TierAsync(nodes[0].Cache, TierKind.Shm);
        await ReadAsync(nodes[1].Cache, block);

        // The file of the copied name is looked for and not found.
        Assert.Equal((0, saysItIsTheSame ? 1 : 0, 0), FiguresOf(nodes[1]));
        Assert.Equal(before.Published + 1, (await TierAsync(nodes[0].Cache, TierKind.Shm)).Published);
    }

    [Fact]
    public async Task Directory_that_is_not_said_to_be_shared_is_read_by_the_holder()
    {
        using var folder = new ColdFolder();
        await using var nodes = await TestNodes.StartAsync(1, folder.Settings());
        var block = await FillAsync(nodes);
        await ReadAsync(nodes[1].Cache, block);
        Assert.Null(((CascadeCache)nodes[1].Cache).Shared);
        Assert.False(File.Exists(Path.Combine(folder.Path, IdFile)));
    }

    [Fact]
    public async Task Record_that_has_rotted_is_a_miss_and_never_other_bytes()
    {
        using var folder = new ColdFolder();
        await using var nodes = await TestNodes.StartAsync(1, folder.Settings(Shared));
        var block = await FillAsync(nodes);
        Rot(folder.Path, Blocks.Bytes(block));
        using var got = await nodes[1].Cache.GetAsync(Blocks.Key(block));
        Assert.False(got.IsHit);
        Assert.Equal((0, 1, 1), FiguresOf(nodes[1]));
        Assert.True((await TierAsync(nodes[0].Cache, TierKind.Cold)).Corrupt > 0);
        Assert.Null(await nodes[0].Cache.StatAsync(Blocks.Key(block)));
    }

    [Fact]
    public async Task Node_of_a_number_that_writes_there_already_is_refused()
    {
        using var folder = new ColdFolder();
        await using var nodes = await TestNodes.StartAsync(1, folder.Settings(Shared));
        await using var others = await TestNodes.StartAsync(0, folder.Settings(Shared));
        var refused = await Assert.ThrowsAsync<ColdRefusedException>(() => others.AddAsync(0));
        Assert.Contains("in use for rank 0", refused.Message, StringComparison.Ordinal);
    }

    private static void Rot(string folder, byte[] bytes)
    {
        var rotted = 0;
        foreach (var path in Directory.GetFiles(folder, "agg_rank000_*.bin"))
        {
            var at = File.ReadAllBytes(path).AsSpan().IndexOf(bytes.AsSpan(0, 4096));
            if (at < 0)
                continue;
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            RandomAccess.Write(file, [(byte)~bytes[5000]], at + 5000);
            RandomAccess.FlushToDisk(file);
            rotted++;
        }

        Assert.Equal(1, rotted);
    }

    /// <summary>Leases a record until no more is lent; tells how many leases that took.</summary>
    private static async Task<int> LeaseAllAsync(CascadeNode holder, int block)
    {
        var id = (await holder.Cache.StatAsync(Blocks.Key(block)))!.Block.Id;
        var leased = new List<RecordLeased>();
        while (await holder.Actors.Cold!.Ask<object>(new LeaseRecord(id, TimeSpan.FromMinutes(1)), TimeSpan.FromMinutes(1)) is RecordLeased lease)
            leased.Add(lease);
        if (leased.Count < LeasesMax)
            leased.ForEach(lease => holder.Actors.Cold!.Tell(new ReleaseRecord(id, lease.Lease)));
        return leased.Count;
    }

    private static async Task<int> FillAsync(TestNodes nodes, params string[] settings)
    {
        await PutAsync(nodes[0].Cache, 0, Count);
        await nodes.AddAsync(1, settings);
        await nodes.AgreeAsync();
        for (var n = 0; n < Count; n++)
        {
            if (await CopiesAsync(nodes[0].Cache, n) is [TierKind.Cold])
                return n;
        }

        throw new InvalidOperationException("No block is in the files alone.");
    }

    private static async Task ReadAsync(ICascade cache, int n, TierKind? tier = null)
    {
        using var got = await cache.GetAsync(Blocks.Key(n));
        Assert.True(got.IsHit, $"{n}: {got.MissReason}");
        Assert.Equal(Blocks.Bytes(n), got.Lease.Span);
        Assert.Equal(tier ?? got.Lease.Tier, got.Lease.Tier);
    }

    private static (long Read, long FellBack, long Corrupt) FiguresOf(CascadeNode node)
    {
        var shared = ((CascadeCache)node.Cache).Shared!;
        return (shared.Read, shared.FellBack, shared.Corrupt);
    }
}

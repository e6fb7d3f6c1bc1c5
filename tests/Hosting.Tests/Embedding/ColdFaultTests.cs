using Cascade.Core.Identity;
using Cascade.Tiers.Cold;
using static Cascade.Hosting.Tests.Embedding.ColdCalls;

namespace Cascade.Hosting.Tests.Embedding;

/// <summary>What becomes of a node whose files are damaged, removed, or held by another.</summary>
public sealed class ColdFaultTests
{
    private const int Many = 192;

    [Fact]
    public async Task Get_of_a_block_whose_file_was_removed_is_a_miss_and_the_node_goes_on()
    {
        using var folder = new ColdFolder();
        await using var node = await TestNode.StartAsync(folder.Settings());
        await PutAsync(node.Cache, 0, Many);
        foreach (var file in Directory.GetFiles(folder.Path, "agg_*.bin"))
            File.Delete(file);
        var hits = 0;
        for (var n = 0; n < Many; n++)
        {
            using var got = await node.Cache.GetAsync(Blocks.Key(n), new GetOptions { Deadline = TimeSpan.FromSeconds(20) });
            hits += got.IsHit ? 1 : 0;
            if (got.IsHit)
                Assert.Equal(Blocks.Bytes(n), got.Lease.Span);
        }

        // What is acknowledged as durable from now on lies in files that are there.
        Assert.True(hits > 0, "Not even what memory holds was found.");
        Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(Blocks.Key(8000), Blocks.Bytes(8000), Durable)).Status);
        await node.DisposeAsync();
        await using var next = await TestNode.StartAsync(folder.Settings());
        Assert.Equal(1, await ReadAsync(next.Cache, 8000, 1));
    }

    [Fact]
    public async Task Flipped_bit_is_a_miss_that_is_counted_and_never_an_answer()
    {
        using var folder = new ColdFolder();
        await using (var first = await TestNode.StartAsync(folder.Settings()))
            Assert.Equal(PutStatus.Stored, (await first.Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1), Durable)).Status);
        Flip(Directory.GetFiles(folder.Path, "agg_*.bin").Single(), 4096 + 777);
        await using var node = await TestNode.StartAsync(folder.Settings());
        Assert.False((await node.Cache.GetAsync(Blocks.Key(1))).IsHit);
        Assert.Equal(1, (await TierAsync(node.Cache, TierKind.Cold)).Corrupt);
        Assert.Null(await node.Cache.StatAsync(Blocks.Key(1)));

        // It can be stored anew.
        Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1), Durable)).Status);
    }

    [Fact]
    public async Task Directory_that_another_node_holds_is_refused_with_what_to_do()
    {
        using var folder = new ColdFolder();
        await using var node = await TestNode.StartAsync(folder.Settings());
        var cluster = TestNode.UniqueName("refused");
        var refused = await Assert.ThrowsAsync<ColdRefusedException>(
            () => TestNode.StartAsync(cluster, keepArena: false, TimeProvider.System, folder.Settings()));
        Assert.Contains(folder.Path, refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(TestNode.ArenaPath(cluster)));
    }

    [Fact]
    public async Task Stop_waits_for_what_was_asked_of_the_files_and_the_next_start_reads_no_headers()
    {
        using var folder = new ColdFolder();
        await using (var node = await TestNode.StartAsync(folder.Settings()))
            await PutAsync(node.Cache, 0, Many);
        await using var next = await TestNode.StartAsync(folder.Settings());
        Assert.Equal(0, next.ColdStart!.HeadersRead);
    }

    private static void Flip(string path, long offset)
    {
        using var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        var value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 0x10));
    }
}

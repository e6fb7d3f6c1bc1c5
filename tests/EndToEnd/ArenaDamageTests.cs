using System.Text.Json;
using Cascade.Actors;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Hosting;
using Cascade.Hosting.Node;
using Cascade.Hosting.Tests.Embedding;

namespace Cascade.EndToEnd;

/// <summary>An arena that changed on its own between two runs: what is wrong is told and never served, the rest is.</summary>
public sealed class ArenaDamageTests
{
    private const long CapacityBytes = 8 << 20;
    private const int Count = 10;
    private const int Damaged = 4;

    [Fact]
    public async Task Sound_arena_is_told_as_such_and_verified_on_request()
    {
        using var cluster = new TestCluster("sound");
        await FillAsync(cluster);
        await using (var node = await TestNode.AttachAsync(cluster.Name))
            await node.Cache.PutAsync(TestBlock.Key(100), TestBlock.Bytes(0));

        using var report = await InspectAsync(0, cluster, "--verify");
        var arena = report.RootElement;
        Assert.True(arena.GetProperty("sound").GetBoolean());
        Assert.Empty(arena.GetProperty("reasons").EnumerateArray());
        Assert.Equal(
            (Count, 1, 0, 0, Count + 1, Count),
            (Number(arena, "resident_entries"), Number(arena, "alias_entries"), Number(arena, "in_flight_entries"),
                Number(arena, "damaged_entries"), Number(arena, "keys"), Number(arena, "verified_blocks")));
        Assert.Equal(
            (Count * TestBlock.LengthBytes, CapacityBytes, TestBlock.LengthBytes, TestBlock.LengthBytes),
            (Number(arena, "live_bytes"), Number(arena, "capacity_bytes"), Number(arena, "smallest_block_bytes"), Number(arena, "largest_block_bytes")));
        Assert.Equal(
            (cluster.Name, "blake3"), (arena.GetProperty("cluster").GetString(), arena.GetProperty("digest").GetString()));

        var table = await CascadeProcess.RunAsync("inspect", "arena", cluster.ArenaPath);
        Assert.Equal((0, ""), (table.ExitCode, table.Error));
        Assert.Contains("sound yes", Squeezed(table.Output));
        Assert.Contains("digests checked 0", Squeezed(table.Output));
    }

    [Fact]
    public async Task Flipped_payload_bit_is_a_miss_counted_as_corrupt_and_the_block_can_be_put_again()
    {
        using var cluster = new TestCluster("payload");
        var copies = await FillAsync(cluster);
        var at = copies[Damaged].OffsetBytes + TestBlock.LengthBytes - 1;
        ArenaBytes.Flip(cluster.ArenaPath, ArenaBytes.PayloadAt(cluster.ArenaPath, CapacityBytes, at), 0x01);

        // The descriptors are sound; only the digests tell.
        (await InspectAsync(0, cluster)).Dispose();
        using (var report = await InspectAsync(1, cluster, "--verify"))
            AssertTells(report, copies[Damaged].Slot, "its bytes differ from its block id");

        await using var node = await TestNode.AttachAsync(cluster.Name);
        Assert.Equal((Count, 0), (node.Attach.Blocks, node.Attach.DroppedDamaged));
        await AssertServesAllButAsync(node, Damaged);
        Assert.Equal(1, (await MemoryOf(node)).Corrupt);

        await PutAgainAsync(node);
        Assert.Equal(1, (await MemoryOf(node)).Corrupt);

        // The damaged copy goes when the reader that found it has let it go, at the tier's next look.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await MemoryOf(node)).Blocks != Count)
            patience.Token.ThrowIfCancellationRequested();
    }

    [Fact]
    public async Task Flipped_descriptor_bit_drops_that_block_alone_and_is_counted()
    {
        using var cluster = new TestCluster("entry");
        var copies = await FillAsync(cluster);
        ArenaBytes.Flip(cluster.ArenaPath, ArenaBytes.DescriptorAt(copies[Damaged].Slot, ArenaBytes.DescriptorId), 0x80);
        using (var report = await InspectAsync(1, cluster))
            AssertTells(report, copies[Damaged].Slot, "its checksum does not match");
        var table = await CascadeProcess.RunAsync("inspect", "arena", cluster.ArenaPath);
        Assert.Equal(1, table.ExitCode);
        Assert.Contains("sound no", Squeezed(table.Output));
        Assert.Contains($"{copies[Damaged].Slot} its checksum does not match", Squeezed(table.Output));

        await using var node = await TestNode.AttachAsync(cluster.Name);
        Assert.Equal((Count - 1, 1), (node.Attach.Blocks, node.Attach.DroppedDamaged));
        await AssertServesAllButAsync(node, Damaged);
        await PutAgainAsync(node);
    }

    [Fact]
    public async Task Cut_arena_is_refused_and_told()
    {
        using var cluster = new TestCluster("cut");
        await FillAsync(cluster);
        ArenaBytes.Cut(cluster.ArenaPath, 4096);
        using (var report = await InspectAsync(1, cluster))
        {
            Assert.Equal(
                ["it is 10481664 bytes long, expected 10485760: it was cut or lengthened"],
                report.RootElement.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()!));
        }

        var table = await CascadeProcess.RunAsync("inspect", "arena", cluster.ArenaPath);
        Assert.Equal(1, table.ExitCode);
        Assert.Equal("not sound: it is 10481664 bytes long, expected 10485760: it was cut or lengthened\n", table.Error);
        Assert.DoesNotContain("keys", table.Output, StringComparison.Ordinal);

        var (exitCode, output, error) = await CascadeProcess.RunAsync(cluster.Line("node"));
        Assert.Equal((3, ""), (exitCode, output));
        Assert.Contains("it was cut or lengthened", error, StringComparison.Ordinal);
    }

    /// <summary>Puts blocks, says where they lie, and leaves the arena without a node.</summary>
    private static async Task<CopyLocation[]> FillAsync(TestCluster cluster)
    {
        await using var node = await TestNode.AttachAsync(cluster.Name);
        var copies = new CopyLocation[Count];
        for (var n = 0; n < Count; n++)
        {
            var put = await node.Cache.PutAsync(TestBlock.Key(n), TestBlock.Bytes(n));
            Assert.Equal(PutStatus.Stored, put.Status);
            copies[n] = Assert.Single((await node.Actors.Owners.Ask<BlockDescription>(new Describe(put.Id))).Copies);
        }

        return copies;
    }

    private static async Task AssertServesAllButAsync(CascadeNode node, int damaged)
    {
        for (var n = 0; n < Count; n++)
        {
            using var result = await node.Cache.GetAsync(TestBlock.Key(n));
            Assert.Equal(n != damaged, result.IsHit);
            if (result.IsHit)
                Assert.Equal(TestBlock.Bytes(n), result.Lease.Span);
        }
    }

    private static async Task PutAgainAsync(CascadeNode node)
    {
        var put = await node.Cache.PutAsync(TestBlock.Key(Damaged), TestBlock.Bytes(Damaged));
        Assert.Equal(
            new PutResult(PutStatus.Stored, BlockDigest.Compute(DigestAlgorithm.Blake3, TestBlock.Bytes(Damaged))), put);
        await AssertServesAllButAsync(node, damaged: -1);
    }

    private static async Task<TierReport> MemoryOf(CascadeNode node) =>
        (await node.Cache.StatAsync()).Tiers.Single(tier => tier.Tier == TierKind.Shm);

    private static async Task<JsonDocument> InspectAsync(int expectedExitCode, TestCluster cluster, params string[] more)
    {
        var (exitCode, output, error) = await CascadeProcess.RunAsync(["inspect", "arena", cluster.ArenaPath, "--json", .. more]);
        Assert.Equal((expectedExitCode, ""), (exitCode, error));
        return JsonDocument.Parse(Assert.Single(output.TrimEnd('\n').Split('\n')));
    }

    private static void AssertTells(JsonDocument report, uint slot, string reason)
    {
        Assert.False(report.RootElement.GetProperty("sound").GetBoolean());
        Assert.Equal(1, Number(report.RootElement, "damaged_entries"));
        var entry = Assert.Single(report.RootElement.GetProperty("damaged").EnumerateArray());
        Assert.Equal((slot, reason), (entry.GetProperty("slot").GetUInt32(), entry.GetProperty("reason").GetString()));
    }

    private static long Number(JsonElement arena, string field) => arena.GetProperty(field).GetInt64();

    private static IEnumerable<string> Squeezed(string table) =>
        table.Split('\n').Select(row => string.Join(' ', row.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
}

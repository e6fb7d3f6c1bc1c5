using System.Globalization;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Hosting.Replay;
using Cascade.Hosting.Tests.Embedding;
using Cascade.Tiers.Shm;

namespace Cascade.EndToEnd;

public sealed class CrashTests
{
    private const int BlockBytes = 64 << 10;
    private const string Capacity = "12MiB";
    private const int Kills = 100;

    /// <summary>More than a life gets through.</summary>
    private const int Requests = 2000;

    /// <summary>
    /// A node that is killed in the middle of puts and evictions, a hundred times at random moments, each life taking over what
    /// the last one left: every block served afterwards has the bytes its id and its key stand for, and nothing half-written is served.
    /// </summary>
    [Fact]
    public async Task Node_killed_a_hundred_times_serves_only_whole_and_right_blocks()
    {
        var cluster = TestNode.UniqueName("crash");
        var random = new Random(20261121);
        var served = 0L;
        try
        {
            for (var kill = 0; kill < Kills; kill++)
            {
                using (var process = CascadeProcess.Start(
                    " serves;",
                    "replay", "--keep", "--seed", kill.ToString(CultureInfo.InvariantCulture), "--bytes-per-block", "64KiB",
                    "--shm", Capacity, "--set", $"cascade.cluster.name={cluster}", "--limit", Requests.ToString(CultureInfo.InvariantCulture)))
                {
                    await process.Said;
                    await ChangeAsync(TestNode.ArenaPath(cluster));

                    // The moment of the crash is what the test draws, from the first put on: it is waited for, nothing is awaited by it.
                    await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, 250)), TestContext.Current.CancellationToken);
                    await process.KillAsync();
                }

                served += await CheckAsync(cluster, (ulong)kill);
            }
        }
        finally
        {
            TestNode.RemoveArena(cluster);
        }

        Assert.True(served > Kills, $"Only {served} blocks were found after {Kills} crashes: the test no longer kills nodes that hold any.");
    }

    /// <summary>Waits until the process that holds the arena puts blocks into it.</summary>
    private static Task ChangeAsync(string path)
    {
        (int Free, int InFlight, long Bytes) Held()
        {
            var arena = ArenaInspector.Inspect(path);
            return (arena.FreeEntries, arena.InFlightEntries, arena.LiveBytes);
        }

        var before = Held();
        return Until.TrueAsync(() => Held() != before, () => $"Nothing was put into {path}.");
    }

    /// <summary>Takes the arena over in this process and reads all that is in it. Gives how many blocks that were.</summary>
    private static async Task<long> CheckAsync(string cluster, ulong seed)
    {
        await using var node = await TestNode.AttachAsync(cluster, $"cascade.tiers.shm.capacity={Capacity}");
        Assert.Equal(0, node.Attach.DroppedDamaged);
        var keys = new KeyChain(BlockBytes);
        var hits = 0L;
        foreach (var id in ChatWorkload.Generate(ChatWorkloadSettings.Default with { Requests = Requests }, seed)
            .Take(400).SelectMany(r => r.BlockIds.ToArray()).Distinct())
        {
            using var result = await node.Cache.GetAsync(KeyOf(keys, id));
            if (!result.IsHit)
                continue;
            hits++;
            Assert.Equal(BlockBytes, result.Lease.LengthBytes);
            Assert.True(BlockContent.Matches(id, result.Lease.Span), $"Block {id} of seed {seed} has wrong bytes after the crash.");
            Assert.Equal(BlockDigest.Compute(DigestAlgorithm.Blake3, result.Lease.Span), result.Lease.Id);
        }

        var memory = (await node.Cache.StatAsync()).Tiers.Single(t => t.Tier == TierKind.Shm);
        Assert.Equal(0, memory.Corrupt);
        return hits;
    }

    private static CacheKey KeyOf(KeyChain keys, ulong id)
    {
        Span<ulong> one = [id];
        return keys.Of(one).Span[0];
    }
}

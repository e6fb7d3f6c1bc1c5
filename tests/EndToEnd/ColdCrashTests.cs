using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Hosting.Tests.Embedding;
using Cascade.Tiers.Cold;
using Cascade.Victim;

namespace Cascade.EndToEnd;

public sealed class ColdCrashTests
{
    private const int Kills = 200;

    /// <summary>So many puts a life are waited for at most, half of it on average.</summary>
    private const int PutsOfALifeMax = 14;

    /// <summary>
    /// A node that is killed two hundred times at random moments while it demotes, compacts and commits, its memory lost each time as with
    /// the machine: every block that was acknowledged as durable is there with its bytes, every deletion that was acknowledged holds, and
    /// every record in the files has the digest that it goes by.
    /// </summary>
    [Fact]
    public async Task Node_killed_two_hundred_times_keeps_every_durable_block_and_every_deletion()
    {
        using var folder = new ColdFolder();
        var random = new Random(20261121);
        var promised = new Promises();
        var cluster = TestNode.UniqueName("coldcrash");
        string[] settings =
        [
            $"cascade.cluster.name={cluster}", $"cascade.tiers.cold.directory={folder.Path}", "cascade.tiers.shm.capacity=4MiB",
            "cascade.tiers.cold.capacity=256MiB", "cascade.tiers.cold.file-size=1MiB", "cascade.logging.level=Error",
        ];
        try
        {
            for (var kill = 0; kill < Kills; kill++)
            {
                using (var victim = VictimProcess.Start(kill, promised, settings))
                {
                    await victim.Ready;

                    // The moment of the crash is what the test draws: so many acknowledged puts, and a little time. The latter is waited for, nothing is awaited by it.
                    await victim.AwaitPutsAsync(random.Next(PutsOfALifeMax + 1));
                    await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, 100)), TestContext.Current.CancellationToken);
                    await victim.KillAsync();
                }

                await CheckAsync(promised, settings, kill);
            }
        }
        finally
        {
            TestNode.RemoveArena(cluster);
        }

        Assert.True(promised.Puts > 5 * Kills, $"Only {promised.Puts} durable puts in {Kills} lives: the test no longer stresses anything.");
        Assert.True(promised.Deletions > Kills, $"Only {promised.Deletions} deletions in {Kills} lives.");
        CheckFiles(folder.Path);
    }

    /// <summary>Recovers the files in this process and reads all that was promised.</summary>
    private static async Task CheckAsync(Promises promised, string[] settings, int kill)
    {
        await using var node = await TestNode.RestartAsync(settings);
        foreach (var number in promised.Durable)
        {
            using var result = await node.Cache.GetAsync(VictimBlock.Key(number));
            Assert.True(result.IsHit, $"Block {number} was durable and is gone after kill {kill}: {result.MissReason ?? "a miss"}");
            Assert.True(VictimBlock.Matches(number, result.Lease.Span), $"Block {number} has wrong bytes after kill {kill}.");
            Assert.Equal(BlockDigest.Compute(DigestAlgorithm.Blake3, result.Lease.Span), result.Lease.Id);
        }

        foreach (var number in promised.Deleted)
        {
            using var result = await node.Cache.GetAsync(VictimBlock.Key(number));
            Assert.False(result.IsHit, $"Block {number} was deleted and is back after kill {kill}.");
        }

        promised.Deleted.Clear();
        var cold = (await node.Cache.StatAsync()).Tiers.Single(t => t.Tier == TierKind.Cold);
        Assert.Equal(0, cold.Corrupt);
        Assert.Equal(0, cold.Evicted);
    }

    private static void CheckFiles(string folder)
    {
        using var verifier = new SegmentVerifier();
        var records = 0;
        foreach (var finding in SegmentReader.Read(folder))
        {
            Assert.True(finding.Kind == SegmentFindingKind.Record, $"{finding.Kind} at {finding.Place} of {finding.Path}");
            Assert.True(verifier.IsSound(finding, out var reason), reason);
            records++;
        }

        Assert.True(records > 0);
    }
}

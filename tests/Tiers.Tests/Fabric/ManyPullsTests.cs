using Cascade.Core.Fabric;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Tiers.Fabric;
using static Cascade.Tiers.Tests.Shm.ArenaSandbox;

namespace Cascade.Tiers.Tests.Fabric;

public sealed class ManyPullsTests
{
    private const int Blocks = 24;

    [Theory]
    [InlineData(FabricKind.Tcp)]
    [InlineData(FabricKind.Mapping)]
    public async Task Many_pulls_at_once_are_each_exact_or_stale_while_blocks_come_and_go(FabricKind kind)
    {
        const int Seed = 90210;
        await using var node = new BulkSandbox();
        using var tcp = node.Client(options => options with { PieceBytes = 64 << 10, SplitAboveBytes = 96 << 10, SmallBytes = 16 << 10 });
        using var mapping = new SameHostFabric(new SameHostOptions { ClusterName = "test", Directory = node.Box.Folder }, TimeProvider.System);
        IPayloadFabric fabric = kind == FabricKind.Tcp ? tcp : mapping;
        var copies = Enumerable.Range(0, Blocks).Select(block => node.Box.Put(block, LengthOf(block))).ToArray();
        var readers = Enumerable.Range(0, 8).Select(reader => Task.Run(() => ReadAsync(fabric, copies, Seed + reader))).ToArray();
        var all = Task.WhenAll(readers);
        var random = new Random(Seed);
        for (var stamp = 2ul; !all.IsCompleted; stamp++)
        {
            var block = random.Next(Blocks);
            CopyLocation copy;
            lock (copies)
                copy = copies[block];
            if (node.Box.Arena.TryFree(copy.Slot, copy.Generation))
            {
                var renewed = node.Box.Put(block, LengthOf(block), stamp);
                lock (copies)
                    copies[block] = renewed;
            }

            await Task.Yield();
        }

        Assert.True((await all).Sum() > 50, $"Hardly any pull went well (seed {Seed}).");

        // Of a pull that was stale the other streams were cut, which the server notices in its own time: at its end at the latest.
        await node.Server.DisposeAsync();
        Assert.Equal(0, node.Box.Readers.HeldLeases);
    }

    private static int LengthOf(int block) => 1 + (block * block * 600);

    private static async Task<int> ReadAsync(IPayloadFabric fabric, CopyLocation[] copies, int seed)
    {
        var random = new Random(seed);
        var done = 0;
        for (var pull = 0; pull < 30; pull++)
        {
            var block = random.Next(Blocks);
            CopyLocation copy;
            lock (copies)
                copy = copies[block];
            using var into = new TargetMemory(LengthOf(block));
            var result = await fabric.PullAsync(into.Want(copy));
            if (result.Outcome == PullOutcome.Done)
            {
                into.AssertIs(Bytes(block, LengthOf(block)));
                done++;
                continue;
            }

            Assert.Equal(PullResult.Stale, result);
        }

        return done;
    }
}

using Cascade.Core.Fabric;
using Cascade.Core.Identity;
using Cascade.Hosting;

namespace Cascade.Ranks;

/// <summary>What whole nodes do as ranks.</summary>
internal sealed partial class CachePart
{
    /// <summary>Puts, gets, batches, one block under two names, and promotion: every byte compared, all by MPI.</summary>
    private async Task WholeAsync()
    {
        await StartAsync(_rank, "mpi");
        await PutOwnAsync(Lengths);
        await MeetAsync("put");
        foreach (var rank in Others)
        {
            for (var i = 0; i < Lengths.Length; i++)
                Require(await ReadAsync(rank, i, Lengths[i]) == TierKind.Remote, $"block {i} of rank {rank} was not read from there");
            var all = Enumerable.Range(0, Lengths.Length).Select(i => KeyOf(rank, i)).ToArray();
            var got = await Cache.GetManyAsync(all);
            for (var i = 0; i < got.Length; i++)
            {
                Require(got[i].IsHit && got[i].Lease.Span.SequenceEqual(Content.Of(rank, i, Lengths[i])), $"block {i} of rank {rank} is wrong in a batch");
                got[i].Dispose();
            }
        }

        // The bytes are known already, so no second copy of them comes about.
        var neighbour = (_rank + 1) % _ranks;
        var again = await Cache.PutAsync(Keys.Key(Name(neighbour, 3, "again")), Content.Of(neighbour, 3, Lengths[3]));
        Require(again.Status == PutStatus.AlreadyPresent, $"the same bytes under another name were {again.Status}");
        await MeetAsync("shared");
        foreach (var rank in Others)
        {
            TierKind? tier = null;
            for (var reads = 0; tier != TierKind.Shm; reads++)
            {
                Require(reads < 1000, "a block that is read again and again stays elsewhere");
                tier = await ReadAsync(rank, 2, Lengths[2]);
            }
        }

        await MeetAsync("promoted");
        await RequireTrafficAsync(FabricKind.Mpi, atLeastBytes: Others.Count() * (long)Lengths.Sum());
        await RequireTrafficAsync(FabricKind.Tcp, atMostBytes: 0);
        await FinishAsync();
    }

    /// <summary>Four readers at once at each rank.</summary>
    private async Task ThreadsAsync()
    {
        await StartAsync(_rank, "mpi", "cascade.tracker.promote-after-hits=255");
        await PutOwnAsync(Lengths);
        await MeetAsync("put");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(reader => Task.Run(async () =>
        {
            for (var round = 0; round < 5; round++)
            {
                foreach (var rank in Others)
                {
                    for (var i = 0; i < Lengths.Length; i++)
                        await ReadAsync(rank, (i + reader) % Lengths.Length, Lengths[(i + reader) % Lengths.Length]);
                }
            }
        })));
        await MeetAsync("read");
        await RequireTrafficAsync(FabricKind.Tcp, atMostBytes: 0);
        await FinishAsync();
    }

    /// <summary>The test kills rank 2 while the others read its blocks; a later life of it, which is no rank, is read over TCP.</summary>
    private async Task KillAsync()
    {
        await StartAsync(_rank, "mpi", "cascade.tracker.promote-after-hits=255");
        await PutOwnAsync([8 << 20, 65_536]);
        await MeetAsync("put");
        if (_rank == 2)
            await Task.Delay(Timeout.Infinite);

        for (var reads = 1; await ReadAsync(2, 0, 8 << 20) is not null; reads++)
        {
            if (reads == 3)
                Tell($"reading-{_rank}");
        }

        await UntilAsync(() => Node.Cluster.Members.Find(new NodeId(2)) is null, "the removal of the dead node");
        Require(await ReadAsync(2, 1, 65_536) is null, "a block of a dead node was read");
        for (var reads = 0; reads < 10; reads++)
            Require(await ReadAsync(1 - _rank, 0, 8 << 20) == TierKind.Remote, "the survivors do not read each other");
        await MeetAsync("survived", 0, 1);
        if (_rank == 1)
        {
            var second = await StartAsync(2, "tcp");
            Require((await second.Cache.PutAsync(KeyOf(2, 0), Content.Of(2, 0, 8 << 20))).Status == PutStatus.Stored, "the new life stores nothing");
            await UntilAsync(() => NodesUp() == 3, "the new life");
            Tell("restarted");
        }
        else
        {
            await AwaitAsync("restarted");
            await UntilAsync(() => NodesUp() == 3, "the new life");
            var before = await TrafficAsync(FabricKind.Tcp);
            Require(await ReadAsync(2, 0, 8 << 20) == TierKind.Remote, "a block of the new life cannot be read");
            Require(await TrafficAsync(FabricKind.Tcp) == before + (8 << 20), "the new life was not read over TCP");
        }

        await MeetAsync("read", 0, 1);
        await FinishAsync();
    }

    /// <summary>The test stops rank 1 for a while; calls end in their time, and its blocks are there again afterwards.</summary>
    private async Task StopAsync()
    {
        await StartAsync(_rank, "mpi", "cascade.tracker.promote-after-hits=255");
        await PutOwnAsync([8 << 20, 65_536]);
        await MeetAsync("put");
        if (_rank == 0)
        {
            Require(await ReadAsync(1, 0, 8 << 20) == TierKind.Remote, "the block cannot be read");
            Tell("stop-it");
            await AwaitAsync("stopped");
            await ReadAsync(1, 0, 8 << 20);
            Require(await ReadAsync(2, 0, 8 << 20) == TierKind.Remote, "another rank's block cannot be read");
            Tell("let-it-go-on");
            await UntilAsync(async () => NodesUp() == 3 && await ReadAsync(1, 0, 8 << 20) == TierKind.Remote, "the block of the rank that went on");
        }

        await MeetAsync("over");
        await FinishAsync();
    }

    /// <summary>A world of one, or several that stop in order.</summary>
    private async Task AloneAsync()
    {
        await StartAsync(_rank, "mpi");
        await PutOwnAsync(Lengths);
        for (var i = 0; i < Lengths.Length; i++)
            Require(await ReadAsync(_rank, i, Lengths[i]) == TierKind.Shm, "the own block is not in memory");
        await MeetAsync("read");
        await FinishAsync();
    }
}

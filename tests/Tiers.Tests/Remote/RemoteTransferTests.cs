using Cascade.Actors;
using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Tiers.Remote;
using static Cascade.Tiers.Tests.Shm.ArenaSandbox;

namespace Cascade.Tiers.Tests.Remote;

/// <summary>Copies that are brought into a node's memory.</summary>
public sealed class RemoteTransferTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Replicated_block_is_found_by_its_key_and_told_to_its_owner(bool maps)
    {
        await using var world = await RemoteWorld.StartAsync(new RemoteNodeOptions { Maps = maps });
        var source = await world.Holder.PutAsync(1, 300_001);
        var answer = await world.Reader.Tier.Ask<Replicated>(new Replicate(Id(1, 300_001), source, Binding(7), Minute));
        Assert.Equal(RemoteWorld.ReaderId, answer.Copy.Node);
        Assert.True(world.Reader.Arena.Directory.TryLease(Binding(7).Key, Minute, out var lease));
        AssertIs(lease, 1, 300_001);
        lease.Dispose();
        await world.Reader.ReportAsync();
        await world.Reader.OwnersToldAsync(new AddCopy(Id(1, 300_001), answer.Copy));
        await world.Holder.SettleAsync();
        Assert.Equal(0, world.Holder.Arena.Directory.HeldLeases);

        // Here already: the further key is bound, and no byte moves.
        var sent = world.Holder.SentBytes;
        Assert.Equal(answer, await world.Reader.Tier.Ask<Replicated>(new Replicate(Id(1, 300_001), source, Binding(8), Minute)));
        await world.Reader.ReportAsync();
        Assert.True(world.Reader.Arena.Directory.Contains(Binding(8).Key));
        Assert.Equal((sent, maps ? 0 : 300_001), (world.Holder.SentBytes, sent));
    }

    [Fact]
    public async Task Requests_at_one_time_share_one_transfer()
    {
        await using var world = await RemoteWorld.StartAsync(new RemoteNodeOptions { Maps = false });
        var source = await world.Holder.PutAsync(1, 300_001);
        var asks = Enumerable.Range(10, 20).Select(key => world.Reader.Tier.Ask<Replicated>(new Replicate(Id(1, 300_001), source, Binding(key), Minute))).ToArray();
        var answers = await Task.WhenAll(asks);
        Assert.Single(answers.Distinct());
        Assert.Equal(300_001, world.Holder.SentBytes);
        await world.Reader.ReportAsync();
        Assert.All(Enumerable.Range(10, 20), key => Assert.True(world.Reader.Arena.Directory.Contains(Binding(key).Key)));
    }

    [Fact]
    public async Task Pull_of_an_owner_comes_by_the_memory_tier_and_gives_its_lease_back()
    {
        await using var world = await RemoteWorld.StartAsync();
        var source = await world.Holder.PutAsync(1);
        world.Reader.Memory.Tell(new Pull(Id(1), source, 99, Minute, Binding(5)), ActorRefs.NoSender);
        await world.Reader.OwnersToldAsync(new Release(Id(1), 99));
        Assert.True(world.Reader.Arena.Directory.TryDescribe(Binding(5).Key, out var copy, out var id));
        Assert.Equal(Id(1), id);
        await world.Reader.OwnersToldAsync(new AddCopy(Id(1), copy));
    }

    [Fact]
    public async Task Transfer_that_fails_gives_room_and_leases_back()
    {
        await using var world = await RemoteWorld.StartAsync();
        var source = await world.Holder.PutAsync(1);
        var free = (await world.Reader.ReportAsync()).FreeBytes;
        var gone = source with { Generation = 100 };
        Assert.Same(NotFound.Instance, await world.Reader.Tier.Ask<object>(new Replicate(Id(1), gone, default, Minute)));
        await world.Reader.OwnersToldAsync(new RemoveCopy(Id(1), gone));
        world.Holder.Flip(source);
        Assert.IsType<Unavailable>(await world.Reader.Tier.Ask<object>(new Replicate(Id(1), source, default, Minute)));
        await RemoteReaderTests.EventuallyAsync(async () => (await world.Holder.ReportAsync()).Corrupt == 1);
        Assert.Same(NotFound.Instance, await world.Reader.Tier.Ask<object>(new Replicate(Id(1), source, default, Minute)));
        Assert.IsType<Unavailable>(await world.Reader.Tier.Ask<object>(new Replicate(Id(1), source with { Node = new NodeId(77) }, default, Minute)));
        Assert.IsType<Busy>(await world.Reader.Tier.Ask<object>(new Replicate(Id(1), source, default, TimeSpan.Zero)));
        Assert.Equal(free, (await world.Reader.ReportAsync()).FreeBytes);
        await world.Holder.SettleAsync();
        Assert.Equal(0, world.Holder.Arena.Directory.HeldLeases);
    }

    [Fact]
    public async Task Transfer_that_finds_no_room_is_busy_at_its_deadline()
    {
        await using var world = await RemoteWorld.StartAsync();
        var source = await world.Holder.PutAsync(1, 700_000);
        var room = (await world.Reader.Memory.Ask<Reserved>(new Reserve(900_000, Second))).Reservation;
        var asked = world.Reader.Tier.Ask<object>(new Replicate(Id(1, 700_000), source, default, 2 * Second));
        await RemoteReaderTests.EventuallyAsync(async () => (await world.Reader.ReportAsync()).WaitingPuts == 1);
        await world.AdvanceAsync(3 * Second);
        Assert.IsType<Busy>(await asked);
        world.Reader.Memory.Tell(new Cancel(room), ActorRefs.NoSender);
        await RemoteReaderTests.EventuallyAsync(async () => (await world.Reader.ReportAsync()) is { WaitingPuts: 0, FreeBytes: 1 << 20 });
    }

    [Fact]
    public async Task Cold_copy_of_another_node_is_read_into_memory_there_and_then_served()
    {
        var fetches = 0;
        async Task<object> Cold(RemoteNode node, object message)
        {
            var fetch = Assert.IsType<ColdFetch>(message);
            Interlocked.Increment(ref fetches);
            if (fetch.Id != Id(1))
                return NotFound.Instance;
            var copy = await node.PutAsync(1);
            return new ColdFetched(fetch.Id, new PayloadMemory(copy.OffsetBytes, copy.LengthBytes));
        }

        await using var world = await RemoteWorld.StartAsync(holder: new RemoteNodeOptions { Cold = Cold });
        var cold = new Core.Placement.CopyLocation(RemoteWorld.HolderId, TierKind.Cold, 5, 1, 0, 5000);
        var reads = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => world.Reader.Reader.ReadAsync(Id(1), cold, Minute, Minute).AsTask()));
        Assert.All(reads, read => AssertIs(read.Lease, 1, 5000));
        Assert.Equal(1, fetches);
        Assert.Equal(RemoteReadOutcome.Gone, (await world.Reader.Reader.ReadAsync(Id(2), cold, Minute, Minute)).Outcome);
        foreach (var read in reads)
            read.Lease.Dispose();
        await world.Holder.SettleAsync();
        Assert.Equal(0, world.Holder.Arena.Directory.HeldLeases);

        // Its own cold copy a node reads by itself.
        Assert.IsType<Replicated>(await world.Holder.Tier.Ask<object>(new Replicate(Id(1), cold, Binding(9), Minute)));
        Assert.Same(NotFound.Instance, await world.Holder.Tier.Ask<object>(new Replicate(Id(3), cold, default, Minute)));
    }
}

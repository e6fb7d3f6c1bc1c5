using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Tiers.Remote;
using static Cascade.Tiers.Tests.Shm.ArenaSandbox;

namespace Cascade.Tiers.Tests.Remote;

public sealed class RemoteReaderTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly RemoteNodeOptions NoMapping = new() { Maps = false };

    [Theory]
    [InlineData(true, 5000)]
    [InlineData(false, 5000)]
    [InlineData(true, 300_001)]
    [InlineData(false, 300_001)]
    public async Task Block_is_read_under_a_lease_of_the_holder_and_all_is_given_back(bool maps, int length)
    {
        await using var world = await RemoteWorld.StartAsync(new RemoteNodeOptions { Maps = maps });
        var copy = await world.Holder.PutAsync(1, length);
        var free = (await world.Reader.ReportAsync()).FreeBytes;
        var read = await world.Reader.Reader.ReadAsync(Id(1, length), copy, Minute, Minute);
        Assert.Equal((RemoteReadOutcome.Done, null, maps), (read.Outcome, read.Reason, read.IsMapped));
        AssertIs(read.Lease, 1, length);
        Assert.Equal((TierKind.Remote, true), (read.Lease.Tier, read.Lease.IsHeld));
        await world.Holder.SettleAsync();
        Assert.Equal(maps ? 1 : 0, world.Holder.Arena.Directory.HeldLeases);
        Assert.Equal(maps, (await world.Reader.ReportAsync()).FreeBytes == free);

        var other = read.Lease;
        read.Lease.Dispose();
        other.Dispose();
        Assert.False(other.IsHeld);
        Assert.False(other.TryRenew(Second));
        await world.Holder.SettleAsync();
        Assert.Equal(0, world.Holder.Arena.Directory.HeldLeases);
        Assert.Equal(free, (await world.Reader.ReportAsync()).FreeBytes);
        var figures = world.Reader.Reader.Figures;
        Assert.Equal((maps ? 1 : 0, maps ? 0 : 1, 0), (figures.Mapped, figures.Pulled, figures.Leases));
    }

    [Fact]
    public async Task Copy_that_was_read_before_is_copied_ahead_until_it_is_gone()
    {
        await using var world = await RemoteWorld.StartAsync(new RemoteNodeOptions { Maps = true });
        var (copy, into, reader) = (await world.Holder.PutAsync(1), new byte[5001], world.Reader.Reader);
        Assert.False(reader.TryCopyAhead(Id(1), copy, into));
        (await reader.ReadAsync(Id(1), copy, Minute, Minute)).Lease.Dispose();
        Assert.True(reader.TryCopyAhead(Id(1), copy, into));
        Assert.True(into.AsSpan(0, 5000).SequenceEqual(Bytes(1, 5000)));
        Assert.False(reader.TryCopyAhead(Id(1), copy, into.AsSpan(0, 4999)));
        Assert.False(reader.TryCopyAhead(Id(2), copy, into));
        await world.Holder.SettleAsync();
        world.Holder.Memory.Tell(new Drop(Id(1), copy), Actors.ActorRefs.NoSender);
        await world.Holder.ReportAsync();
        Assert.False(reader.TryCopyAhead(Id(1), copy, into));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Copy_that_is_gone_is_said_to_be_gone(bool maps)
    {
        await using var world = await RemoteWorld.StartAsync(new RemoteNodeOptions { Maps = maps });
        var copy = await world.Holder.PutAsync(1);
        var free = (await world.Reader.ReportAsync()).FreeBytes;
        Assert.Equal(RemoteReadOutcome.Gone, (await world.Reader.Reader.ReadAsync(Id(1), copy with { Generation = 8 }, Minute, Minute)).Outcome);
        Assert.Equal(RemoteReadOutcome.Gone, (await world.Reader.Reader.ReadAsync(Id(2), copy, Minute, Minute)).Outcome);
        world.Holder.Memory.Tell(new Drop(Id(1), copy), Actors.ActorRefs.NoSender);
        await world.Holder.ReportAsync();
        Assert.Equal(RemoteReadOutcome.Gone, (await world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute)).Outcome);
        await world.Holder.SettleAsync();
        Assert.Equal(0, world.Holder.Arena.Directory.HeldLeases);
        Assert.Equal((free, 0), ((await world.Reader.ReportAsync()).FreeBytes, world.Reader.Reader.Figures.Leases));
        Assert.Equal(3, world.Reader.Reader.Figures.Gone);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bytes_that_are_not_the_blocks_are_never_served_and_the_holder_drops_them(bool maps)
    {
        await using var world = await RemoteWorld.StartAsync(new RemoteNodeOptions { Maps = maps });
        var copy = await world.Holder.PutAsync(1);
        var free = (await world.Reader.ReportAsync()).FreeBytes;
        world.Holder.Flip(copy);
        var read = await world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute);
        Assert.Equal((RemoteReadOutcome.Failed, default), (read.Outcome, read.Lease));
        Assert.Equal((1, 1, 0), (world.Reader.Reader.Figures.Corrupt, world.Reader.Reader.Figures.Failed, world.Reader.Reader.Figures.Leases));
        Assert.Equal(free, (await world.Reader.ReportAsync()).FreeBytes);
        await EventuallyAsync(async () => (await world.Holder.ReportAsync()).Corrupt == 1);
        await EventuallyAsync(() => Task.FromResult(world.Holder.Owners.OfType<RemoveCopy>().Any()));
        Assert.False(world.Holder.Arena.Directory.TryDescribe(Id(1), out _));
    }

    [Fact]
    public async Task Report_of_a_sound_copy_changes_nothing()
    {
        await using var world = await RemoteWorld.StartAsync();
        var copy = await world.Holder.PutAsync(1);
        world.Holder.Tier.Tell(new ReportCorrupt(Id(1), copy), Actors.ActorRefs.NoSender);
        world.Holder.Tier.Tell(new ReportCorrupt(Id(1), copy with { Slot = uint.MaxValue }), Actors.ActorRefs.NoSender);
        await world.Holder.SettleAsync();
        Assert.Equal(0, (await world.Holder.ReportAsync()).Corrupt);
        Assert.True(world.Holder.Arena.Directory.TryDescribe(Id(1), out _));
    }

    [Fact]
    public async Task Mapped_copy_is_checked_once_a_life_of_its_holder()
    {
        await using var world = await RemoteWorld.StartAsync();
        var copy = await world.Holder.PutAsync(1);
        (await world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute)).Lease.Dispose();
        world.Holder.Flip(copy);
        Assert.Equal(RemoteReadOutcome.Done, (await world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute)).Outcome);
        await world.ShowAsync(holderStart: 2);
        Assert.Equal(RemoteReadOutcome.Failed, (await world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute)).Outcome);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Lease_that_nobody_disposes_ends_at_its_time_and_gives_all_back(bool maps)
    {
        await using var world = await RemoteWorld.StartAsync(new RemoteNodeOptions { Maps = maps });
        var copy = await world.Holder.PutAsync(1);
        var free = (await world.Reader.ReportAsync()).FreeBytes;
        var read = await world.Reader.Reader.ReadAsync(Id(1), copy, 10 * Second, Minute);
        await world.AdvanceAsync(9 * Second);
        Assert.True(read.Lease.IsHeld);
        world.Time.Advance(Second);
        Assert.False(read.Lease.IsHeld);
        await world.AdvanceAsync(2 * Second);
        Assert.Equal((0, 0), (world.Reader.Reader.Figures.Leases, world.Holder.Arena.Directory.HeldLeases));
        Assert.Equal(free, (await world.Reader.ReportAsync()).FreeBytes);

        // Whoever reads on reads something, and is not ended by it.
        Assert.Equal(5000, read.Lease.Span.Length);
        _ = read.Lease.Span[4999];
        Assert.False(read.Lease.TryRenew(Second));
        read.Lease.Dispose();
        Assert.Equal(free, (await world.Reader.ReportAsync()).FreeBytes);
    }

    [Fact]
    public async Task Renewal_holds_at_once_and_is_confirmed_by_the_holder_behind_it()
    {
        await using var world = await RemoteWorld.StartAsync();
        var copy = await world.Holder.PutAsync(1);
        var read = await world.Reader.Reader.ReadAsync(Id(1), copy, 10 * Second, Minute);
        for (var renewal = 0; renewal < 5; renewal++)
        {
            await world.AdvanceAsync(9 * Second);
            Assert.True(read.Lease.TryRenew(10 * Second));

            // More than was confirmed at first: the holder has answered.
            await EventuallyAsync(() => Task.FromResult(read.Lease.TryRenew(19 * Second)));
            Assert.True(read.Lease.TryRenew(10 * Second));
        }

        await world.AdvanceAsync(9 * Second);
        Assert.True(read.Lease.IsHeld);
        Assert.False(read.Lease.TryRenew(5 * Minute), "The holder gave no five minutes yet.");
        await EventuallyAsync(() => Task.FromResult(read.Lease.TryRenew(5 * Minute)));
        await world.AdvanceAsync(299 * Second);
        Assert.True(read.Lease.IsHeld);
        Assert.Equal(1, world.Holder.Arena.Directory.HeldLeases);
        read.Lease.Dispose();
    }

    [Fact]
    public async Task Copy_that_is_overwritten_under_a_reader_is_no_longer_held()
    {
        await using var world = await RemoteWorld.StartAsync();
        var copy = await world.Holder.PutAsync(1);
        var read = await world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute);

        // The holder loses sight of the reader, and gives the copy up.
        world.Holder.Tier.Tell(new Core.Sharding.ClusterState(new(2, RemoteWorld.HolderId, [], 0), Core.Sharding.ShardMap.Empty), Actors.ActorRefs.NoSender);
        await world.Holder.SettleAsync();
        Assert.Equal(0, world.Holder.Arena.Directory.HeldLeases);
        Assert.True(read.Lease.IsHeld);
        world.Holder.Memory.Tell(new Drop(Id(1), copy), Actors.ActorRefs.NoSender);
        await world.Holder.ReportAsync();
        Assert.False(read.Lease.IsHeld);
    }

    [Fact]
    public async Task Leases_end_at_the_holder_with_the_readers_life_and_at_the_reader_with_the_holders()
    {
        await using var world = await RemoteWorld.StartAsync();
        var copy = await world.Holder.PutAsync(1);
        var read = await world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute);
        await world.ShowAsync(readerStart: 2);
        Assert.Equal(0, world.Holder.Arena.Directory.HeldLeases);
        read.Lease.Dispose();

        var again = await world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute);
        Assert.True(again.Lease.IsHeld);
        await world.ShowAsync(holderStart: 2, readerStart: 2);
        Assert.False(again.Lease.IsHeld);
        Assert.Equal(0, world.Reader.Reader.Figures.Leases);
        AssertIs(again.Lease, 1, 5000);
        again.Lease.Dispose();
        await world.Holder.SettleAsync();
        Assert.Equal(0, world.Holder.Arena.Directory.HeldLeases);
    }

    [Fact]
    public async Task More_leases_than_allowed_are_busy()
    {
        await using var world = await RemoteWorld.StartAsync(new RemoteNodeOptions { Reader = new() { LeasesMax = 1 } });
        var copy = await world.Holder.PutAsync(1);
        var read = await world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute);
        Assert.Equal(RemoteReadOutcome.Busy, (await world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute)).Outcome);
        read.Lease.Dispose();
        Assert.Equal(RemoteReadOutcome.Done, (await world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute)).Outcome);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await world.Reader.Reader.ReadAsync(Id(1), copy, TimeSpan.Zero, Minute));
    }

    [Fact]
    public async Task Client_without_an_arena_pulls_into_memory_of_its_own()
    {
        var heap = new HeapPullSpace(6000);
        await using var world = await RemoteWorld.StartAsync(NoMapping with { Space = heap });
        var copy = await world.Holder.PutAsync(1);
        var read = await world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute);
        AssertIs(read.Lease, 1, 5000);
        Assert.Equal(RemoteReadOutcome.Busy, (await world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute)).Outcome);
        var large = await world.Holder.PutAsync(2, 7000);
        Assert.Equal(RemoteReadOutcome.Failed, (await world.Reader.Reader.ReadAsync(Id(2, 7000), large, Minute, Minute)).Outcome);
        await world.AdvanceAsync(2 * Minute);
        Assert.False(read.Lease.IsHeld);
        AssertIs(read.Lease, 1, 5000);
        Assert.Equal(5000, heap.UsedBytes);
        read.Lease.Dispose();
        Assert.Equal(0, heap.UsedBytes);
    }

    internal static async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        // Other threads are at work; each look lets them run.
        while (!await holds())
            await Task.Yield();
    }
}

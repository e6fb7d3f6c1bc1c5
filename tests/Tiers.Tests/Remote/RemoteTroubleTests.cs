using System.Threading.Channels;
using Cascade.Actors;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Tiers.Remote;
using static Cascade.Tiers.Tests.Shm.ArenaSandbox;

namespace Cascade.Tiers.Tests.Remote;

/// <summary>What a reader sees of holders that do not do as they should, and of a lack of room.</summary>
public sealed class RemoteTroubleTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly RemoteNodeOptions Pulls = new() { Maps = false };

    [Fact]
    public async Task Holder_that_never_answers_is_waited_for_until_the_deadline_and_no_longer()
    {
        await using var world = await RemoteWorld.StartAsync();
        var copy = await world.Holder.PutAsync(1);
        using var silent = new HolderStandIn(world);
        var read = world.Reader.Reader.ReadAsync(Id(1), copy, Minute, 2 * Second).AsTask();
        Assert.IsType<LeaseCopy>((await silent.NextAsync()).Message);
        await world.AdvanceAsync(Second);
        Assert.False(read.IsCompleted);
        await world.AdvanceAsync(Second + TimeSpan.FromMilliseconds(1));
        Assert.Equal(RemoteReadOutcome.Failed, (await read).Outcome);
        Assert.Equal(0, world.Reader.Reader.Figures.Leases);
        Assert.Equal(RemoteReadOutcome.Busy, (await world.Reader.Reader.ReadAsync(Id(1), copy, Minute, TimeSpan.Zero)).Outcome);
    }

    [Fact]
    public async Task Lease_that_comes_after_the_caller_left_is_given_back()
    {
        await using var world = await RemoteWorld.StartAsync();
        var copy = await world.Holder.PutAsync(1);
        using var late = new HolderStandIn(world);
        using var leaving = new CancellationTokenSource();
        var read = world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute, leaving.Token).AsTask();
        var asked = await late.NextAsync();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        Assert.Equal(0, world.Reader.Reader.Figures.Leases);
        asked.Sender.Tell(new CopyLeased(Id(1), copy, 55, Minute), ActorRefs.NoSender);
        Assert.Equal(new ReleaseCopy(55), (await late.NextAsync()).Message);
    }

    [Fact]
    public async Task Lease_that_comes_after_the_deadline_is_given_back()
    {
        await using var world = await RemoteWorld.StartAsync();
        var copy = await world.Holder.PutAsync(1);
        using var late = new HolderStandIn(world);
        var read = world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Second).AsTask();
        var asked = await late.NextAsync();
        await world.AdvanceAsync(Second);
        await world.AdvanceAsync(TimeSpan.FromMilliseconds(1));
        Assert.Equal(RemoteReadOutcome.Failed, (await read).Outcome);
        asked.Sender.Tell(new CopyLeased(Id(1), copy, 57, Minute), ActorRefs.NoSender);
        Assert.Equal(new ReleaseCopy(57), (await late.NextAsync()).Message);
    }

    [Fact]
    public async Task Lease_of_another_block_than_was_asked_for_is_given_back()
    {
        await using var world = await RemoteWorld.StartAsync();
        var copy = await world.Holder.PutAsync(1);
        using var wrong = new HolderStandIn(world);
        var read = world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute).AsTask();
        (await wrong.NextAsync()).Sender.Tell(new CopyLeased(Id(2), copy, 56, Minute), ActorRefs.NoSender);
        Assert.Equal(RemoteReadOutcome.Failed, (await read).Outcome);
        Assert.Equal(new ReleaseCopy(56), (await wrong.NextAsync()).Message);
    }

    [Fact]
    public async Task Holder_that_is_dead_or_not_in_the_cluster_is_a_miss_at_once()
    {
        await using var world = await RemoteWorld.StartAsync();
        var copy = await world.Holder.PutAsync(1);
        using (var dead = new HolderStandIn(world))
            await dead.StopAsync();
        Assert.Equal(RemoteReadOutcome.Failed, (await world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute)).Outcome);
        await world.ShowAsync(holderStart: null);
        Assert.Equal(RemoteReadOutcome.Failed, (await world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute)).Outcome);
        Assert.Equal(RemoteReadOutcome.Failed, (await world.Reader.Reader.ReadAsync(Id(1), copy with { Node = RemoteWorld.ReaderId }, Minute, Minute)).Outcome);
        Assert.Equal(0, world.Reader.Reader.Figures.Leases);
    }

    [Fact]
    public async Task Lease_of_a_holder_that_gives_less_time_ends_before_the_holders()
    {
        await using var world = await RemoteWorld.StartAsync();
        var copy = await world.Holder.PutAsync(1);
        using var stingy = new HolderStandIn(world);
        var read = world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute).AsTask();
        var asked = await stingy.NextAsync();
        await world.AdvanceAsync(2 * Second);
        asked.Sender.Tell(new CopyLeased(Id(1), copy, 57, 10 * Second), ActorRefs.NoSender);
        var lease = (await read).Lease;
        await world.AdvanceAsync(7 * Second);
        Assert.True(lease.IsHeld);
        world.Time.Advance(Second);
        Assert.False(lease.IsHeld);
        lease.Dispose();
        Assert.Equal(new ReleaseCopy(57), (await stingy.NextAsync()).Message);
    }

    [Fact]
    public async Task Renewal_that_the_holder_knows_nothing_of_ends_the_lease()
    {
        await using var world = await RemoteWorld.StartAsync();
        var copy = await world.Holder.PutAsync(1);
        using var forgetful = new HolderStandIn(world);
        var read = world.Reader.Reader.ReadAsync(Id(1), copy, Minute, Minute).AsTask();
        (await forgetful.NextAsync()).Sender.Tell(new CopyLeased(Id(1), copy, 58, 2 * Minute), ActorRefs.NoSender);
        var lease = (await read).Lease;
        Assert.False(lease.TryRenew(5 * Minute));
        Assert.True(lease.IsHeld);
        var asked = await forgetful.NextAsync();
        Assert.Equal(58UL, Assert.IsType<RenewCopy>(asked.Message).Lease);
        asked.Sender.Tell(NotFound.Instance, ActorRefs.NoSender);

        // It ends first and is counted out after that, on the thread that took the answer.
        await RemoteReaderTests.EventuallyAsync(() => Task.FromResult(!lease.IsHeld && world.Reader.Reader.Figures.Leases == 0));
        lease.Dispose();
    }

    [Fact]
    public async Task Read_that_finds_no_room_is_busy_at_its_deadline_and_leaves_nothing_taken()
    {
        await using var world = await RemoteWorld.StartAsync(Pulls);
        var copy = await world.Holder.PutAsync(1, 700_000);
        var free = (await world.Reader.ReportAsync()).FreeBytes;
        var first = await world.Reader.Reader.ReadAsync(Id(1, 700_000), copy, Minute, Minute);
        var second = world.Reader.Reader.ReadAsync(Id(1, 700_000), copy, Minute, 2 * Second).AsTask();
        await RemoteReaderTests.EventuallyAsync(async () => (await world.Reader.ReportAsync()).WaitingPuts == 1);
        await world.AdvanceAsync(2 * Second + TimeSpan.FromMilliseconds(10));
        Assert.Equal(RemoteReadOutcome.Busy, (await second).Outcome);
        await RemoteReaderTests.EventuallyAsync(async () => (await world.Reader.ReportAsync()).WaitingPuts == 0);
        first.Lease.Dispose();
        Assert.Equal((free, 0), ((await world.Reader.ReportAsync()).FreeBytes, world.Reader.Reader.Figures.Leases));
        await world.Holder.SettleAsync();
        Assert.Equal(0, world.Holder.Arena.Directory.HeldLeases);

        var large = new CopyLocation(RemoteWorld.HolderId, TierKind.Shm, copy.Slot, copy.Generation, copy.OffsetBytes, 2 << 20);
        Assert.Equal(RemoteReadOutcome.Failed, (await world.Reader.Reader.ReadAsync(Id(1, 700_000), large, Minute, Minute)).Outcome);
    }

    [Fact]
    public async Task Caller_that_leaves_while_room_is_waited_for_leaves_nothing_taken()
    {
        await using var world = await RemoteWorld.StartAsync(Pulls);
        var copy = await world.Holder.PutAsync(1, 700_000);
        var free = (await world.Reader.ReportAsync()).FreeBytes;
        var first = await world.Reader.Reader.ReadAsync(Id(1, 700_000), copy, Minute, Minute);
        using var leaving = new CancellationTokenSource();
        var second = world.Reader.Reader.ReadAsync(Id(1, 700_000), copy, Minute, Minute, leaving.Token).AsTask();
        await RemoteReaderTests.EventuallyAsync(async () => (await world.Reader.ReportAsync()).WaitingPuts == 1);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await RemoteReaderTests.EventuallyAsync(async () => (await world.Reader.ReportAsync()).WaitingPuts == 0);
        first.Lease.Dispose();
        Assert.Equal(free, (await world.Reader.ReportAsync()).FreeBytes);
    }

    /// <summary>A remote tier that answers as a test does for it.</summary>
    private sealed class HolderStandIn : IDisposable
    {
        private readonly Channel<(object Message, IActorRef Sender)> _told = Channel.CreateUnbounded<(object, IActorRef)>();
        private readonly IActorRef _actor;

        public HolderStandIn(RemoteWorld world)
        {
            _actor = world.Holder.System.ActorOf(Props.Create(() => new Keeper(_told.Writer)));

            // Refs of a life are looked up once: the next life of the holder is this stand-in.
            world.InPlaceOfHolder = _actor;
            var members = world.Reader.View.Current.Members.Members.Select(member => member.Node == RemoteWorld.HolderId ? member with { Start = new(9) } : member);
            world.Reader.View.Publish(new(2, RemoteWorld.ReaderId, [.. members], 0));
        }

        public async Task<(object Message, IActorRef Sender)> NextAsync() => await _told.Reader.ReadAsync();

        /// <summary>Stops and waits until nobody hears any more.</summary>
        public async Task StopAsync()
        {
            _actor.Tell(PoisonPill.Instance, ActorRefs.NoSender);
            await Assert.ThrowsAsync<DeadLetterException>(() => _actor.Ask<object>("anybody?", Timeout.InfiniteTimeSpan));
        }

        public void Dispose() => _told.Writer.TryComplete();

        private sealed class Keeper(ChannelWriter<(object, IActorRef)> told) : UntypedActor
        {
            protected override void OnReceive(object message) => told.TryWrite((message, Sender));
        }
    }
}

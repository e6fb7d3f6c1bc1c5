using System.Threading.Channels;
using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Cold;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Log;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Sharding;
using Cascade.Tiers.Cold;
using Cascade.Tiers.Remote;
using Cascade.Tiers.Tests.Cold;
using Cascade.Tiers.Tests.Fabric;

namespace Cascade.Tiers.Tests.Remote;

/// <summary>What a reader of shared files asks of their holder, and gives back.</summary>
public sealed class SharedCopiesTests : IAsyncDisposable
{
    private const int Length = 50_000;

    private static readonly NodeId Holder = new(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ColdSandbox _box = new();
    private readonly LogRecordHeader _written;
    private readonly ManualClock _time = new();
    private readonly Channel<(object Message, IActorRef Sender)> _told = Channel.CreateUnbounded<(object, IActorRef)>();
    private readonly ActorSystem _system;
    private readonly SharedRecords _records;
    private readonly HeapPullSpace _space = new(2 * Length);
    private readonly SharedCopies _copies;

    public SharedCopiesTests()
    {
        _box.CreateFile(1);
        var offset = 0L;
        _written = _box.Put(1, Length, 1, ref offset);
        _system = ActorSystem.Create("reader", new ActorSystemSettings { Time = _time });
        var holder = _system.ActorOf(Props.Create(() => new Keeper(_told.Writer)), "cold-tier");
        _records = new SharedRecords(_box.Folder, DigestAlgorithm.Blake3, 1, _time);
        var view = new ClusterView(new NodeId(4));
        view.Publish(new MembershipView(1, view.Self, [Up(3, _records.DirectoryId), Up(4, _records.DirectoryId), Up(5, "another")], 0));
        _copies = new SharedCopies(new NodeRefs(view, (_, _) => holder), _records, _space, _time);
    }

    [Fact]
    public async Task Record_is_leased_read_and_given_back()
    {
        var reading = ReadAsync();
        await AnswerAsync(Leased);
        var room = await reading.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.NotNull(room);
        Assert.Equal(new ReleaseRecord(_written.Id, 7), (await ToldAsync()).Message);
        Assert.Equal((1, 0, 0, Length), (_copies.Read, _copies.FellBack, _copies.Corrupt, _space.UsedBytes));
        room.GiveBack();
        Assert.Equal(0, _space.UsedBytes);
    }

    [Fact]
    public async Task Holder_that_does_not_answer_is_given_half_of_the_time_and_a_late_lease_back()
    {
        var reading = ReadAsync();
        var (asked, sender) = await ToldAsync();
        Assert.Equal(new LeaseRecord(_written.Id, TimeSpan.FromSeconds(10)), asked);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(await reading.WaitAsync(Patience, TestContext.Current.CancellationToken));
        sender.Tell(Leased, ActorRefs.NoSender);
        Assert.Equal(new ReleaseRecord(_written.Id, 7), (await ToldAsync()).Message);
        Assert.Equal((0, 1, 0, 0), (_copies.Read, _copies.FellBack, _copies.Corrupt, _space.UsedBytes));
    }

    [Fact]
    public async Task Caller_that_leaves_leaves_no_lease()
    {
        using var leaving = new CancellationTokenSource();
        var reading = ReadAsync(cancellation: leaving.Token);
        var (_, sender) = await ToldAsync();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(Patience, TestContext.Current.CancellationToken));
        sender.Tell(Leased, ActorRefs.NoSender);
        Assert.Equal(new ReleaseRecord(_written.Id, 7), (await ToldAsync()).Message);
        Assert.Equal(0, _space.UsedBytes);
    }

    [Fact]
    public async Task Lease_of_something_else_or_without_room_is_given_back()
    {
        var reading = ReadAsync();
        await AnswerAsync(Leased with { LengthBytes = Length + 1 });
        Assert.Null(await reading.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.Equal(new ReleaseRecord(_written.Id, 7), (await ToldAsync()).Message);
        reading = ReadAsync(length: 3 * Length);
        await AnswerAsync(Leased with { LengthBytes = 3 * Length, Lease = 8 });
        Assert.Null(await reading.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.Equal(new ReleaseRecord(_written.Id, 8), (await ToldAsync()).Message);
        Assert.Equal((0, 2, 0, 0), (_copies.Read, _copies.FellBack, _copies.Corrupt, _space.UsedBytes));
    }

    [Fact]
    public async Task Rotten_record_is_told_and_its_room_and_lease_given_back()
    {
        _box.Flip(1, _written.Place.OffsetBytes + 4096 + 49_999);
        var reading = ReadAsync();
        await AnswerAsync(Leased);
        Assert.Null(await reading.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.Equal(new ReleaseRecord(_written.Id, 7), (await ToldAsync()).Message);
        Assert.Equal((0, 1, 1, 0), (_copies.Read, _copies.FellBack, _copies.Corrupt, _space.UsedBytes));
    }

    [Theory]
    [InlineData(3, TierKind.Cold, true)]
    [InlineData(3, TierKind.Shm, false)]
    [InlineData(4, TierKind.Cold, false)]
    [InlineData(5, TierKind.Cold, false)]
    [InlineData(6, TierKind.Cold, false)]
    public async Task Only_files_of_other_nodes_in_this_directory_are_covered(uint node, TierKind tier, bool isCovered)
    {
        var copy = Copy with { Node = new NodeId(node), Tier = tier };
        Assert.Equal(isCovered, _copies.Covers(copy));
        if (!isCovered)
            Assert.Null(await _copies.TryReadAsync(_written.Id, copy, RoomUse.Store, new TimeLimit(_time, Patience), CancellationToken.None));
    }

    public async ValueTask DisposeAsync()
    {
        await _system.Terminate();
        _records.Dispose();
        _box.Dispose();
    }

    private RecordLeased Leased => new(_written.Id, 1, _written.Place.OffsetBytes, Length, 7, Patience);

    private static CopyLocation Copy => new() { Node = Holder, Tier = TierKind.Cold, LengthBytes = Length };

    private Task<PulledRoom?> ReadAsync(int length = Length, CancellationToken cancellation = default) => _copies.TryReadAsync(
        _written.Id, Copy with { LengthBytes = length }, RoomUse.Store, new TimeLimit(_time, TimeSpan.FromSeconds(10)), cancellation);

    private async Task<(object Message, IActorRef Sender)> ToldAsync() =>
        await _told.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience);

    private async Task AnswerAsync(object answer) => (await ToldAsync()).Sender.Tell(answer, ActorRefs.NoSender);

    private static Member Up(uint node, string directory)
    {
        var metadata = new MemberMetadata(false, [new(SharedCopies.Label, directory)]);
        return Member.Starting(new NodeId(node), new NodeAddress($"{node}:1"), new(1), metadata) with { State = MemberState.Up };
    }

    private sealed class Keeper(ChannelWriter<(object, IActorRef)> told) : UntypedActor
    {
        protected override void OnReceive(object message) => told.TryWrite((message, Sender));
    }
}

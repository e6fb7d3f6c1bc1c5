using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Tiers.Tests.Shm;

namespace Cascade.Tiers.Tests.Cold;

public sealed class ColdTierTests : IDisposable
{
    private const int Length = 70_001;

    private static readonly ColdSettings Settings = new() { FileBytes = 1 << 20, CapacityBytes = 64 << 20, MaxBlockBytes = 1 << 20 };
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly string _folder = TemporaryFolder.Create();
    private SimulatedColdTier _tier;

    public ColdTierTests() => _tier = new SimulatedColdTier(_folder, Settings);

    [Fact]
    public void Block_that_was_put_is_fetched_back_also_by_the_next_life()
    {
        Assert.Equal((0, 0), (_tier.Ready?.Blocks, _tier.Ready?.Keys));
        Store(1);
        AssertFetched(1);
        Assert.Equal((new NodeId(0), TierKind.Cold, 0u, 0L, (long)Length), (Told.Node, Told.Tier, Told.Slot, Told.OffsetBytes, Told.LengthBytes));
        _tier.Dispose();
        _tier = new SimulatedColdTier(_folder, Settings);
        Assert.Equal((1, 1), (_tier.Ready?.Blocks, _tier.Ready?.Keys));
        Assert.Equal([(0, 1), (1, 1)], _tier.Recovery);
        AssertFetched(1);
        Assert.Empty(_tier.Trouble);
        Assert.Empty(_tier.Log);
    }

    [Fact]
    public void Group_is_flushed_when_its_delay_is_over_though_a_later_tick_was_armed()
    {
        Assert.Empty(_tier.Tell(Put(1)));
        _tier.Advance(Millisecond);
        Assert.Empty(_tier.TakeReplies());
        _tier.Advance(Millisecond);
        Assert.Equal([new ColdStored(true), Released(1)], _tier.TakeReplies());
    }

    [Fact]
    public void Completion_that_the_mailbox_has_no_room_for_is_taken_with_the_next_message()
    {
        _tier.Dispose();
        _tier = new SimulatedColdTier(_folder, Settings, mailbox: 1);
        _tier.Device.FailNext<WriteRecord>(DeviceFaultKind.Held);
        _tier.Tell(Put(1));

        // A message that is none of the tier's takes the one place, so that no wake-up gets in.
        _tier.Tier.Tell("full", _tier.Client);
        _tier.Device.ReleaseHeld();
        _tier.Run();
        _tier.Advance(2 * Millisecond);
        Assert.Equal([new ColdStored(true), Released(1)], _tier.TakeReplies());
    }

    [Fact]
    public void Blocks_that_come_next_in_a_prefix_are_read_ahead()
    {
        for (var i = 1; i <= 3; i++)
            Store(i, parent: i - 1);
        var replies = _tier.Tell(new ColdFetch(ArenaSandbox.Key(1), default, Minute, 2));
        Assert.Equal(ArenaSandbox.Id(1, Length), Assert.IsType<ColdFetched>(Assert.Single(replies)).Id);
        Assert.Equal(
            [1, 2, 3],
            _tier.Memory.OfType<RoomFilled>().Select(filled => filled.Binding.Depth));
    }

    [Fact]
    public void Copy_that_the_owner_drops_is_gone()
    {
        Store(1);
        var copy = Told;
        Assert.Empty(_tier.Tell(new Drop(ArenaSandbox.Id(1, Length), copy)));
        Assert.Equal(new RemoveCopy(ArenaSandbox.Id(1, Length), copy, ArenaSandbox.Binding(1)), _tier.Owners[^1]);
        Assert.Equal([NotFound.Instance], _tier.Tell(Fetch(1)));
    }

    [Fact]
    public void Failing_device_is_told_of_once_until_it_works_again()
    {
        for (var i = 0; i < 2; i++)
            _tier.Device.FailNext<WriteRecord>(DeviceFaultKind.IoError);
        Store(1);
        Assert.Equal("WriteRecord 5 of the cold tier ended IoError.", Assert.Single(_tier.Trouble));
        _tier.Device.FailNext<WriteRecord>(DeviceFaultKind.IoError);
        Store(2);
        Assert.Equal(2, _tier.Trouble.Count);
        AssertFetched(2);
    }

    [Fact]
    public void Put_from_memory_that_is_not_there_fails_alone()
    {
        var put = Put(1) with { Memory = new PayloadMemory(1L << 40, Length) };
        var replies = _tier.Tell(put);
        Assert.IsType<Unavailable>(replies[0]);
        Assert.Equal(new MemoryReleased(put.Id, put.Memory, false), replies[1]);
        Assert.Contains("not one of whole pages within the payload area", _tier.Trouble[0], StringComparison.Ordinal);
        Store(2);
        AssertFetched(2);
    }

    [Fact]
    public void Message_that_is_none_of_the_tiers_is_reported_as_such()
    {
        Assert.Empty(_tier.Tell("what?"));
        Store(1);
        Assert.Empty(_tier.Log);
    }

    /// <summary>The one copy that owners were told of.</summary>
    private CopyLocation Told => Assert.Single(_tier.Owners.OfType<AddCopy>()).Copy;

    public void Dispose()
    {
        _tier.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private ColdPut Put(int seed, int? parent = null)
    {
        var bytes = ArenaSandbox.Bytes(seed, Length);
        bytes.CopyTo(_tier.Span(0, Length));
        var binding = ArenaSandbox.Binding(seed);
        if (parent is { } p)
            binding = binding with { Parent = ArenaSandbox.Key(p) };
        return new ColdPut(ArenaSandbox.Id(bytes), new PayloadMemory(0, Length), binding, 1, Durable: true, Minute);
    }

    private static ColdFetch Fetch(int seed) => new(ArenaSandbox.Key(seed), default, Minute, 0);

    private static MemoryReleased Released(int seed) => new(ArenaSandbox.Id(seed, Length), new PayloadMemory(0, Length), true);

    private void Store(int seed, int? parent = null)
    {
        _tier.Tell(Put(seed, parent));
        _tier.Advance(Millisecond * 100);
        _tier.Replies.Clear();
    }

    private void AssertFetched(int seed)
    {
        _tier.Span(SimulatedColdTier.RoomAt, Length).Clear();
        Assert.Equal(
            [new ColdFetched(ArenaSandbox.Id(seed, Length), new PayloadMemory(SimulatedColdTier.RoomAt, Length))], _tier.Tell(Fetch(seed)));
        Assert.True(_tier.Span(SimulatedColdTier.RoomAt, Length).SequenceEqual(ArenaSandbox.Bytes(seed, Length)));
    }
}

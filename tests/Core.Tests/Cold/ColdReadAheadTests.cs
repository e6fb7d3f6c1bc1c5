using Cascade.Core.Cold;
using Cascade.Core.Log;
using Cascade.Core.Messages;
using static Cascade.Core.Tests.Cold.ColdNames;

namespace Cascade.Core.Tests.Cold;

/// <summary>Blocks that are read before anybody asked for them.</summary>
public sealed class ColdReadAheadTests
{
    private const int Page = LogRecordHeader.SizeBytes;

    private static readonly ColdSettings Plain = ColdHarness.Small with { CheckpointEveryBytes = long.MaxValue, GroupDelay = TimeSpan.Zero };

    [Fact]
    public void What_is_asked_for_is_read_before_what_is_read_ahead_and_finds_half_of_the_device_free()
    {
        var store = Ready(Plain with { ReadsInFlightMax = 2 }, blocks: 4);
        Ahead(store, 1);
        Ahead(store, 2);
        store.Fetch(3);
        store.Fetch(4);
        foreach (var need in store.RoomsNeeded.ToList())
            store.GiveRoom(need);
        Assert.Equal([1, 3], Reading(store));
        Assert.True(store.CompleteFirst("ReadPayload"));
        Assert.Equal([1, 3, 4], Reading(store));
        Assert.True(store.CompleteFirst("ReadPayload"));
        Assert.Equal([1, 3, 4, 2], Reading(store));
    }

    [Fact]
    public void Room_for_what_is_read_ahead_is_asked_for_as_such_and_a_denial_ends_it()
    {
        var store = Ready(Plain, blocks: 1);
        var ahead = Ahead(store, 1);
        var need = Assert.Single(store.RoomsNeeded);
        Assert.True(need.IsAhead);
        store.Send(new Asked("room"), new RoomDenied(need.Fetch, "none to spare", WasAhead: true));
        Assert.IsType<Busy>(Assert.Single(ahead.Answers));
    }

    [Fact]
    public void Block_that_is_asked_for_while_it_is_read_ahead_gets_room_as_any_other()
    {
        var store = Ready(Plain, blocks: 1);
        Ahead(store, 1);
        var need = store.RoomsNeeded[0];
        store.RoomsNeeded.Clear();
        var ask = store.Fetch(1);
        Assert.Equal(need with { IsAhead = false }, Assert.Single(store.RoomsNeeded));

        // What memory said before it heard of that counts no more.
        store.Send(new Asked("room"), new RoomDenied(need.Fetch, "none to spare", WasAhead: true));
        Assert.Empty(ask.Answers);
        store.Settle(1);
        Assert.IsType<ColdFetched>(Assert.Single(ask.Answers));
        Assert.False(store.Sent.Select(e => e.Message).OfType<RoomFilled>().Single().IsAhead);
    }

    [Fact]
    public void Block_that_is_asked_for_while_it_waits_for_its_turn_is_read_before_others()
    {
        var store = Ready(Plain with { ReadsInFlightMax = 2 }, blocks: 3);
        for (var n = 1; n <= 3; n++)
            Ahead(store, n);
        foreach (var need in store.RoomsNeeded.ToList())
            store.GiveRoom(need);
        Assert.Equal([1], Reading(store));
        store.Fetch(3);
        Assert.Equal([1, 3], Reading(store));
        store.Settle(1);
        Assert.Equal([1, 3, 2], Reading(store));
        var filled = store.Sent.Select(e => e.Message).OfType<RoomFilled>().Select(f => (Number(f.Id), f.IsAhead)).Order();
        Assert.Equal([(1, true), (2, true), (3, false)], filled);
    }

    [Fact]
    public void Bytes_read_ahead_at_a_time_are_bounded_and_count_until_they_are_read_or_asked_for()
    {
        var store = Ready(Plain with { ReadAheadBytesMax = 2 * Page }, blocks: 5);
        Ahead(store, 1);
        Ahead(store, 2);
        Assert.IsType<Busy>(Assert.Single(Ahead(store, 3).Answers));
        store.Fetch(1);
        Assert.Empty(Ahead(store, 3).Answers);
        Assert.IsType<Busy>(Assert.Single(Ahead(store, 4).Answers));
        store.Settle(1);
        Assert.Empty(Ahead(store, 4).Answers);
        Assert.Empty(Ahead(store, 5).Answers);
    }

    [Fact]
    public void Block_that_is_being_read_is_not_read_ahead_as_well()
    {
        var store = Ready(Plain, blocks: 1);
        store.Fetch(1);
        Assert.IsType<Busy>(Assert.Single(Ahead(store, 1).Answers));
        Assert.Single(store.RoomsNeeded);
    }

    private static Asked Ahead(ColdHarness store, int block) =>
        store.Send(new Asked($"ahead {block}"), new ColdFetch(Key(block), Id(block), TimeSpan.FromSeconds(60), 0, IsAhead: true));

    /// <summary>The blocks that the device was asked to read, in order.</summary>
    private static IEnumerable<int> Reading(ColdHarness store) => store.Sent.Select(e => e.Message).OfType<ReadPayload>().Select(r => Number(r.Header.Id));

    private static ColdHarness Ready(ColdSettings settings, int blocks)
    {
        var store = new ColdHarness(5, settings);
        store.Recover();
        for (var n = 1; n <= blocks; n++)
            store.Outcome(store.Put(n, n, 1, parent: n - 1));
        return store;
    }
}

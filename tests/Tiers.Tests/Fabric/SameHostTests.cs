using Cascade.Core.Fabric;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Tiers.Fabric;
using Cascade.Tiers.Payload;
using Cascade.Tiers.Tests.Shm;
using static Cascade.Tiers.Tests.Shm.ArenaSandbox;

namespace Cascade.Tiers.Tests.Fabric;

public sealed class SameHostTests
{
    private static readonly NodeId Holder = new(3);

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(4096)]
    [InlineData(70_001)]
    [InlineData((4 << 20) + 1)]
    [InlineData(64 << 20)]
    public async Task Pull_of_any_length_brings_the_copy_exactly(int length)
    {
        using var box = new ArenaSandbox(capacityBytes: 65 << 20);
        using var fabric = Fabric(box);
        using var into = new TargetMemory(length);
        var copy = box.Put(1, length);
        Assert.Equal(PullResult.Done, await fabric.PullAsync(into.Want(copy)));
        into.AssertIs(Bytes(1, length));
        Assert.Equal(0, fabric.PullsInFlight);
    }

    [Fact]
    public async Task Pull_of_a_part_brings_that_part()
    {
        using var box = new ArenaSandbox();
        using var fabric = Fabric(box);
        using var into = new TargetMemory(700);
        var copy = box.Put(1);
        Assert.Equal(PullResult.Done, await fabric.PullAsync(into.Want(copy, skipBytes: 4300)));
        into.AssertIs(Bytes(1, 5000).AsSpan(4300));
        Assert.Throws<ArgumentException>(() => { _ = fabric.PullAsync(into.Want(copy, skipBytes: 4301)); });
    }

    [Theory]
    [InlineData(5000)]
    [InlineData((64 << 20) + 9)]
    public async Task Pull_with_digest_names_the_bytes(int length)
    {
        using var box = new ArenaSandbox(capacityBytes: 65 << 20);
        using var writer = new PayloadWriter(DigestAlgorithm.Blake3, 2, 1 << 20);
        using var fabric = Fabric(box, writer: writer);
        using var into = new TargetMemory(length);
        var copy = box.Put(1, length);
        Assert.Equal(new PullResult(PullOutcome.Done, Id(1, length)), await fabric.PullAsync(into.Want(copy, withDigest: true)));
        into.AssertIs(Bytes(1, length));
    }

    [Fact]
    public async Task Copy_that_was_freed_or_replaced_is_stale()
    {
        using var box = new ArenaSandbox(slotCount: 1);
        using var fabric = Fabric(box);
        using var into = new TargetMemory(5000);
        var first = box.Put(1);
        Assert.Equal(PullResult.Done, await fabric.PullAsync(into.Want(first)));
        Assert.True(box.Arena.TryFree(first.Slot, first.Generation));
        Assert.Equal(PullResult.Stale, await fabric.PullAsync(into.Want(first)));
        var second = box.Put(2);
        Assert.Equal(first.Slot, second.Slot);
        Assert.Equal(PullResult.Stale, await fabric.PullAsync(into.Want(first)));
        Assert.Equal(PullResult.Stale, await fabric.PullAsync(into.Want(second with { OffsetBytes = 4096 })));
        Assert.Equal(PullResult.Stale, await fabric.PullAsync(into.Want(second with { LengthBytes = 5001 })));
        Assert.Equal(PullResult.Stale, await fabric.PullAsync(into.Want(second with { Slot = 1 })));
        Assert.Equal(PullResult.Stale, await fabric.PullAsync(into.Want(second with { Generation = second.Generation + 1 })));
        Assert.Equal(PullResult.Done, await fabric.PullAsync(into.Want(second)));
        into.AssertIs(Bytes(2, 5000));
    }

    [Fact]
    public async Task Copy_that_goes_while_it_is_moved_is_stale_never_done()
    {
        const int Length = 12 << 20;
        using var box = new ArenaSandbox(capacityBytes: 16 << 20);
        var copy = box.Put(1, Length);

        // The clock is asked at the start, then before each of three pieces: the copy goes between the second and the third.
        var clock = new ManualClock { OnAsked = asked => Assert.True(asked != 4 || box.Arena.TryFree(copy.Slot, copy.Generation)) };
        using var fabric = Fabric(box, clock);
        using var into = new TargetMemory(Length);
        Assert.Equal(PullResult.Stale, await fabric.PullAsync(into.Want(copy)));
        Assert.False(box.Arena.TryFind(Id(1, Length), out _));
    }

    [Fact]
    public async Task Deadline_and_cancellation_end_a_pull_between_pieces()
    {
        const int Length = 12 << 20;
        using var box = new ArenaSandbox(capacityBytes: 16 << 20);
        var copy = box.Put(1, Length);
        var clock = new ManualClock();
        using var cancelling = new CancellationTokenSource();
        using var fabric = Fabric(box, clock);
        using var into = new TargetMemory(Length);
        clock.OnAsked = asked => clock.Advance(TimeSpan.FromSeconds(asked == 4 ? 61 : 0));
        Assert.Equal(PullResult.TimedOut, await fabric.PullAsync(into.Want(copy)));
        Assert.False(into.Bytes[(8 << 20)..].ContainsAnyExcept((byte)0));
        clock.OnAsked = _ => cancelling.Cancel();
        Assert.Equal(PullResult.Cancelled, await fabric.PullAsync(into.Want(copy), cancelling.Token));
        Assert.Equal(0, fabric.PullsInFlight);
    }

    [Fact]
    public async Task One_pull_more_than_allowed_is_busy_at_once()
    {
        using var box = new ArenaSandbox();
        var copy = box.Put(1);
        using var hold = new ManualResetEventSlim();
        var clock = new ManualClock();
        using var fabric = new SameHostFabric(Options(box) with { MaxPullsInFlight = 1 }, clock);
        using var into = new TargetMemory(5000);
        using var other = new TargetMemory(5000);
        clock.OnAsked = asked => { if (asked == 2) hold.Wait(); };
        var first = fabric.PullAsync(into.Want(copy));
        var second = fabric.PullAsync(other.Want(copy));
        Assert.True(second.IsCompleted);
        Assert.Equal(PullOutcome.Busy, (await second).Outcome);
        hold.Set();
        Assert.Equal(PullResult.Done, await first);
        Assert.Equal(PullResult.Done, await fabric.PullAsync(other.Want(copy)));
    }

    [Fact]
    public async Task Arena_that_is_made_anew_is_mapped_anew_and_one_that_is_gone_is_unreachable()
    {
        using var box = new ArenaSandbox();
        using var fabric = Fabric(box);
        using var into = new TargetMemory(5000);
        var old = box.Put(1);
        Assert.True(fabric.CanReach(Holder));
        Assert.Equal(PullResult.Done, await fabric.PullAsync(into.Want(old)));
        Assert.Equal(PullOutcome.Done, fabric.TryOpen(old, out var window, out _));

        box.Arena.Dispose();
        box.Options = box.Options with { Reset = true };
        box.Open();
        var copy = box.Put(2);
        Assert.Equal(old, copy);
        Assert.Equal(PullResult.Done, await fabric.PullAsync(into.Want(copy)));
        into.AssertIs(Bytes(2, 5000));
        Assert.True(window!.Slice(0, 5000).SequenceEqual(Bytes(1, 5000)), "A window on the removed file stays readable.");
        window.Dispose();

        box.Arena.Remove();
        Assert.False(fabric.CanReach(Holder));
        var gone = await fabric.PullAsync(into.Want(copy));
        Assert.Equal(PullOutcome.Unreachable, gone.Outcome);
        Assert.Contains("errno 2", gone.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Holder_that_reattaches_serves_on_under_the_same_mapping()
    {
        using var box = new ArenaSandbox();
        using var fabric = Fabric(box);
        using var into = new TargetMemory(5000);
        var copy = box.Put(1);
        Assert.True(fabric.CanReach(Holder));
        box.Reopen();
        Assert.Equal(PullResult.Done, await fabric.PullAsync(into.Want(copy)));
        into.AssertIs(Bytes(1, 5000));
    }

    [Fact]
    public void File_that_is_not_the_peers_sound_arena_is_refused()
    {
        using var box = new ArenaSandbox();
        box.Put(1);
        box.Arena.Dispose();
        using var stranger = new SameHostFabric(Options(box) with { OwnerUserId = uint.MaxValue - 7 }, TimeProvider.System);
        Assert.False(stranger.CanReach(Holder));
        using var sha = new SameHostFabric(Options(box) with { DigestAlgorithm = DigestAlgorithm.Sha256 }, TimeProvider.System);
        Assert.False(sha.CanReach(Holder));
        File.Copy(box.FilePath, Path.Combine(box.Folder, "cascade-test-4"));
        File.Copy(box.FilePath, Path.Combine(box.Folder, "cascade-other-3"));
        using var fabric = Fabric(box);
        Assert.False(fabric.CanReach(new NodeId(4)));
        using var other = new SameHostFabric(Options(box) with { ClusterName = "other" }, TimeProvider.System);
        Assert.False(other.CanReach(Holder));
        box.Flip(16);
        Assert.False(fabric.CanReach(Holder));
        box.Flip(16);
        Assert.True(fabric.CanReach(Holder));
        Assert.False(fabric.CanReach(new NodeId(5)));
        fabric.Forget(Holder);
        box.Options = box.Options with { FileMode = box.Options.FileMode | UnixFileMode.OtherWrite };
        box.Open();
        Assert.False(fabric.CanReach(Holder));
    }

    [Fact]
    public async Task Damaged_descriptor_is_stale()
    {
        using var box = new ArenaSandbox();
        using var fabric = Fabric(box);
        using var into = new TargetMemory(5000);
        var copy = box.Put(1);
        box.Arena.Dispose();
        box.Flip(4096 + ((long)copy.Slot * 192) + 64);
        Assert.Equal(PullResult.Stale, await fabric.PullAsync(into.Want(copy)));
    }

    [Fact]
    public void Window_shows_the_copy_in_place_and_tells_when_it_went()
    {
        using var box = new ArenaSandbox();
        using var fabric = Fabric(box);
        var copy = box.Put(1);
        Assert.Equal(PullOutcome.Done, fabric.TryOpen(copy, out var window, out _));
        Assert.Equal(5000, window!.LengthBytes);
        Assert.True(window.Slice(0, 5000).SequenceEqual(Bytes(1, 5000)));
        Assert.True(window.IsIntact);
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = window.Slice(1, 5000); });
        Assert.True(box.Arena.TryFree(copy.Slot, copy.Generation));
        Assert.False(window.IsIntact);
        fabric.Dispose();
        Assert.Equal(5000, window.Slice(0, 5000).Length);
        window.Dispose();
        Assert.Throws<ObjectDisposedException>(() => { _ = window.Slice(0, 1); });
        Assert.Equal(PullOutcome.Unreachable, fabric.TryOpen(copy, out _, out var reason));
        Assert.Equal("the fabric is closed", reason);
    }

    private static SameHostOptions Options(ArenaSandbox box) => new() { ClusterName = "test", Directory = box.Folder };

    private static SameHostFabric Fabric(ArenaSandbox box, TimeProvider? time = null, PayloadWriter? writer = null) =>
        new(Options(box), time ?? TimeProvider.System, writer);
}

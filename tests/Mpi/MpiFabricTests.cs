using Cascade.Core.Fabric;
using Cascade.Core.Identity;
using Cascade.Tiers.Tests.Fabric;
using Cascade.Tiers.Tests.Shm;

namespace Cascade.Mpi.Tests;

/// <summary>The fabric over ranks that a stand-in reads.</summary>
public sealed class MpiFabricTests : IDisposable
{
    private const int Large = (300 << 10) + 17;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly MpiSandbox _box = new();

    public void Dispose() => _box.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(8192)]
    [InlineData(8193)]
    [InlineData(Large)]
    public void Pull_brings_the_bytes_and_their_digest(int length)
    {
        var copy = _box.Box.Put(1, length);
        using var target = new TargetMemory(length);
        var result = _box.End(_box.Pull(copy, target, withDigest: true, block: ArenaSandbox.Id(1, length)));
        Assert.Equal(PullResult.Done with { Digest = ArenaSandbox.Id(1, length) }, result);
        target.AssertIs(ArenaSandbox.Bytes(1, length));
        Assert.Equal((0, 0, 0L), (_box.Ranks.Open, _box.Fabric.PullsInFlight, _box.Fabric.QuarantinedBytes));
    }

    [Fact]
    public void Copy_that_goes_while_its_bytes_are_read_is_stale()
    {
        var copy = _box.Box.Put(1, Large);
        using var target = new TargetMemory(Large);
        var pull = _box.Pull(copy, target);

        // The descriptor was read and found good; then, with the first bytes, the copy goes.
        _box.Ranks.OnRead = length =>
        {
            if (length > 1000)
                _box.Box.Arena.TryFree(copy.Slot, copy.Generation);
        };
        Assert.Equal(PullOutcome.Stale, _box.End(pull).Outcome);
    }

    [Fact]
    public void Copy_that_has_gone_before_ends_the_pull_before_its_bytes_are_read()
    {
        var copy = _box.Box.Put(1, Large);
        Assert.True(_box.Box.Arena.TryFree(copy.Slot, copy.Generation));
        using var target = new TargetMemory(Large);
        Assert.Equal(PullOutcome.Stale, _box.End(_box.Pull(copy, target)).Outcome);
        Assert.Equal(3, _box.Ranks.Begun.Count);
        Assert.True(_box.Fabric.CanReach(MpiSandbox.Holder), "A rank that told the truth is left alone.");
        _box.LookAtLate();
        Assert.Equal(0, _box.Fabric.QuarantinedBytes);
    }

    [Fact]
    public void Copy_of_another_block_is_stale()
    {
        var copy = _box.Box.Put(1);
        using var target = new TargetMemory(5000);
        Assert.Equal(PullOutcome.Stale, _box.End(_box.Pull(copy, target, block: ArenaSandbox.Id(2))).Outcome);
    }

    [Fact]
    public void Late_read_stores_nothing_to_its_target_and_keeps_its_rank_at_rest_until_it_has_come()
    {
        var copy = _box.Box.Put(1, Large);
        using var target = new TargetMemory(Large);
        _box.Ranks.Hanging.Add(0);
        var pull = _box.Pull(copy, target, Second);
        _box.Turn();
        Assert.False(pull.IsCompleted);
        _box.Clock.Advance(Second);
        Assert.Equal(PullOutcome.TimedOut, _box.End(pull).Outcome);
        Assert.False(_box.Fabric.CanReach(MpiSandbox.Holder));
        Assert.True(_box.Fabric.CanReach(MpiSandbox.Other));
        Assert.Equal(PullOutcome.Unreachable, _box.End(_box.Pull(copy, target)).Outcome);
        Assert.Equal(256 + (2 * (64 << 10)), _box.Fabric.QuarantinedBytes);
        target.Bytes.Fill(5);

        _box.Ranks.Hanging.Clear();
        _box.LookAtLate();
        Assert.Equal((0, 0L), (_box.Ranks.Open, _box.Fabric.QuarantinedBytes));
        Assert.False(target.Bytes.ContainsAnyExcept((byte)5), "A late read stored to its target.");
        Assert.Equal(PullOutcome.Done, _box.End(_box.Pull(copy, target)).Outcome);
        Assert.Empty(_box.Troubles);
    }

    [Fact]
    public void Cancelled_pull_ends_at_once_and_does_not_speak_against_its_rank()
    {
        var copy = _box.Box.Put(1, Large);
        using var target = new TargetMemory(Large);
        using var cancel = new CancellationTokenSource();
        _box.Ranks.Hanging.Add(0);
        var pull = _box.Fabric.PullAsync(target.Want(copy), cancel.Token);
        _box.Turn();
        cancel.Cancel();
        Assert.Equal(PullOutcome.Cancelled, _box.End(pull).Outcome);
        Assert.True(_box.Fabric.CanReach(MpiSandbox.Holder));
        Assert.True(_box.Fabric.QuarantinedBytes > 0, "Reads that may still come are not quarantined.");
    }

    [Fact]
    public void Rank_whose_reads_fail_is_given_up_and_that_is_said_once()
    {
        var copy = _box.Box.Put(1);
        using var target = new TargetMemory(5000);
        using var other = new TargetMemory(5000);
        _box.Ranks.Broken.Add(0);
        var pulls = new[] { _box.Pull(copy, target), _box.Pull(copy, other) };
        Assert.All(pulls, pull => Assert.Equal(PullOutcome.Unreachable, _box.End(pull).Outcome));
        Assert.False(_box.Fabric.CanReach(MpiSandbox.Holder));
        Assert.Contains("the connection broke", Assert.Single(_box.Troubles), StringComparison.Ordinal);
        _box.Ranks.Broken.Clear();
        _box.LookAtLate();
        Assert.False(_box.Fabric.CanReach(MpiSandbox.Holder));
        Assert.Equal(PullOutcome.Done, _box.End(_box.Pull(copy with { Node = MpiSandbox.Other }, target)).Outcome);
    }

    [Fact]
    public void Death_ends_the_pulls_that_are_under_way()
    {
        var copy = _box.Box.Put(1);
        using var target = new TargetMemory(5000);
        _box.Ranks.Hanging.Add(0);
        var pull = _box.Pull(copy, target);
        _box.Turn();
        _box.Fabric.MarkDead(MpiSandbox.Holder);
        Assert.Equal(PullOutcome.Unreachable, _box.End(pull).Outcome);
        _box.Ranks.Hanging.Clear();
        _box.LookAtLate();
        Assert.True(_box.Fabric.QuarantinedBytes > 0, "Memory that a dead rank's reads may store to is used again.");
    }

    [Fact]
    public void Fabric_turns_itself_off_when_late_reads_keep_too_much_memory_and_says_so_once()
    {
        using var box = new MpiSandbox(static options => options with { QuarantineBytes = 100_000 });
        var copy = box.Box.Put(1, Large);
        using var target = new TargetMemory(Large);
        box.Ranks.Hanging.Add(0);
        var pull = box.Pull(copy, target, Second);
        box.Turn();
        box.Clock.Advance(Second);
        Assert.Equal(PullOutcome.TimedOut, box.End(pull).Outcome);
        var elsewhere = copy with { Node = MpiSandbox.Other };
        Assert.Equal(PullOutcome.Unreachable, box.End(box.Pull(elsewhere, target)).Outcome);
        Assert.Equal(PullOutcome.Unreachable, box.End(box.Pull(elsewhere, target)).Outcome);
        Assert.False(box.Fabric.CanReach(MpiSandbox.Other));
        Assert.Contains("out of use", Assert.Single(box.Troubles), StringComparison.Ordinal);
    }

    [Fact]
    public void Pull_beyond_the_most_is_busy_and_small_ones_do_not_wait_for_large_ones()
    {
        using var box = new MpiSandbox(static options => options with { MaxPullsInFlight = 1, MaxSmallPullsInFlight = 1 });
        var (large, small) = (box.Box.Put(1, Large), box.Box.Put(2));
        using var target = new TargetMemory(Large);
        using var further = new TargetMemory(5000);
        box.Ranks.Hanging.Add(0);
        var first = box.Pull(large, target);
        Assert.Equal(PullOutcome.Busy, box.End(box.Pull(large, target)).Outcome);
        box.Turn();
        Assert.Equal(PullOutcome.Done, box.End(box.Pull(small with { Node = MpiSandbox.Other }, further)).Outcome);
        Assert.False(first.IsCompleted);
        box.Ranks.Hanging.Clear();
        Assert.Equal(PullOutcome.Done, box.End(first).Outcome);
        Assert.Equal(PullOutcome.Done, box.End(box.Pull(large, target)).Outcome);
    }

    [Fact]
    public void Large_pulls_take_turns()
    {
        var copies = new[] { _box.Box.Put(1, Large), _box.Box.Put(2, Large) };
        using var first = new TargetMemory(Large);
        using var second = new TargetMemory(Large);
        var pulls = new[] { _box.Pull(copies[0], first), _box.Pull(copies[1], second) };
        while (!pulls[0].IsCompleted)
            _box.Turn();
        _box.Turn();
        Assert.True(pulls[1].IsCompleted, "The second had to wait for all of the first.");
        Assert.All(pulls, pull => Assert.Equal(PullOutcome.Done, _box.End(pull).Outcome));
        first.AssertIs(ArenaSandbox.Bytes(1, Large));
        second.AssertIs(ArenaSandbox.Bytes(2, Large));
    }

    [Fact]
    public void Large_pulls_read_less_at_a_time_while_there_are_small_ones()
    {
        using var box = new MpiSandbox(static options => options with { PieceBytes = 1 << 20, PiecesInFlight = 4 });
        var (large, small) = (box.Box.Put(1, 5 << 20), box.Box.Put(2));
        using var target = new TargetMemory(5 << 20);
        using var further = new TargetMemory(5000);
        Assert.Equal(PullOutcome.Done, box.End(box.Pull(large, target)).Outcome);
        Assert.Equal(5, box.Ranks.Begun.Count(static length => length == 1 << 20));
        box.Ranks.Begun.Clear();
        var pull = box.Pull(large, target);
        Assert.Equal(PullOutcome.Done, box.End(box.Pull(small, further)).Outcome);
        Assert.Equal(PullOutcome.Done, box.End(pull).Outcome);
        Assert.Equal(20, box.Ranks.Begun.Count(static length => length == 256 << 10));
        target.AssertIs(ArenaSandbox.Bytes(1, 5 << 20));
        box.Ranks.Begun.Clear();
        box.Clock.Advance(Second);
        Assert.Equal(PullOutcome.Done, box.End(box.Pull(large, target)).Outcome);
        Assert.Equal(5, box.Ranks.Begun.Count(static length => length == 1 << 20));
    }

    [Fact]
    public void Whom_the_job_does_not_have_is_unreachable()
    {
        var copy = _box.Box.Put(1);
        using var target = new TargetMemory(5000);
        Assert.Equal(PullOutcome.Unreachable, _box.End(_box.Pull(copy with { Node = new NodeId(77) }, target)).Outcome);
        Assert.False(_box.Fabric.CanReach(new NodeId(77)));
        Assert.Equal(PullOutcome.Unreachable, _box.End(_box.Pull(copy with { Tier = TierKind.Cold }, target)).Outcome);
    }

    [Fact]
    public void Place_that_no_copy_can_have_is_stale_without_a_read()
    {
        var copy = _box.Box.Put(1);
        using var target = new TargetMemory(5000);
        Assert.Equal(PullOutcome.Stale, _box.End(_box.Pull(copy with { Slot = 64 }, target)).Outcome);
        Assert.Equal(PullOutcome.Stale, _box.End(_box.Pull(copy with { OffsetBytes = 8 << 20 }, target)).Outcome);
        Assert.Equal(PullOutcome.Stale, _box.End(_box.Pull(copy with { Generation = copy.Generation + 1 }, target)).Outcome);
        Assert.Empty(_box.Ranks.Begun);
    }
}

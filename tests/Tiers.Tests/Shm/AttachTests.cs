using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Tiers.Shm;
using static Cascade.Tiers.Tests.Shm.ArenaSandbox;

namespace Cascade.Tiers.Tests.Shm;

public sealed class AttachTests
{
    [Fact]
    public void Arena_reopened_serves_what_was_published_and_nothing_else()
    {
        using var box = new ArenaSandbox();
        Assert.Equal(new AttachReport(true, 0, 0, 0, 0, 0, TimeSpan.Zero), box.Arena.Report);
        var freed = box.Put(1);
        var copy = box.Put(2, 70_000);
        box.Put(3);
        box.Arena.TryBindAlias(Id(3), Binding(30));
        box.Arena.TryBindAlias(Id(3), Binding(31));
        box.Arena.Unbind(Key(3));
        box.Arena.Unbind(Key(31));
        box.Arena.TryFree(freed.Slot, freed.Generation);
        Assert.True(box.Arena.TryReserve(9000, out _));
        var freeBytes = box.Arena.FreeBytes + 12_288;

        Assert.Equal(new AttachReport(false, 2, 1, 1, 0, 75_000, TimeSpan.Zero), box.Reopen());
        Assert.Equal(freeBytes, box.Arena.FreeBytes);
        Assert.True(box.Arena.TryFind(Id(2, 70_000), out var found));
        Assert.Equal(copy, found);
        Assert.True(box.Serves(Key(2), 2, 70_000));
        Assert.True(box.Serves(Key(30), 3));
        Assert.False(box.Readers.Contains(Key(1)) || box.Readers.Contains(Key(3)) || box.Readers.Contains(Key(31)));
        var seen = new List<(BlockId, KeyBinding)>();
        box.Arena.Visit((_, id, binding) => seen.Add((id, binding)));
        Assert.Equal([(Id(2, 70_000), Binding(2)), (Id(3), Binding(30))], seen);
        Assert.Equal(new AttachReport(false, 2, 1, 0, 0, 75_000, TimeSpan.Zero), box.Reopen());
    }

    [Fact]
    public void Generation_goes_on_across_a_reopening()
    {
        using var box = new ArenaSandbox();
        var copy = box.Put(1);
        box.Arena.TryFree(copy.Slot, copy.Generation);
        box.Arena.TryReserve(100, out var abandoned);
        Assert.Equal(copy.Slot, abandoned.Slot);
        box.Reopen();
        Assert.True(box.Put(2).Generation > abandoned.Generation);
        Assert.False(box.Arena.TryFree(copy.Slot, copy.Generation));
    }

    [Fact]
    public void Latest_stamp_of_blocks_and_aliases_is_known_after_a_reopening()
    {
        using var box = new ArenaSandbox();
        Assert.Equal(0UL, box.Arena.LastStamp.Value);
        box.Put(1, 5000, Binding(1, stamp: 5));
        box.Put(2, 5000, Binding(2, stamp: 8));
        box.Reopen();
        Assert.Equal(8UL, box.Arena.LastStamp.Value);
        box.Arena.TryBindAlias(Id(1), Binding(10, stamp: 9));
        box.Reopen();
        Assert.Equal(9UL, box.Arena.LastStamp.Value);
    }

    [Fact]
    public void Key_with_two_entries_goes_to_the_later_stamp()
    {
        using var box = new ArenaSandbox();
        var old = box.Put(1, 5000, Binding(7, stamp: 5));
        box.Put(2, 5000, Binding(7, stamp: 6));
        var moved = box.Put(3, 5000, Binding(8, stamp: 5));
        box.Put(4);
        box.Arena.TryBindAlias(Id(4), Binding(8, stamp: 6));
        box.Arena.Dispose();

        // As if the process had ended after the new binding was stored and before the old one was taken away.
        box.Flip4(old.Slot, DescriptorField.KeyRetired);
        box.Flip4(moved.Slot, DescriptorField.KeyRetired);
        Assert.Equal(4, box.Open().Report.Blocks);
        Assert.True(box.Serves(Key(7), 2));
        Assert.True(box.Serves(Key(8), 4));
        var keys = new List<KeyBinding>();
        box.Arena.CollectKeys(old.Slot, keys);
        box.Arena.CollectKeys(moved.Slot, keys);
        Assert.Empty(keys);
    }

    [Fact]
    public void Block_with_two_entries_is_taken_over_once()
    {
        using var box = new ArenaSandbox();
        var first = box.Put(1);
        var second = box.Put(2);
        box.Arena.Dispose();
        box.CopyEntry(first.Slot, second.Slot);
        Assert.Equal(new AttachReport(false, 1, 0, 0, 1, 5000, TimeSpan.Zero), box.Open().Report);
        Assert.True(box.Serves(Key(1), 1));
        Assert.False(box.Readers.Contains(Key(2)));
    }

    [Fact]
    public void Alias_without_its_block_is_dropped()
    {
        using var box = new ArenaSandbox();
        var copy = box.Put(1);
        box.Arena.TryBindAlias(Id(1), Binding(10));
        box.Arena.Dispose();
        box.Flip(DescriptorField.Offset(copy.Slot, DescriptorField.Checksum));
        Assert.Equal(new AttachReport(false, 0, 0, 1, 1, 0, TimeSpan.Zero), box.Open().Report);
        Assert.False(box.Readers.Contains(Key(10)));
        Assert.Equal(box.Arena.CapacityBytes, box.Arena.FreeBytes);
    }

    [Fact]
    public void Descriptor_with_any_byte_flipped_never_leads_to_a_wrong_block()
    {
        using var box = new ArenaSandbox(slotCount: 4, capacityBytes: 1 << 20);
        box.Put(1);
        box.Put(2);
        box.Arena.TryBindAlias(Id(2), Binding(20));
        box.Arena.Dispose();
        var pristine = File.ReadAllBytes(box.FilePath);
        for (var slot = 0u; slot < 4; slot++)
        {
            for (var at = 0; at < DescriptorField.SizeBytes; at++)
            {
                box.Flip(DescriptorField.Offset(slot, at));
                var report = box.Open().Report;
                var lost = (box.Serves(Key(1), 1) ? 0 : 1) + (box.Serves(Key(2), 2) ? 0 : 1) + (box.Serves(Key(20), 2) ? 0 : 1);
                var onlyKey = at is >= DescriptorField.KeyRetired and < DescriptorField.Checksum;
                (int Lost, int Dropped) expected = (slot, onlyKey) switch
                {
                    (0 or 1, true) => (1, 0),
                    (0 or 2, _) => (1, 1),
                    (1, false) => (2, 2),
                    _ => (0, 1),
                };
                Assert.Equal((slot, at, expected), (slot, at, (lost, report.DroppedDamaged + report.DroppedInFlight)));
                box.Arena.Dispose();
                File.WriteAllBytes(box.FilePath, pristine);
            }
        }
    }

    [Fact]
    public void Payload_flipped_is_a_miss_that_is_reported_once()
    {
        var corrupt = new List<(CopyLocation, BlockId)>();
        using var box = new ArenaSandbox(open: false) { Hooks = new ShmArenaHooks { OnCorrupt = (copy, id) => corrupt.Add((copy, id)) } };
        box.Open();
        var copy = box.Put(1);
        box.Put(2);
        box.Arena.TryBindAlias(Id(1), Binding(10));
        var payload = new FileInfo(box.FilePath).Length - box.Arena.CapacityBytes;
        box.Arena.Dispose();
        box.Flip(payload + copy.OffsetBytes + 4999);
        box.Open();
        Assert.Empty(corrupt);
        Assert.Equal(LeaseOutcome.Corrupt, box.Readers.Lease(Key(1), Minute, out _));
        Assert.Equal(LeaseOutcome.Corrupt, box.Readers.Lease(Key(10), Minute, out _));
        Assert.Equal(LeaseOutcome.Corrupt, box.Readers.Lease(Id(1), Minute, out _));
        Assert.Equal([(copy, Id(1))], corrupt);
        Assert.Equal(1, box.Readers.CorruptCopies);
        Assert.False(box.Readers.Contains(Key(1)) || box.Arena.TryFind(Id(1), out _) || box.Arena.TryBindAlias(Id(1), Binding(11)));
        Assert.True(box.Serves(Key(2), 2));

        // The block may come back before the tier has freed what is left of it, and is then what readers and the next process find.
        var repaired = box.Put(1);
        Assert.True(box.Serves(Key(1), 1));
        Assert.True(box.Readers.TryLease(Id(1), Minute, out var lease));
        lease.Dispose();
        Assert.Equal((2, 0), (box.Reopen().Blocks, box.Readers.CorruptCopies));
        Assert.True(box.Serves(Key(1), 1));
        Assert.True(box.Arena.TryFree(repaired.Slot, repaired.Generation));
    }

    [Fact]
    public void Corrupt_copy_is_freed_by_the_location_that_was_reported()
    {
        var corrupt = new List<CopyLocation>();
        using var box = new ArenaSandbox(open: false) { Hooks = new ShmArenaHooks { OnCorrupt = (copy, _) => corrupt.Add(copy) } };
        box.Open();
        var copy = box.Put(1);
        var before = box.Arena.FreeBytes;
        Assert.True(box.Readers.Verify(copy));
        Assert.True(box.Readers.TryLease(Key(1), Minute, out var lease));
        unsafe
        {
            *(byte*)lease.Address ^= 1;
        }

        Assert.False(box.Readers.Verify(copy));
        Assert.False(box.Readers.Verify(copy));
        Assert.Equal([copy], corrupt);
        Assert.False(box.Arena.TryFree(copy.Slot, copy.Generation));
        lease.Dispose();
        Assert.True(box.Arena.TryFree(copy.Slot, copy.Generation));
        Assert.Equal(before + 8192, box.Arena.FreeBytes);
        Assert.False(box.Readers.Verify(copy));
    }

    [Fact]
    public void Payload_is_not_read_where_verification_is_off()
    {
        using var box = new ArenaSandbox();
        box.Options = box.Options with { VerifyAfterAttach = false };
        var copy = box.Put(1);
        var payload = new FileInfo(box.FilePath).Length - box.Arena.CapacityBytes;
        box.Arena.Dispose();
        box.Flip(payload + copy.OffsetBytes);
        box.Open();
        Assert.Equal(LeaseOutcome.Leased, box.Readers.Lease(Key(1), Minute, out _));
    }

    [Fact]
    public void Sha256_arena_verifies_by_sha256()
    {
        using var box = new ArenaSandbox(open: false);
        box.Options = box.Options with { DigestAlgorithm = DigestAlgorithm.Sha256 };
        box.Open();
        var bytes = Bytes(1, 5000);
        box.Arena.TryReserve(5000, out var reservation);
        bytes.CopyTo(box.Arena.Fill(reservation, 0, 5000));
        box.Arena.Publish(reservation, BlockDigest.Compute(DigestAlgorithm.Sha256, bytes), Binding(1));
        box.Reopen();
        Assert.Equal(LeaseOutcome.Leased, box.Readers.Lease(Key(1), Minute, out var lease));
        Assert.True(lease.Span.SequenceEqual(bytes));
    }
}

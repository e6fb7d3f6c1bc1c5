using Cascade.Core.Identity;
using Cascade.Tiers.Shm;
using static Cascade.Tiers.Tests.Shm.ArenaSandbox;

namespace Cascade.Tiers.Tests.Shm;

public sealed class ArenaInspectorTests
{
    [Fact]
    public void Arena_in_use_is_described()
    {
        using var box = new ArenaSandbox();
        box.Put(1);
        box.Put(2, 70_000);
        box.Arena.TryBindAlias(Id(1), Binding(10));
        box.Arena.Unbind(Key(1));
        box.Arena.TryReserve(100, out _);
        var found = ArenaInspector.Inspect(box.FilePath, verifyPayloads: true);
        Assert.True(found.Sound);
        Assert.Equal(("test", new NodeId(3), 1u, 8L << 20, 10L << 20), (found.ClusterName, found.Node, found.FormatVersion, found.CapacityBytes, found.FileBytes));
        Assert.Equal(
            (64, 60, 2, 1, 1, 0),
            (found.SlotCount, found.FreeEntries, found.ResidentEntries, found.AliasEntries, found.InFlightEntries, found.DamagedEntries));
        Assert.Equal((2, 75_000, 70_000, 5000, 2), (found.Keys, found.LiveBytes, found.LargestBlockBytes, found.SmallestBlockBytes, found.VerifiedBlocks));
        Assert.Equal(Environment.ProcessId, found.OwnerProcessId);
        Assert.NotEqual(0UL, found.CreationId);
    }

    [Fact]
    public void Damage_is_listed_by_slot()
    {
        using var box = new ArenaSandbox();
        var copy = box.Put(1);
        box.Put(2);
        box.Put(3);
        box.Arena.Dispose();
        box.Flip(DescriptorField.Offset(1, 100));
        box.Flip((2 << 20) + copy.OffsetBytes);
        box.CopyEntry(2, 5);
        var quick = ArenaInspector.Inspect(box.FilePath);
        Assert.False(quick.Sound);
        Assert.Equal([new DamagedEntry(1, "its checksum does not match"), new DamagedEntry(5, "slot 2 holds the same block")], quick.Damaged);
        var full = ArenaInspector.Inspect(box.FilePath, verifyPayloads: true);
        Assert.Equal(new DamagedEntry(0, "its bytes differ from its block id"), full.Damaged[2]);
        Assert.Equal((3, 2), (full.DamagedEntries, full.VerifiedBlocks));
    }

    [Fact]
    public void What_is_no_arena_is_unsound_with_a_reason()
    {
        using var box = new ArenaSandbox(open: false);
        var path = Path.Combine(box.Folder, "garbage");
        foreach (var length in new[] { 1, 100, 256, 4096, 100_000 })
        {
            File.WriteAllBytes(path, Bytes(length, length));
            var found = ArenaInspector.Inspect(path, verifyPayloads: true);
            Assert.False(found.Sound);
            Assert.Equal(["it is no arena: its first bytes are not 'CASCARNA'"], found.Reasons);
            Assert.Equal(length, found.FileBytes);
        }

        Assert.False(ArenaInspector.Inspect(box.Folder).Sound);
        Assert.False(ArenaInspector.Inspect(Path.Combine(box.Folder, "absent")).Sound);
    }

    [Fact]
    public void Arena_with_random_bytes_overwritten_is_never_served_wrong_and_never_throws()
    {
        const int Seed = 99;
        var random = new Random(Seed);
        using var box = new ArenaSandbox(slotCount: 16, capacityBytes: 1 << 20);
        for (var seed = 1; seed <= 8; seed++)
            box.Put(seed);
        box.Arena.Dispose();
        var pristine = File.ReadAllBytes(box.FilePath);
        for (var round = 0; round < 100; round++)
        {
            var spoilt = (byte[])pristine.Clone();
            var at = random.Next(256, 4096 + (8 * DescriptorField.SizeBytes));
            random.NextBytes(spoilt.AsSpan(at, random.Next(1, 600)));
            spoilt[(2 << 20) + random.Next(40_000)] ^= 0x10;
            File.WriteAllBytes(box.FilePath, spoilt);
            _ = ArenaInspector.Inspect(box.FilePath, verifyPayloads: true);
            box.Open();
            for (var seed = 1; seed <= 8; seed++)
                box.Serves(Key(seed), seed);
            box.Arena.Dispose();
        }
    }
}

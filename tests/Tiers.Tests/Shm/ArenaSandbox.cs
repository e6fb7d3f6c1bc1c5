using Cascade.Core.Clocks;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Leases;
using Cascade.Core.Placement;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Tests.Shm;

/// <summary>An arena in a directory of its own, removed with all that is in it at the end of the test.</summary>
internal sealed class ArenaSandbox : IDisposable
{
    public static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static int _count;

    public ArenaSandbox(int slotCount = 64, long capacityBytes = 8 << 20, int maxLeases = 64, bool open = true)
    {
        var root = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        Folder = Path.Combine(root, $"cascade-test-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
        Directory.CreateDirectory(Folder);
        Options = new ShmArenaOptions
        {
            ClusterName = "test",
            Node = new NodeId(3),
            CapacityBytes = capacityBytes,
            SlotCount = slotCount,
            MaxLeases = maxLeases,
            Directory = Folder,
        };
        if (open)
            Open();
    }

    public string Folder { get; }

    public ShmArenaOptions Options { get; set; }

    public ShmArenaHooks? Hooks { get; set; }

    public ManualTime Time { get; } = new();

    public ShmArena Arena { get; private set; } = null!;

    public ShmDirectory Readers => Arena.Directory;

    public string FilePath => Options.FilePath;

    public ShmArena Open() => Arena = ShmArena.Open(Options, Time, Hooks);

    /// <summary>What a crash leaves is what closing leaves: closing stores nothing.</summary>
    public AttachReport Reopen()
    {
        Arena.Dispose();
        return Open().Report;
    }

    public CopyLocation Put(int seed, int length = 5000, ulong stamp = 1) => Put(seed, length, Binding(seed, stamp));

    public CopyLocation Put(int seed, int length, KeyBinding binding)
    {
        var bytes = Bytes(seed, length);
        Assert.True(Arena.TryReserve(length, out var reservation));
        bytes.CopyTo(Arena.Fill(reservation, 0, length));
        return Arena.Publish(reservation, Id(bytes), binding);
    }

    /// <summary>True when the key leads to exactly the bytes of the seed; fails the test when it leads to any others.</summary>
    public bool Serves(KeyDigest key, int seed, int length = 5000)
    {
        if (!Readers.TryLease(key, Minute, out var lease))
            return false;
        AssertIs(lease, seed, length);
        lease.Dispose();
        return true;
    }

    public static void AssertIs(BlockLease lease, int seed, int length)
    {
        Assert.True(lease.Span.SequenceEqual(Bytes(seed, length)), $"The lease does not show block {seed}.");
        Assert.Equal(Id(seed, length), lease.Id);
    }

    public static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static BlockId Id(int seed, int length = 5000) => Id(Bytes(seed, length));

    public static BlockId Id(ReadOnlySpan<byte> bytes) => BlockDigest.Compute(DigestAlgorithm.Blake3, bytes);

    public static KeyDigest Key(int number)
    {
        Span<byte> digest = stackalloc byte[KeyDigest.SizeBytes];
        Blake3.Hash(BitConverter.GetBytes(number), digest);
        return new KeyDigest(digest);
    }

    public static KeyBinding Binding(int number, ulong stamp = 1) => new(Key(number), Key(-number), number, new HybridTimestamp(stamp));

    /// <summary>Overwrites one byte of the closed file by its complement; doing it again restores it.</summary>
    public void Flip(long offset)
    {
        using var file = File.OpenHandle(FilePath, FileMode.Open, FileAccess.ReadWrite);
        Span<byte> one = stackalloc byte[1];
        Assert.Equal(1, RandomAccess.Read(file, one, offset));
        one[0] ^= 0xFF;
        RandomAccess.Write(file, one, offset);
    }

    public void Dispose()
    {
        Arena?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}

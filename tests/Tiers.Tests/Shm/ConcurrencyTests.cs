using System.Runtime.InteropServices;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using static Cascade.Tiers.Tests.Shm.ArenaSandbox;

namespace Cascade.Tiers.Tests.Shm;

/// <summary>Readers against the tier's thread. Blocks are filled with a pattern of their id, so that a wrong byte shows whatever was expected.</summary>
public sealed class ConcurrencyTests
{
    private const int Names = 48;
    private const int Operations = 150_000;

    [Fact]
    public void Leased_blocks_never_show_a_wrong_byte_while_others_come_and_go()
    {
        const int Seed = 4711;
        using var box = new ArenaSandbox(slotCount: 40, capacityBytes: 1 << 20, maxLeases: 16);
        var stop = false;
        var readers = Enumerable.Range(0, 3).Select(number => new Reader(box, Seed + number)).ToArray();
        var threads = readers.Select(reader => new Thread(() => reader.Run(ref stop))).ToArray();
        foreach (var thread in threads)
            thread.Start();
        var writer = new Writer(box, Seed);
        try
        {
            writer.Run();
        }
        finally
        {
            Volatile.Write(ref stop, true);
            foreach (var thread in threads)
                thread.Join();
        }

        Assert.All(readers, reader => Assert.Null(reader.Failure));
        Assert.All(readers, reader => Assert.True(reader.Leased > 0, $"No reader got a lease (seed {Seed})."));
        Assert.Equal(0, box.Readers.HeldLeases);
        Assert.Equal(0, box.Readers.CorruptCopies);
        writer.FreeAll();
        Assert.Equal(box.Arena.CapacityBytes, box.Arena.FreeBytes);
    }

    [Fact]
    public void Key_that_moves_between_blocks_is_never_missed()
    {
        using var box = new ArenaSandbox(slotCount: 16);
        for (var seed = 1; seed <= 4; seed++)
            box.Put(seed, 64, default(KeyBinding));
        box.Arena.TryBindAlias(Id(1, 64), Binding(7));
        var (ids, first) = (Enumerable.Range(1, 4).Select(seed => Id(seed, 64)).ToArray(), Binding(7));
        var (missed, found, stop) = (0, 0, false);
        var reader = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                if (box.Readers.Contains(Key(7)))
                    found++;
                else
                    missed++;
            }
        });
        reader.Start();
        for (var stamp = 2; stamp < 200_000; stamp++)
            Assert.True(box.Arena.TryBindAlias(ids[stamp % 4], first with { Stamp = new HybridTimestamp((ulong)stamp) }));
        Volatile.Write(ref stop, true);
        reader.Join();
        Assert.Equal(0, missed);
        Assert.True(found > 0);
    }

    private static BlockId PatternId(int name)
    {
        Span<byte> digest = stackalloc byte[BlockId.SizeBytes];
        Key(name).CopyTo(digest);
        return new BlockId(digest);
    }

    private static ulong PatternOf(BlockId id) => id.Prefix64 * 3;

    private static int LengthOf(int name) => 8 * (1 + (name * 37 % 3000));

    private sealed class Writer(ArenaSandbox box, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly Dictionary<int, CopyLocation> _here = [];
        private ulong _stamp = 1;

        public void Run()
        {
            for (var operation = 0; operation < Operations; operation++)
            {
                var name = _random.Next(Names);
                var binding = new KeyBinding(Key(_random.Next(Names)), default, 0, new HybridTimestamp(_stamp++));
                switch (_random.Next(8))
                {
                    case 0:
                        box.Arena.Unbind(binding.Key);
                        break;
                    case 1 or 2:
                        box.Arena.TryBindAlias(PatternId(name), binding);
                        break;
                    default:
                        PublishOrFree(name, binding);
                        break;
                }
            }
        }

        public void FreeAll()
        {
            foreach (var copy in _here.Values)
                Assert.True(box.Arena.TryFree(copy.Slot, copy.Generation));
        }

        private void PublishOrFree(int name, KeyBinding binding)
        {
            if (_here.TryGetValue(name, out var copy))
            {
                if (!box.Arena.TryFree(copy.Slot, copy.Generation))
                    return;

                // What is free may be overwritten at once: a reader that still looked at it would see this.
                unsafe
                {
                    new Span<byte>((byte*)box.Arena.PayloadAddress + copy.OffsetBytes, LengthOf(name)).Fill(0xEE);
                }

                _here.Remove(name);
            }
            else if (box.Arena.TryReserve(LengthOf(name), out var reservation))
            {
                var bytes = box.Arena.Fill(reservation, 0, LengthOf(name));
                MemoryMarshal.Cast<byte, ulong>(bytes).Fill(PatternOf(PatternId(name)));
                if (_random.Next(10) == 0)
                    box.Arena.Cancel(reservation);
                else
                    _here.Add(name, box.Arena.Publish(reservation, PatternId(name), binding));
            }
        }
    }

    private sealed class Reader(ArenaSandbox box, int seed)
    {
        private readonly Random _random = new(seed);

        public string? Failure { get; private set; }

        public int Leased { get; private set; }

        public void Run(ref bool stop)
        {
            while (!Volatile.Read(ref stop) && Failure is null)
            {
                var name = _random.Next(Names);
                var byId = _random.Next(2) == 0;
                if (!(byId ? box.Readers.TryLease(PatternId(name), Minute, out var lease) : box.Readers.TryLease(Key(name), Minute, out lease)))
                    continue;
                Leased++;
                var words = MemoryMarshal.Cast<byte, ulong>(lease.Span);
                if (words.ContainsAnyExcept(PatternOf(lease.Id)))
                    Failure = $"Seed {seed}: a lease of block {lease.Id} shows a wrong byte.";
                if (byId && lease.Id != PatternId(name))
                    Failure = $"Seed {seed}: block {lease.Id} was leased for {PatternId(name)}.";
                lease.Dispose();
            }
        }
    }
}

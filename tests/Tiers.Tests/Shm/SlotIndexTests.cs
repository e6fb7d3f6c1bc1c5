using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Tests.Shm;

public sealed class SlotIndexTests
{
    private const ulong Distinct = 40;

    [Fact]
    public void Index_under_churn_agrees_with_a_list_of_pairs()
    {
        const int Seed = 20261;
        var random = new Random(Seed);
        var index = new SlotIndex(128);
        var pairs = new HashSet<(ulong Prefix, uint Slot)>();
        for (var step = 0; step < 50_000; step++)
        {
            var pair = ((ulong)random.Next((int)Distinct), (uint)random.Next(128));
            if (pairs.Remove(pair))
                Assert.True(index.Remove(pair.Item1, pair.Item2));
            else if (pairs.Count < 128 && pairs.Add(pair))
                index.Add(pair.Item1, pair.Item2);
            else
                Assert.False(index.Remove(pair.Item1, pair.Item2));
            if (step % 500 == 0)
                AssertSame(index, pairs);
        }

        AssertSame(index, pairs);
    }

    [Fact]
    public void Reader_sees_a_pair_that_stays_while_others_come_and_go()
    {
        var index = new SlotIndex(64);
        for (var slot = 0u; slot < 8; slot++)
            index.Add(slot, slot);
        var (missed, stop) = (0, false);
        var reader = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                for (var slot = 0u; slot < 8; slot++)
                    missed += SlotsOf(index, slot).Contains(slot) ? 0 : 1;
            }
        });
        reader.Start();
        var random = new Random(7);
        var others = new List<(ulong Prefix, uint Slot)>();
        for (var step = 0; step < 300_000; step++)
        {
            if (others.Count == 56 || (others.Count > 0 && random.Next(2) == 0))
            {
                var at = random.Next(others.Count);
                index.Remove(others[at].Prefix, others[at].Slot);
                others.RemoveAt(at);
            }
            else
            {
                var pair = ((ulong)random.NextInt64(), (uint)random.Next(8, 64));
                index.Add(pair.Item1, pair.Item2);
                others.Add(pair);
            }
        }

        Volatile.Write(ref stop, true);
        reader.Join();
        Assert.Equal(0, missed);
    }

    private static void AssertSame(SlotIndex index, HashSet<(ulong Prefix, uint Slot)> pairs)
    {
        for (var prefix = 0UL; prefix < Distinct; prefix++)
        {
            Assert.Equal(
                pairs.Where(pair => pair.Prefix == prefix).Select(pair => pair.Slot).Order(),
                SlotsOf(index, prefix).Order());
        }
    }

    private static List<uint> SlotsOf(SlotIndex index, ulong prefix)
    {
        var slots = new List<uint>();
        for (var cursor = index.Find(prefix); cursor.MoveNext();)
            slots.Add(cursor.Slot);
        return slots;
    }
}

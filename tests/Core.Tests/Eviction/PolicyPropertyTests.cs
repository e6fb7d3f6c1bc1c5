using Cascade.Core.Eviction;
using Cascade.Core.Ports;

namespace Cascade.Core.Tests.Eviction;

/// <summary>What the tiers rely on, for each policy.</summary>
public class PolicyPropertyTests
{
    private const int Slots = 24;

    private readonly record struct Resident(int Block, int Parent, long LengthBytes);

    public static TheoryData<string> Policies => ["lru", "s3fifo", "wtinylfu", "hazard"];

    [Theory]
    [MemberData(nameof(Policies))]
    public void Victims_under_random_use_are_resident_leaves_that_may_go(string name)
    {
        for (var seed = 0; seed < 100; seed++)
            Run(name, seed, hasCircles: false);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Bindings_in_circles_wedge_nothing(string name)
    {
        for (var seed = 0; seed < 100; seed++)
            Run(name, seed, hasCircles: true);
    }

    private static IEvictionPolicy Make(string name) => name switch
    {
        "lru" => new LruPolicy(Slots),
        "s3fifo" => new S3FifoPolicy(Slots, Slots * 50),
        "wtinylfu" => new TinyLfuPolicy(Slots),
        _ => new HazardPolicy(Slots),
    };

    private static void Run(string name, int seed, bool hasCircles)
    {
        var random = new Random(seed);
        var policy = Make(name);
        using var disposable = policy as IDisposable;
        var residents = new Dictionary<uint, Resident>();
        var guarded = new HashSet<uint>();
        for (var step = 0; step < 600; step++)
        {
            var slot = (uint)random.Next(Slots);
            switch (random.Next(6))
            {
                case 0 or 1 when !residents.ContainsKey(slot):
                    var block = 1 + random.Next(60);
                    // A prefix has its parent below it; a wrong binding may name any block, its own child and itself included.
                    var resident = new Resident(block, random.Next(hasCircles ? 61 : block), 1 + random.Next(100));
                    if (residents.Values.Any(other => other.Block == resident.Block))
                        break;
                    residents[slot] = resident;
                    policy.Admit(slot, PolicyHarness.Binding(resident.Block, resident.Parent), resident.LengthBytes);
                    break;
                case 2:
                    policy.Touch(slot);
                    break;
                case 3:
                    residents.Remove(slot);
                    policy.Remove(slot, evicted: false);
                    break;
                case 4:
                    if (!guarded.Remove(slot))
                        guarded.Add(slot);
                    break;
                default:
                    Evict(policy, residents, guarded, hasCircles, $"{name}, seed {seed}, step {step}");
                    break;
            }
            AssertCounts(policy, residents);
        }
        guarded.Clear();
        while (residents.Count > 0)
            Evict(policy, residents, guarded, hasCircles, $"{name}, seed {seed}, at the end");
        AssertCounts(policy, residents);
    }

    private static void AssertCounts(IEvictionPolicy policy, Dictionary<uint, Resident> residents)
    {
        if (policy is HazardPolicy hazard)
            Assert.Equal(residents.Count, hazard.Count);
        if (policy is S3FifoPolicy fifo)
            Assert.Equal((residents.Count, residents.Values.Sum(static resident => resident.LengthBytes)), (fifo.Count, fifo.TrackedBytes));
    }

    private static void Evict(
        IEvictionPolicy policy, Dictionary<uint, Resident> residents, HashSet<uint> guarded, bool hasCircles, string when)
    {
        var asked = 0;
        var picked = policy.TryPickVictim(
            slot =>
            {
                asked++;
                return !guarded.Contains(slot);
            },
            out var victim);
        Assert.True(asked <= (residents.Count * QuestionsMax(policy)) + 1, $"{when}: {asked} questions about {residents.Count} blocks");
        if (!picked)
        {
            var free = residents.Where(one => !guarded.Contains(one.Key) && IsLeaf(one.Value, residents)).ToArray();
            Assert.True(free.Length == 0, $"{when}: nothing was picked though {free.Length} may go");
            Assert.True(guarded.Count > 0 || residents.Count == 0, $"{when}: nothing was picked though nothing is guarded");
            return;
        }
        Assert.True(residents.TryGetValue(victim, out var gone), $"{when}: an empty slot was picked");
        Assert.False(guarded.Contains(victim), $"{when}: a guarded slot was picked");
        Assert.True(hasCircles || IsLeaf(gone, residents), $"{when}: a block with a resident child was picked");
        residents.Remove(victim);
        policy.Remove(victim, evicted: true);
    }

    // S3-FIFO asks about a block again after each round that a read gives it, and at last about all leaves.
    private static int QuestionsMax(IEvictionPolicy policy) => policy is S3FifoPolicy ? 7 : 2;

    private static bool IsLeaf(Resident block, Dictionary<uint, Resident> residents) =>
        !residents.Values.Any(other => other.Parent == block.Block && other.Block != block.Block);
}

using System.Globalization;
using Cascade.Core.Eviction;
using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Tests.Eviction;

/// <summary>A cache of equal blocks over the policy, named by numbers: block 0 is nobody's parent.</summary>
internal sealed class PolicyHarness(int capacity) : IDisposable
{
    private static readonly Func<uint, bool> Any = _ => true;

    private readonly Dictionary<int, uint> _slots = [];
    private readonly int[] _blocks = new int[capacity];
    private readonly Stack<uint> _free = new(Enumerable.Range(0, capacity).Reverse().Select(slot => (uint)slot));

    public S3FifoPolicy Policy { get; } = new(capacity, capacity);

    public static KeyBinding Binding(int block, int parent) => new(Key(block), parent == 0 ? default : Key(parent), 0, default);

    public bool Holds(int block) => _slots.ContainsKey(block);

    /// <summary>Reads the block, or brings it in; true when it was there.</summary>
    public bool Access(int block, int parent = 0)
    {
        if (_slots.TryGetValue(block, out var slot))
        {
            Policy.Touch(slot);
            return true;
        }
        if (_free.Count == 0)
            EvictOne();
        slot = _free.Pop();
        _slots[block] = slot;
        _blocks[slot] = block;
        Policy.Admit(slot, Binding(block, parent), 1);
        return false;
    }

    /// <summary>Gives one block up and says which.</summary>
    public int EvictOne(Func<int, bool>? mayEvict = null)
    {
        Func<uint, bool> guard = mayEvict is null ? Any : slot => mayEvict(_blocks[slot]);
        Assert.True(Policy.TryPickVictim(guard, out var slot));
        Remove(_blocks[slot], evicted: true);
        return _blocks[slot];
    }

    public void Remove(int block, bool evicted = false)
    {
        Assert.True(_slots.Remove(block, out var slot));
        Policy.Remove(slot, evicted);
        _free.Push(slot);
    }

    public void Dispose() => Policy.Dispose();

    // Spread over the first word, as digests are.
    private static KeyDigest Key(int number) => KeyDigest.Parse(
        (unchecked((ulong)number * 0x9E3779B97F4A7C15)).ToString("x16", CultureInfo.InvariantCulture)
        + number.ToString("x48", CultureInfo.InvariantCulture));
}

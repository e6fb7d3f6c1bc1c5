using System.Buffers.Binary;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Eviction.Trials;

/// <summary>A cache that does what an eviction policy says: a block that was not there enters, and where there is no room for one more the policy picks.</summary>
/// <remarks>It may pick the one that has just come: that one was refused its place.</remarks>
public sealed class PolicyCache : ICacheTrial
{
    private const int None = -1;
    private static readonly Func<uint, bool> Any = static _ => true;

    private readonly IEvictionPolicy _policy;
    private readonly ISettledPolicy? _settled;
    private readonly bool _hidesPrefixes;
    private readonly int _capacity;
    private readonly int[] _slots;
    private readonly int[] _blocks;
    private readonly Stack<int> _free;
    private readonly KeyDigest[] _keys;
    private int _depth;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="policy">Has a slot more than the capacity. Disposed of with the cache, where it can be.</param>
    /// <param name="capacity">Blocks that it holds between two accesses: at least 1.</param>
    /// <param name="distinctBlocks">Blocks of the trace.</param>
    /// <param name="hidesPrefixes">The policy is not told which block continues which.</param>
    public PolicyCache(IEvictionPolicy policy, int capacity, int distinctBlocks, bool hidesPrefixes = false)
    {
        _policy = policy;
        _settled = policy as ISettledPolicy;
        _hidesPrefixes = hidesPrefixes;
        _capacity = capacity;
        _slots = new int[distinctBlocks];
        Array.Fill(_slots, None);
        _blocks = new int[capacity + 1];
        _free = new Stack<int>(Enumerable.Range(0, capacity + 1).Reverse());
        _keys = new KeyDigest[distinctBlocks];
        for (var block = 0; block < distinctBlocks; block++)
            _keys[block] = KeyOf(block);
    }

    /// <inheritdoc/>
    public int Count => _capacity + 1 - _free.Count;

    /// <summary>True when the cache holds the block.</summary>
    public bool Holds(int block) => _slots[block] != None;

    /// <inheritdoc/>
    public bool Access(int block, int parent)
    {
        _depth = parent < 0 ? 0 : _depth + 1;
        var slot = _slots[block];
        if (slot != None)
        {
            _policy.Touch((uint)slot);
            _settled?.Settle();
            return true;
        }
        slot = _free.Pop();
        _slots[block] = slot;
        _blocks[slot] = block;
        var hasParent = parent >= 0 && !_hidesPrefixes;
        _policy.Admit((uint)slot, new KeyBinding(_keys[block], hasParent ? _keys[parent] : default, _depth, default), 1);
        if (_free.Count == 0)
            EvictOne();
        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => (_policy as IDisposable)?.Dispose();

    private void EvictOne()
    {
        if (!_policy.TryPickVictim(Any, out var victim))
            throw new InvalidOperationException($"The policy picks none of {Count} blocks, all of which may go.");
        _policy.Remove(victim, evicted: true);
        _slots[_blocks[victim]] = None;
        _free.Push((int)victim);
    }

    /// <summary>A key that is spread as digests are, and differs from that of every other block.</summary>
    private static KeyDigest KeyOf(int block)
    {
        var bytes = (Span<byte>)stackalloc byte[KeyDigest.SizeBytes];
        var mixed = (ulong)(block + 1) * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 31)) * 0xD6E8FEB86659FD93;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, mixed ^ (mixed >> 32));
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], block);
        return new KeyDigest(bytes);
    }
}

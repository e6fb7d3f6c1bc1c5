using System.Runtime.InteropServices;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Leases;
using Cascade.Core.Messages;

namespace Cascade.Hosting.Tests.Replay;

/// <summary>A stand-in for a node's cache: blocks in native memory, the oldest evicted first, and the faults a test asks for.</summary>
internal sealed unsafe class StandInCache(int capacityBlocks = int.MaxValue) : ICascade, ILeaseHolder, IDisposable
{
    private readonly Dictionary<KeyDigest, BlockId> _keys = [];
    private readonly Dictionary<BlockId, (nint Address, int Length)> _blocks = [];
    private readonly Queue<BlockId> _oldestFirst = new();
    private long _published, _evicted;

    /// <summary>Called before every call, with its name; may throw.</summary>
    public Action<string> BeforeCall { get; set; } = static _ => { };

    /// <summary>Answers a put in the cache's place when it returns something.</summary>
    public Func<CacheKey, PutResult?> OnPut { get; set; } = static _ => null;

    /// <summary>The tier that a hit says it was read from.</summary>
    public Func<CacheKey, TierKind> TierOf { get; set; } = static _ => TierKind.Shm;

    /// <summary>The node that a hit says it read from.</summary>
    public NodeId? Holder { get; set; }

    /// <summary>Keys whose get misses although the prefix has them.</summary>
    public HashSet<KeyDigest> VanishedFromGets { get; } = [];

    /// <summary>What <see cref="ILeaseHolder.IsHeld"/> answers.</summary>
    public bool LeasesHold { get; set; } = true;

    /// <summary>Leases given and not ended.</summary>
    public int LeasesOpen { get; private set; }

    /// <summary>Copies that came to memory from a farther tier.</summary>
    public long Promotions { get; set; }

    /// <summary>Copies that were moved to a farther tier.</summary>
    public long Demotions { get; set; }

    /// <summary>The most blocks that one PutMany was given.</summary>
    public int LargestPut { get; private set; }

    /// <summary>Every key that was put, in order.</summary>
    public List<CacheKey> Puts { get; } = [];

    /// <summary>Changes one bit of the block that the key names.</summary>
    public void Corrupt(CacheKey key, int offset) => *((byte*)_blocks[_keys[key.Digest]].Address + offset) ^= 0x10;

    /// <summary>Lets another key name the block of a key.</summary>
    public void Rename(CacheKey key, CacheKey other) => _keys[other.Digest] = _keys[key.Digest];

    /// <summary>Makes the block that the key names shorter.</summary>
    public void Truncate(CacheKey key, int lengthBytes) => _blocks[_keys[key.Digest]] = (_blocks[_keys[key.Digest]].Address, lengthBytes);

    /// <inheritdoc/>
    public ValueTask<GetResult> GetAsync(CacheKey key, GetOptions? options = null, CancellationToken cancellationToken = default)
    {
        BeforeCall("get");
        cancellationToken.ThrowIfCancellationRequested();
        if (VanishedFromGets.Remove(key.Digest) || !IsHere(key))
            return new(GetResult.Miss);
        var id = _keys[key.Digest];
        var (address, length) = _blocks[id];
        LeasesOpen++;
        return new(new GetResult(true, new BlockLease(this, 0, 0, address, length, id, TierOf(key))) { Holder = Holder });
    }

    /// <inheritdoc/>
    public ValueTask<int> LongestPrefixAsync(
        ReadOnlyMemory<CacheKey> keys, GetOptions? options = null, CancellationToken cancellationToken = default)
    {
        BeforeCall("prefix");
        var length = 0;
        while (length < keys.Length && IsHere(keys.Span[length]))
            length++;
        return new(length);
    }

    /// <inheritdoc/>
    public ValueTask<PutResult[]> PutManyAsync(
        ReadOnlyMemory<BlockToPut> blocks, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        BeforeCall("put");
        LargestPut = Math.Max(LargestPut, blocks.Length);
        return new(blocks.ToArray().Select(block => Put(block.Key, block.Bytes.Span)).ToArray());
    }

    /// <inheritdoc/>
    public ValueTask<NodeStat> StatAsync(CancellationToken cancellationToken = default)
    {
        BeforeCall("stat");
        var shm = new TierReport(TierKind.Shm, 0, 0, _blocks.Count, _published + Promotions, _evicted, Demotions, Promotions, 0, 0, 0, 0);
        var cold = new TierReport(TierKind.Cold, 0, 0, 0, Demotions, 0, 0, 0, 0, 0, 0, 0);
        return new(new NodeStat(new NodeId(0), [shm, cold], 0, 0, LeasesOpen));
    }

    /// <inheritdoc/>
    public bool IsHeld(uint entry, uint stamp) => LeasesHold;

    /// <inheritdoc/>
    public bool TryRenew(uint entry, uint stamp, TimeSpan duration) => LeasesHold;

    /// <inheritdoc/>
    public void Release(uint entry, uint stamp) => LeasesOpen--;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (address, _) in _blocks.Values)
            NativeMemory.Free((void*)address);
        _blocks.Clear();
    }

    /// <inheritdoc/>
    public ValueTask<PutResult> PutAsync(
        CacheKey key, ReadOnlyMemory<byte> bytes, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<PutResult> PutAsync(
        CacheKey key, NativeBytes bytes, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<GpuGetResult> GetAsync(CacheKey key, GpuTier tier, GetOptions? options, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<GetIntoDeviceResult> GetIntoDeviceAsync(
        CacheKey key, DeviceMemory destination, GetOptions? options, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<PutResult> PutFromDeviceAsync(CacheKey key, DeviceMemory bytes, PutOptions? options, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public Tiers.Gpu.GpuSlabExport ExportSlab(int device) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<GetIntoResult> GetIntoAsync(
        CacheKey key, Memory<byte> destination, GetOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<GetResult[]> GetManyAsync(
        ReadOnlyMemory<CacheKey> keys, GetOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(CacheKey key, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<ProtectResult> ProtectAsync(ReadOnlyMemory<CacheKey> keys, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask UnprotectAsync(ReadOnlyMemory<CacheKey> keys, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<BlockStat?> StatAsync(CacheKey key, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    private bool IsHere(CacheKey key) => _keys.TryGetValue(key.Digest, out var id) && _blocks.ContainsKey(id);

    private PutResult Put(CacheKey key, ReadOnlySpan<byte> bytes)
    {
        Puts.Add(key);
        if (OnPut(key) is { } answer)
            return answer;
        var id = BlockDigest.Compute(DigestAlgorithm.Blake3, bytes);
        _keys[key.Digest] = id;
        if (_blocks.ContainsKey(id))
            return new PutResult(PutStatus.AlreadyPresent, id);
        var address = (nint)NativeMemory.Alloc((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>((void*)address, bytes.Length));
        _blocks[id] = (address, bytes.Length);
        _published++;
        _oldestFirst.Enqueue(id);
        if (_oldestFirst.Count > capacityBlocks)
            Evict(_oldestFirst.Dequeue());
        return new PutResult(PutStatus.Stored, id);
    }

    private void Evict(BlockId id)
    {
        _blocks.Remove(id, out var block);
        NativeMemory.Free((void*)block.Address);
        _evicted++;
    }
}

using System.Buffers.Binary;
using Cascade.Core.Identity;
using Cascade.Core.Leases;
using Cascade.Core.Messages;

namespace Cascade.Hosting.Tests.Cli;

/// <summary>
/// A stand-in for a node with a cold tier: remembers keys only, gives the oldest up first, demotes what is not on disk yet. Thread-safe.
/// </summary>
internal sealed class StandInTwoTiers(long memoryBytes) : ICascade, ILeaseHolder
{
    private readonly Lock _gate = new();
    private readonly Dictionary<KeyDigest, (long Bytes, bool IsCold)> _memory = [];
    private readonly Queue<KeyDigest> _oldestFirst = new();
    private readonly HashSet<KeyDigest> _cold = [];
    private readonly HashSet<long> _heads = [];
    private long _usedBytes, _demoted;

    /// <summary>False for a node without a cold tier.</summary>
    public bool HasCold { get; set; } = true;

    /// <summary>Blocks that were evicted and not written are gone.</summary>
    public bool Drops { get; set; }

    /// <summary>What puts are answered.</summary>
    public PutStatus Answer { get; set; } = PutStatus.Stored;

    public int Puts { get; private set; }

    /// <summary>Gets answered from the cold tier.</summary>
    public int ColdHits { get; private set; }

    public int LeasesOpen { get; private set; }

    /// <summary>Rooms that were taken and not given back.</summary>
    public int RoomsOpen { get; private set; }

    /// <summary>Puts of a head that was put before: every block has to be another.</summary>
    public int Repeated { get; private set; }

    public ValueTask<PutResult[]> PutManyAsync(
        ReadOnlyMemory<BlockToPut> blocks, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            foreach (var block in blocks.Span)
            {
                Puts++;
                Repeated += _heads.Add(BinaryPrimitives.ReadInt64LittleEndian(block.Bytes.Span) + ((long)block.Bytes.Length << 32)) ? 0 : 1;
                Admit(block.Key.Digest, block.Bytes.Length, isCold: false);
            }

            return new([.. Enumerable.Repeat(new PutResult(Answer, default, "why"), blocks.Length)]);
        }
    }

    /// <summary>Sets room aside as a put would that then does not come.</summary>
    public Task<Action> TakeRoomAsync(long lengthBytes, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _usedBytes += lengthBytes;
            RoomsOpen++;
            EvictBeyondMemory();
        }

        return Task.FromResult(() =>
        {
            lock (_gate)
            {
                _usedBytes -= lengthBytes;
                RoomsOpen--;
            }
        });
    }

    public ValueTask<GetResult> GetAsync(CacheKey key, GetOptions? options = null, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            var isHere = _memory.ContainsKey(key.Digest);
            if (!isHere && !_cold.Contains(key.Digest))
                return new(GetResult.Miss);
            if (!isHere)
            {
                ColdHits++;
                Admit(key.Digest, 4096, isCold: true);
            }

            LeasesOpen++;
            return new(new GetResult(true, new BlockLease(this, 0, 0, 0, 1, default, isHere ? TierKind.Shm : TierKind.Cold)));
        }
    }

    public ValueTask<NodeStat> StatAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            var shm = new TierReport(TierKind.Shm, memoryBytes, 0, _memory.Count, 0, 0, _demoted, 0, 0, 0, 0, 0);
            var cold = new TierReport(TierKind.Cold, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
            return new(new NodeStat(default, HasCold ? [shm, cold] : [shm], 0, 0, 0));
        }
    }

    public bool IsHeld(uint entry, uint stamp) => true;

    public bool TryRenew(uint entry, uint stamp, TimeSpan duration) => true;

    public void Release(uint entry, uint stamp)
    {
        lock (_gate)
            LeasesOpen--;
    }

    public ValueTask<PutResult> PutAsync(
        CacheKey key, ReadOnlyMemory<byte> bytes, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<PutResult> PutAsync(
        CacheKey key, NativeBytes bytes, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<GpuGetResult> GetAsync(CacheKey key, GpuTier tier, GetOptions? options, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<GetIntoDeviceResult> GetIntoDeviceAsync(
        CacheKey key, DeviceMemory destination, GetOptions? options, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<PutResult> PutFromDeviceAsync(CacheKey key, DeviceMemory bytes, PutOptions? options, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Tiers.Gpu.GpuSlabExport ExportSlab(int device) => throw new NotSupportedException();

    public ValueTask<GetIntoResult> GetIntoAsync(
        CacheKey key, Memory<byte> destination, GetOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<int> LongestPrefixAsync(
        ReadOnlyMemory<CacheKey> keys, GetOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<GetResult[]> GetManyAsync(
        ReadOnlyMemory<CacheKey> keys, GetOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<bool> DeleteAsync(CacheKey key, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<ProtectResult> ProtectAsync(ReadOnlyMemory<CacheKey> keys, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask UnprotectAsync(ReadOnlyMemory<CacheKey> keys, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<BlockStat?> StatAsync(CacheKey key, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    private void Admit(KeyDigest key, long bytes, bool isCold)
    {
        _memory[key] = (bytes, isCold);
        _oldestFirst.Enqueue(key);
        _usedBytes += bytes;
        EvictBeyondMemory();
    }

    private void EvictBeyondMemory()
    {
        while (_usedBytes > memoryBytes)
        {
            var victim = _oldestFirst.Dequeue();
            _memory.Remove(victim, out var evicted);
            _usedBytes -= evicted.Bytes;
            if (!evicted.IsCold && !Drops)
            {
                _cold.Add(victim);
                _demoted++;
            }
        }
    }
}

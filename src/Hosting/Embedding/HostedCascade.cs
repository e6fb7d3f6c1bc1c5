using Cascade.Core.Identity;
using Cascade.Hosting.Node;
using Cascade.Tiers.Gpu;

namespace Cascade.Hosting;

/// <summary>The embedding interface of a node that starts with its host: can be injected before the node runs.</summary>
internal sealed class HostedCascade(HostedNode node) : ICascade
{
    private ICascade Cache => node.Running.Cache;

    public ValueTask<PutResult> PutAsync(CacheKey key, ReadOnlyMemory<byte> bytes, PutOptions? options, CancellationToken cancellationToken) =>
        Cache.PutAsync(key, bytes, options, cancellationToken);

    public ValueTask<PutResult> PutAsync(CacheKey key, NativeBytes bytes, PutOptions? options, CancellationToken cancellationToken) =>
        Cache.PutAsync(key, bytes, options, cancellationToken);

    public ValueTask<GetResult> GetAsync(CacheKey key, GetOptions? options, CancellationToken cancellationToken) =>
        Cache.GetAsync(key, options, cancellationToken);

    public ValueTask<GetIntoResult> GetIntoAsync(
        CacheKey key, Memory<byte> destination, GetOptions? options, CancellationToken cancellationToken) =>
        Cache.GetIntoAsync(key, destination, options, cancellationToken);

    public ValueTask<GpuGetResult> GetAsync(CacheKey key, GpuTier tier, GetOptions? options, CancellationToken cancellationToken) =>
        Cache.GetAsync(key, tier, options, cancellationToken);

    public ValueTask<GetIntoDeviceResult> GetIntoDeviceAsync(
        CacheKey key, DeviceMemory destination, GetOptions? options, CancellationToken cancellationToken) =>
        Cache.GetIntoDeviceAsync(key, destination, options, cancellationToken);

    public ValueTask<PutResult> PutFromDeviceAsync(CacheKey key, DeviceMemory bytes, PutOptions? options, CancellationToken cancellationToken) =>
        Cache.PutFromDeviceAsync(key, bytes, options, cancellationToken);

    public GpuSlabExport ExportSlab(int device) => Cache.ExportSlab(device);

    public ValueTask<int> LongestPrefixAsync(ReadOnlyMemory<CacheKey> keys, GetOptions? options, CancellationToken cancellationToken) =>
        Cache.LongestPrefixAsync(keys, options, cancellationToken);

    public ValueTask<GetResult[]> GetManyAsync(ReadOnlyMemory<CacheKey> keys, GetOptions? options, CancellationToken cancellationToken) =>
        Cache.GetManyAsync(keys, options, cancellationToken);

    public ValueTask<PutResult[]> PutManyAsync(
        ReadOnlyMemory<BlockToPut> blocks, PutOptions? options, CancellationToken cancellationToken) =>
        Cache.PutManyAsync(blocks, options, cancellationToken);

    public ValueTask<bool> DeleteAsync(CacheKey key, CancellationToken cancellationToken) => Cache.DeleteAsync(key, cancellationToken);

    public ValueTask<ProtectResult> ProtectAsync(ReadOnlyMemory<CacheKey> keys, CancellationToken cancellationToken) =>
        Cache.ProtectAsync(keys, cancellationToken);

    public ValueTask UnprotectAsync(ReadOnlyMemory<CacheKey> keys, CancellationToken cancellationToken) =>
        Cache.UnprotectAsync(keys, cancellationToken);

    public ValueTask<BlockStat?> StatAsync(CacheKey key, CancellationToken cancellationToken) => Cache.StatAsync(key, cancellationToken);

    public ValueTask<NodeStat> StatAsync(CancellationToken cancellationToken) => Cache.StatAsync(cancellationToken);
}

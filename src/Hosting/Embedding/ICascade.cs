using Cascade.Core.Identity;
using Cascade.Tiers.Gpu;

namespace Cascade.Hosting;

/// <summary>The cache, as a program that embeds it sees it. Thread-safe.</summary>
/// <remarks>
/// Expected outcomes (a miss, <c>Busy</c>) are values. Exceptions: <see cref="ArgumentException"/> for a call that can never
/// work, <see cref="OperationCanceledException"/> when the caller's token fires, <see cref="CascadeUnavailableException"/>
/// when the node is stopping or does not answer within the deadline; what a call that changes something had begun may then have
/// taken effect or not, and may be repeated.
/// <para>
/// Every call ends in time, with an outcome or an exception: gets by <see cref="GetOptions.Deadline"/>, puts by <see cref="PutOptions.Deadline"/> and at most 0.1 s
/// later, in which they wait for the last answers; all others by <c>cascade.actors.ask-timeout</c>, or that time for each key where they take several keys. One deadline
/// holds for a whole call, whatever number of blocks it is for. What is no wait is not counted: hashing, copying and checking the bytes of blocks, and being
/// scheduled by the operating system, nor is what streams of the caller's own have to do first. Room, fills and leases that are granted to a call that has ended are given back.
/// </para>
/// </remarks>
public interface ICascade
{
    /// <summary>Stores a block under a key. The bytes are hashed and copied on the caller's thread, with the help of others when large.</summary>
    /// <param name="key">The key; bound to the new block when it named another.</param>
    /// <param name="bytes">1 byte to 2 GiB. Not to be changed until the call returns.</param>
    /// <param name="options">Acknowledgement, deadline and known id; null for the configured defaults.</param>
    /// <param name="cancellationToken">Gives the put up; nothing stays reserved.</param>
    ValueTask<PutResult> PutAsync(
        CacheKey key, ReadOnlyMemory<byte> bytes, PutOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Stores a block of up to 4 GiB from memory outside the managed heap.</summary>
    /// <inheritdoc cref="PutAsync(CacheKey, ReadOnlyMemory{byte}, PutOptions?, CancellationToken)"/>
    ValueTask<PutResult> PutAsync(
        CacheKey key, NativeBytes bytes, PutOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Gets a block in place. A block in this node's memory is answered at once, without a message and without allocating.
    /// Dispose the lease of a hit: until then, or until its time is over, the block cannot be evicted.
    /// </summary>
    ValueTask<GetResult> GetAsync(CacheKey key, GetOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Copies a block into the caller's memory.</summary>
    /// <exception cref="ArgumentException">The block is longer than <paramref name="destination"/>; nothing was written.</exception>
    ValueTask<GetIntoResult> GetIntoAsync(
        CacheKey key, Memory<byte> destination, GetOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Gets a block in device memory of this node, to be read in place by kernels; brings it there when it is elsewhere. One that is there is answered at once,
    /// without a message and without allocating. Dispose the lease of a hit when the last kernel that reads the block has ended: see <see cref="GpuLease"/>.
    /// </summary>
    /// <remarks>The block lies on the device with the most room when it came. A node without device memory gives misses that say so.</remarks>
    /// <param name="key">The key.</param>
    /// <param name="tier"><see cref="Tier.Gpu"/>.</param>
    /// <param name="options">Deadline and time of the lease; null for the configured defaults.</param>
    /// <param name="cancellationToken">Gives up waiting; a block that is on its way to the device still gets there.</param>
    ValueTask<GpuGetResult> GetAsync(CacheKey key, GpuTier tier, GetOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Copies a block into device memory of the caller's, after what its stream was given before. The bytes are there when the call returns a hit. A block that is copied
    /// so again and again (<c>cascade.tracker.promote-after</c>) is brought into this node's device memory as well.
    /// </summary>
    /// <exception cref="ArgumentException">The block is longer than <paramref name="destination"/>, or the node has no memory of its device; nothing was written.</exception>
    ValueTask<GetIntoDeviceResult> GetIntoDeviceAsync(
        CacheKey key, DeviceMemory destination, GetOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Stores a block from device memory of the caller's, as it is when its stream has done what it was given before. The device names the bytes: those that are here already
    /// do not leave it. Others are copied to shared memory, which acknowledges the put, and kept in device memory as well where there is room.
    /// </summary>
    /// <param name="key">The key; bound to the new block when it named another.</param>
    /// <param name="bytes">Not to be changed until the call returns. At a multiple of 16 bytes, else the processor names the bytes.</param>
    /// <param name="options">Acknowledgement, deadline and known id; null for the configured defaults.</param>
    /// <param name="cancellationToken">Gives the put up; nothing stays reserved.</param>
    /// <exception cref="ArgumentException">The node has no memory of the device, or the bytes are not what <see cref="PutOptions.Id"/> says.</exception>
    ValueTask<PutResult> PutFromDeviceAsync(
        CacheKey key, DeviceMemory bytes, PutOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lets another process of this machine map this node's memory of a device, such as an inference engine: see <see cref="GpuSlabMapping"/>. It finds a block at
    /// <see cref="GpuLease.OffsetBytes"/> of a lease that is held here.
    /// </summary>
    /// <exception cref="InvalidOperationException">The node has no memory of the device.</exception>
    /// <exception cref="Tiers.Native.CudaException">The driver refuses, as in some containers and on devices that are divided up.</exception>
    GpuSlabExport ExportSlab(int device = 0);

    /// <summary>How many of the keys, from the first on without a gap, name blocks that are here.</summary>
    /// <param name="keys">The keys of one prefix, in order.</param>
    /// <param name="options">Deadline.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask<int> LongestPrefixAsync(
        ReadOnlyMemory<CacheKey> keys, GetOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Gets several blocks; results are in the order of the keys. Dispose the lease of every hit. Blocks for which the deadline leaves no time are
    /// misses that say so, unless they are in this node's memory.
    /// </summary>
    ValueTask<GetResult[]> GetManyAsync(
        ReadOnlyMemory<CacheKey> keys, GetOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Stores several blocks, using all cores; results are in the order of the blocks. Parents before children. Blocks for which waiting for those before them
    /// left no time are <c>Busy</c>.
    /// </summary>
    ValueTask<PutResult[]> PutManyAsync(
        ReadOnlyMemory<BlockToPut> blocks, PutOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes a key away; its block goes too when no other key names it. True when the key was known. Leases stay good to their end.
    /// </summary>
    ValueTask<bool> DeleteAsync(CacheKey key, CancellationToken cancellationToken = default);

    /// <summary>Registers the blocks of a shared prefix: they are not evicted from memory until they are unprotected.</summary>
    ValueTask<ProtectResult> ProtectAsync(ReadOnlyMemory<CacheKey> keys, CancellationToken cancellationToken = default);

    /// <summary>Takes registrations back. Keys that are not registered are passed over.</summary>
    ValueTask UnprotectAsync(ReadOnlyMemory<CacheKey> keys, CancellationToken cancellationToken = default);

    /// <summary>What is known of a key; null when it names nothing.</summary>
    ValueTask<BlockStat?> StatAsync(CacheKey key, CancellationToken cancellationToken = default);

    /// <summary>Figures of the node since its start.</summary>
    ValueTask<NodeStat> StatAsync(CancellationToken cancellationToken = default);
}

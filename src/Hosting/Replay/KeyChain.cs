using System.Buffers.Binary;
using System.Globalization;
using Cascade.Core.Identity;

namespace Cascade.Hosting.Replay;

/// <summary>The keys of one prompt: each goes on from the one before. The same array is used for every prompt.</summary>
/// <remarks>
/// The namespace carries the block size, so that a cache that outlived an earlier replay with other blocks is not asked for them.
/// A key is hashed anew each time: some 150 ns beside a block of tens of kilobytes, and no table that grows with the trace.
/// </remarks>
internal sealed class KeyChain(int bytesPerBlock)
{
    private readonly CacheNamespace _namespace =
        new(string.Create(CultureInfo.InvariantCulture, $"cascade-replay/1/{bytesPerBlock}"));

    private CacheKey[] _keys = new CacheKey[256];

    /// <summary>The keys of the blocks; valid until the next call.</summary>
    public ReadOnlyMemory<CacheKey> Of(ReadOnlySpan<ulong> blockIds)
    {
        if (_keys.Length < blockIds.Length)
            _keys = new CacheKey[Math.Max(blockIds.Length, 2 * _keys.Length)];
        Span<byte> name = stackalloc byte[sizeof(ulong)];
        for (var i = 0; i < blockIds.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(name, blockIds[i]);
            _keys[i] = i == 0 ? _namespace.Key(name) : _namespace.Key(name, _keys[i - 1]);
        }

        return _keys.AsMemory(0, blockIds.Length);
    }
}

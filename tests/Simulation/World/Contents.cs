using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Cascade.Actors.Simulation;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Simulation.Plan;

namespace Cascade.Simulation.World;

/// <summary>What clients put: bytes that tell one content from the other, and the keys.</summary>
internal sealed class Contents
{
    private static readonly CacheNamespace Names = new("sim");

    private readonly byte[][] _bytes;
    private readonly BlockId[] _ids;
    private readonly CacheKey[] _keys;
    private readonly SimConfig _config;

    public Contents(SimConfig config)
    {
        _config = config;
        _bytes = new byte[config.Contents][];
        _ids = new BlockId[config.Contents];
        for (var i = 0; i < _bytes.Length; i++)
        {
            // Pinned from the start: a call that a crash abandons never lets go of what it holds.
            var bytes = _bytes[i] = GC.AllocateArray<byte>(1 + (int)(i * 7919L % (3 * SimConfig.Granule)), pinned: true);
            var random = new SplitMix64((ulong)i);
            for (var at = 0; at < bytes.Length; at++)
                bytes[at] = (byte)random.Next();
            _ids[i] = BlockDigest.Compute(DigestAlgorithm.Blake3, bytes);
        }

        _keys = new CacheKey[config.Keys];
        Span<byte> name = stackalloc byte[sizeof(int)];
        for (var key = 0; key < _keys.Length; key++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(name, key);
            // Chains of four.
            _keys[key] = key % 4 == 0 ? Names.Key(name) : Names.Key(name, _keys[key - 1]);
        }
    }

    public CacheKey Key(int key) => _keys[key];

    public BlockId Id(int content) => _ids[content];

    public ReadOnlySpan<byte> Bytes(int content) => _bytes[content];

    public ReadOnlyMemory<byte> Memory(int content) => MemoryMarshal.CreateFromPinnedArray(_bytes[content], 0, _bytes[content].Length);

    /// <summary>The content that the bytes are; -1 for none.</summary>
    public int Find(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < _bytes.Length; i++)
        {
            if (bytes.SequenceEqual(_bytes[i]))
                return i;
        }

        return -1;
    }

    public int Find(BlockId id) => Array.IndexOf(_ids, id);

    /// <summary>Which content a put of the key stores.</summary>
    public int ContentOf(int key, int draw) => _config.Rebinds ? draw : key % _config.Contents;
}

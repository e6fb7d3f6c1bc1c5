using System.Buffers.Binary;
using Cascade.Core.Identity;

namespace Cascade.LoadTests.Scenarios;

/// <summary>A prompt that grows by some blocks each turn. Its keys are a chain: each stands for all blocks up to it.</summary>
internal sealed class Conversation(CacheNamespace space, int turns)
{
    private readonly List<CacheKey> _keys = [];
    private readonly List<ulong> _chain = [];

    /// <summary>Turns that are still to come.</summary>
    public int TurnsLeft { get; private set; } = turns;

    /// <summary>Blocks so far.</summary>
    public int Length => _keys.Count;

    /// <summary>The prompt's keys.</summary>
    public CacheKey[] Keys => [.. _keys];

    /// <summary>What a block's bytes are made from.</summary>
    public ulong SeedOf(int block) => _chain[block];

    /// <summary>Takes one turn more.</summary>
    public void TakeTurn() => TurnsLeft--;

    /// <summary>Adds a block: what its tokens hash to.</summary>
    public void Add(ulong tokens)
    {
        var hash = BlockPattern.Mix(tokens ^ (_chain.Count > 0 ? _chain[^1] : 0));
        Span<byte> key = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(key, hash);
        _keys.Add(_keys.Count > 0 ? space.Key(key, _keys[^1]) : space.Key(key));
        _chain.Add(hash);
    }
}

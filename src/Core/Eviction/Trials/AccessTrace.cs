namespace Cascade.Core.Eviction.Trials;

/// <summary>Requests to a cache as numbers: each is a chain of blocks, read from the first to the last. Immutable.</summary>
public sealed class AccessTrace
{
    private readonly int[] _blocks;
    private readonly int[] _ends;

    private AccessTrace(int[] blocks, int[] ends, int distinct)
    {
        _blocks = blocks;
        _ends = ends;
        DistinctBlocks = distinct;
    }

    /// <summary>Requests.</summary>
    public int Requests => _ends.Length;

    /// <summary>Accesses of all requests.</summary>
    public int Accesses => _blocks.Length;

    /// <summary>Blocks that differ: they have the numbers from 0.</summary>
    public int DistinctBlocks { get; }

    /// <summary>The blocks of all requests, one request after the other.</summary>
    public ReadOnlySpan<int> Blocks => _blocks;

    /// <summary>The blocks of a request, in the order of the prefix.</summary>
    public ReadOnlySpan<int> Request(int index)
    {
        var start = index == 0 ? 0 : _ends[index - 1];
        return _blocks.AsSpan(start, _ends[index] - start);
    }

    /// <summary>Gathers requests; what they call their blocks is numbered in the order of coming. Not thread-safe.</summary>
    public sealed class Builder
    {
        private readonly Dictionary<ulong, int> _numbers = [];
        private readonly List<int> _blocks = [];
        private readonly List<int> _ends = [];

        /// <summary>Adds a request.</summary>
        /// <exception cref="InvalidOperationException">There are more accesses than 2^30.</exception>
        public void Add(ReadOnlySpan<ulong> blocks)
        {
            if (_blocks.Count + (long)blocks.Length > 1 << 30)
                throw new InvalidOperationException("The trace has more than a thousand million accesses: use a part of it.");
            foreach (var block in blocks)
            {
                if (!_numbers.TryGetValue(block, out var number))
                    _numbers[block] = number = _numbers.Count;
                _blocks.Add(number);
            }
            _ends.Add(_blocks.Count);
        }

        /// <summary>The trace of what was added.</summary>
        public AccessTrace Build() => new([.. _blocks], [.. _ends], _numbers.Count);
    }
}

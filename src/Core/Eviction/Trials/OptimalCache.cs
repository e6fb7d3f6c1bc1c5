namespace Cascade.Core.Eviction.Trials;

/// <summary>
/// The most hits that any cache can have which may leave a block out: it keeps what is asked for again soonest, known from the trace.
/// </summary>
/// <remarks>
/// Belady (1966), "A study of replacement algorithms", with the block at hand among those that may go. Exact for blocks of one size.
/// It is to be given the accesses of the trace, all of them and in their order.
/// </remarks>
public sealed class OptimalCache : ICacheTrial
{
    private const int Never = int.MaxValue;

    private readonly int _capacity;
    private readonly int[] _next;
    private readonly int[] _nextOfHeld;
    private readonly PriorityQueue<int, int> _farthest = new();
    private int _at;

    /// <summary>Learns the trace.</summary>
    /// <param name="trace">What will be accessed.</param>
    /// <param name="capacity">Blocks that it holds: at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is outside its range.</exception>
    public OptimalCache(AccessTrace trace, int capacity)
    {
        ArgumentNullException.ThrowIfNull(trace);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _capacity = capacity;
        _next = new int[trace.Accesses];
        _nextOfHeld = new int[trace.DistinctBlocks];
        Array.Fill(_nextOfHeld, Never);
        for (var at = trace.Accesses - 1; at >= 0; at--)
        {
            _next[at] = _nextOfHeld[trace.Blocks[at]];
            _nextOfHeld[trace.Blocks[at]] = at;
        }
        Array.Fill(_nextOfHeld, Never);
    }

    /// <inheritdoc/>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public bool Access(int block, int parent)
    {
        var isHeld = _nextOfHeld[block] != Never;
        var next = _next[_at++];
        _nextOfHeld[block] = next;
        if (isHeld)
            Count--;
        if (next == Never)
            return isHeld;
        Count++;
        _farthest.Enqueue(block, -next);
        while (Count > _capacity && _farthest.TryDequeue(out var farthest, out var use))
        {
            // What was read since stands in the queue once more, under the use that counts now.
            if (_nextOfHeld[farthest] != -use)
                continue;
            _nextOfHeld[farthest] = Never;
            Count--;
        }
        return isHeld;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}

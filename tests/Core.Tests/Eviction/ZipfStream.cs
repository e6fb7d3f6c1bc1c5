namespace Cascade.Core.Tests.Eviction;

/// <summary>Draws 1..n with probability proportional to 1/rank^exponent.</summary>
internal sealed class ZipfStream
{
    private readonly double[] _cumulative;
    private readonly Random _random;

    public ZipfStream(int count, double exponent, int seed)
    {
        _random = new Random(seed);
        _cumulative = new double[count];
        var sum = 0.0;
        for (var rank = 1; rank <= count; rank++)
            _cumulative[rank - 1] = sum += Math.Pow(rank, -exponent);
    }

    public int Next()
    {
        var at = Array.BinarySearch(_cumulative, _random.NextDouble() * _cumulative[^1]);
        return Math.Min(at < 0 ? ~at : at, _cumulative.Length - 1) + 1;
    }
}

/// <summary>What the policy is compared with.</summary>
internal sealed class LruStandIn(int capacity)
{
    private readonly LinkedList<int> _order = new();
    private readonly Dictionary<int, LinkedListNode<int>> _nodes = [];

    public bool Access(int block)
    {
        var isHit = _nodes.TryGetValue(block, out var node);
        if (isHit)
        {
            _order.Remove(node!);
        }
        else if (_nodes.Count == capacity)
        {
            _nodes.Remove(_order.Last!.Value);
            _order.RemoveLast();
        }
        _nodes[block] = _order.AddFirst(block);
        return isHit;
    }
}

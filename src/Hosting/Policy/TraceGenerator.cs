using Cascade.Core.Eviction.Trials;
using Cascade.Hosting.Replay;

namespace Cascade.Hosting.Policy;

/// <summary>Draws what requests are made of, and puts them in the order of their times. The same from the same seed everywhere.</summary>
internal sealed class TraceGenerator(ulong seed)
{
    private readonly PriorityQueue<ulong[], (double Time, int Order)> _requests = new();
    private SplitMix64 _random = new(seed);
    private ulong _nextBlock;

    /// <summary>Requests so far.</summary>
    public int Count => _requests.Count;

    /// <summary>The time at which the last request came that was added with no time of its own.</summary>
    public double Now { get; private set; }

    /// <summary>From 0 to 1, without 1.</summary>
    public double Share() => (_random.Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number, both ends included.</summary>
    public int Between(int min, int max) => _random.Between(min, max);

    /// <summary>From an exponential distribution.</summary>
    public double Exponential(double mean) => -Math.Log(1 - Share()) * mean;

    /// <summary>So many blocks that nobody had before.</summary>
    public ulong[] NewBlocks(int count)
    {
        var blocks = new ulong[count];
        foreach (ref var block in blocks.AsSpan())
            block = _nextBlock++;
        return blocks;
    }

    /// <summary>Lets time pass.</summary>
    public void Wait(double time) => Now += time;

    /// <summary>Adds a request at its time.</summary>
    public void Add(double time, ReadOnlySpan<ulong> blocks) => _requests.Enqueue(blocks.ToArray(), (time, _requests.Count));

    /// <summary>Adds a request for one block, a unit of time after the last.</summary>
    public void AddNext(ulong block)
    {
        Now++;
        Add(Now, [block]);
    }

    /// <summary>All requests in the order of their times.</summary>
    public AccessTrace Build()
    {
        var builder = new AccessTrace.Builder();
        while (_requests.TryDequeue(out var blocks, out _))
            builder.Add(blocks);
        return builder.Build();
    }
}

/// <summary>Draws ranks from 0 with a chance that falls with a power of the rank.</summary>
internal sealed class ZipfRanks
{
    private readonly TraceGenerator _random;
    private readonly double[] _cumulative;

    public ZipfRanks(TraceGenerator random, int count, double exponent)
    {
        _random = random;
        _cumulative = new double[count];
        var sum = 0.0;
        for (var rank = 0; rank < count; rank++)
            _cumulative[rank] = sum += Math.Pow(rank + 1, -exponent);
    }

    public int Next()
    {
        var at = Array.BinarySearch(_cumulative, _random.Share() * _cumulative[^1]);
        return Math.Min(at < 0 ? ~at : at, _cumulative.Length - 1);
    }
}

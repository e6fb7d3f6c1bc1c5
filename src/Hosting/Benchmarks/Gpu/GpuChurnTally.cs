using Cascade.Tiers.Gpu;

namespace Cascade.Hosting.Benchmarks.Gpu;

/// <summary>What the callers of a churn have done so far. Thread-safe.</summary>
/// <param name="slab">The memory that they use.</param>
/// <param name="totalBytes">After so many bytes brought into it they end.</param>
/// <param name="progress">Told of bytes.</param>
internal sealed class GpuChurnTally(GpuSlab slab, long totalBytes, IProgress<(long Done, long Total)> progress)
{
    /// <summary>After so many errors the cache is not coming back.</summary>
    private const int ErrorsMax = 100;

    private const int ReasonsMax = 5;

    private readonly Lock _gate = new();
    private readonly List<string> _reasons = [];
    private long _next, _bytesIn, _bytesOut, _puts, _reads, _misses, _digests, _wrongDigests, _wrongBytes, _errors;
    private int _copiesAtOnce;

    /// <summary>The first few different reasons of errors.</summary>
    public IReadOnlyList<string> Reasons
    {
        get
        {
            lock (_gate)
                return [.. _reasons];
        }
    }

    /// <summary>Gives the number of the next block to put; false when it is enough.</summary>
    public bool TryTake(out ulong number)
    {
        lock (_gate)
        {
            number = (ulong)_next;
            if (_bytesIn >= totalBytes || _errors >= ErrorsMax)
                return false;
            _next++;
            return true;
        }
    }

    /// <summary>A block was put, and is on the device.</summary>
    public void Put(long lengthBytes)
    {
        long bytes;
        lock (_gate)
        {
            _puts++;
            bytes = _bytesIn += lengthBytes;
        }

        progress.Report((Math.Min(bytes, totalBytes), totalBytes));
    }

    /// <summary>The device named a block that was put.</summary>
    public void Named(bool isRight)
    {
        lock (_gate)
        {
            _digests++;
            _wrongDigests += isRight ? 0 : 1;
        }
    }

    /// <summary>A block was read and compared.</summary>
    /// <param name="lengthBytes">Its length.</param>
    /// <param name="fromDevice">Whether the bytes came out of the slab for it.</param>
    /// <param name="wrongBytes">How many of them were wrong.</param>
    public void Read(long lengthBytes, bool fromDevice, long wrongBytes)
    {
        lock (_gate)
        {
            _reads++;
            _bytesOut += fromDevice ? lengthBytes : 0;
            _wrongBytes += wrongBytes;
        }
    }

    /// <summary>An older block was not there any more.</summary>
    public void Miss()
    {
        lock (_gate)
            _misses++;
    }

    /// <summary>A call failed.</summary>
    public void Error(string reason)
    {
        lock (_gate)
        {
            _errors++;
            if (_reasons.Count < ReasonsMax && !_reasons.Contains(reason))
                _reasons.Add(reason);
        }
    }

    /// <summary>Looks how many copies are under way.</summary>
    public void Look()
    {
        var open = slab.OpenCopies;
        lock (_gate)
            _copiesAtOnce = Math.Max(_copiesAtOnce, open);
    }

    /// <summary>The outcome; what is known only after the node's end is still 0.</summary>
    public GpuChurnResult ResultOf(long evicted)
    {
        lock (_gate)
        {
            return new GpuChurnResult(
                slab.Device.Name, slab.CapacityBytes, _bytesIn, _bytesOut, _puts, _reads, _misses, evicted, _copiesAtOnce, _digests, _wrongDigests, _wrongBytes, _errors,
                KeptBytes: 0, Seconds: 0);
        }
    }
}

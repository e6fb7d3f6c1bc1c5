using System.Globalization;
using Cascade.Core.Identity;
using Cascade.Tiers.Gpu;

namespace Cascade.Hosting.Replay;

/// <summary>Carries requests to a cache as a serving engine would: reads the longest cached prefix, puts the rest.</summary>
/// <remarks>
/// Every byte read is compared with the content that its id stands for. Memory does not grow with the number of requests. Not
/// thread-safe.
/// </remarks>
internal sealed class ReplayRunner : IDisposable
{
    /// <summary>Contents under way at a time, unless one block is larger.</summary>
    private const int BatchBytes = 64 << 20;

    /// <summary>More blocks than this in one call gain nothing, and would make its arrays large for tiny blocks.</summary>
    private const int BatchBlocksMax = 1024;

    /// <summary>After so many requests in a row of which nothing succeeded the cache is not coming back.</summary>
    private const int FailedRequestsMax = 8;

    private readonly IReadOnlyList<ReplayHost> _hosts;
    private readonly int _bytesPerBlock;
    private readonly TimeProvider _time;
    private readonly double _nanosecondsPerTick;
    private readonly KeyChain _keys;
    private readonly BlockBuffers _buffers;
    private readonly BlockToPut[] _batch;
    private readonly DeviceCopies? _copies;
    private readonly List<int> _absent = [];
    private int _failedInARow;

    /// <param name="hosts">What takes the requests, in turn: the n-th goes to host n modulo their number.</param>
    /// <param name="bytesPerBlock">Size of every block.</param>
    /// <param name="time">The clock.</param>
    public ReplayRunner(IReadOnlyList<ReplayHost> hosts, int bytesPerBlock, TimeProvider time)
    {
        _hosts = hosts;
        _bytesPerBlock = bytesPerBlock;
        _time = time;
        _nanosecondsPerTick = 1e9 / time.TimestampFrequency;
        _keys = new KeyChain(bytesPerBlock);
        _buffers = new BlockBuffers(bytesPerBlock, (int)Math.Min(BatchBytes, (long)BatchBlocksMax * bytesPerBlock));
        _batch = new BlockToPut[_buffers.Count];
        _copies = hosts.Any(static host => host.Devices is not null) ? new DeviceCopies(bytesPerBlock) : null;
    }

    /// <summary>For one cache.</summary>
    public ReplayRunner(ICascade cache, int bytesPerBlock, TimeProvider time)
        : this([new ReplayHost(cache)], bytesPerBlock, time)
    {
    }

    /// <summary>What was counted so far.</summary>
    public ReplayTally Tally { get; } = new();

    /// <summary>Carries the requests to the cache, in order. False when it gave up because nothing succeeded any more.</summary>
    /// <param name="requests">The requests.</param>
    /// <param name="requestDone">Called after each.</param>
    /// <param name="cancellationToken">Stops between two calls; what was counted stays.</param>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public async Task<bool> RunAsync(IEnumerable<TraceRequest> requests, Action requestDone, CancellationToken cancellationToken)
    {
        foreach (var request in requests)
        {
            var (errors, successes) = (Tally.Errors, Tally.Hits + Tally.BlocksPut);
            await CarryAsync(request, cancellationToken);
            Tally.Requests++;
            requestDone();

            var failed = Tally.Errors > errors && Tally.Hits + Tally.BlocksPut == successes;
            _failedInARow = failed ? _failedInARow + 1 : 0;
            if (_failedInARow == FailedRequestsMax)
                return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ((IDisposable)_buffers).Dispose();
        _copies?.Dispose();
    }

    private async Task CarryAsync(TraceRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var host = _hosts[(int)(Tally.Requests % _hosts.Count)];
        var keys = _keys.Of(request.BlockIds.Span);
        var prefix = await LongestPrefixAsync(host, keys, cancellationToken);
        _absent.Clear();
        for (var i = 0; i < keys.Length; i++)
        {
            if (i >= prefix || !await (host.Devices is null ? ReadAsync(host, keys.Span[i], request.BlockIds.Span[i], cancellationToken)
                : ReadOnDeviceAsync(host, host.Devices, keys.Span[i], request.BlockIds.Span[i], cancellationToken)))
                _absent.Add(i);
            Tally.BlocksAsked++;
        }

        for (var done = 0; done < _absent.Count; done += _batch.Length)
            await PutAsync(host, keys, request.BlockIds, done, Math.Min(_batch.Length, _absent.Count - done), cancellationToken);
    }

    private async ValueTask<int> LongestPrefixAsync(ReplayHost host, ReadOnlyMemory<CacheKey> keys, CancellationToken cancellationToken)
    {
        try
        {
            return await host.Cache.LongestPrefixAsync(keys, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (!IsCancellation(e, cancellationToken))
        {
            Tally.Error(ReasonOf("longest prefix", e), e is CascadeUnavailableException);
            return 0;
        }
    }

    private async ValueTask<bool> ReadAsync(ReplayHost host, CacheKey key, ulong id, CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        GetResult result;
        try
        {
            result = await host.Cache.GetAsync(key, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (!IsCancellation(e, cancellationToken))
        {
            Tally.Error(ReasonOf("get", e), e is CascadeUnavailableException);
            return false;
        }

        Tally.GetLatency.Record(NanosecondsSince(start));
        var isRead = result.IsHit && Compare(host, result, id);
        result.Dispose();
        Tally.GetNanoseconds += NanosecondsSince(start);
        return isRead;
    }

    /// <summary>Compares every byte in place and counts the hit; false when the lease ran out: the bytes say nothing then.</summary>
    private bool Compare(ReplayHost host, in GetResult result, ulong id)
    {
        var lease = result.Lease;
        var common = lease.Slice(0, (int)Math.Min(lease.LengthBytes, _bytesPerBlock));
        if (lease.LengthBytes != _bytesPerBlock || !BlockContent.Matches(id, common))
        {
            var wrong = Math.Abs(lease.LengthBytes - _bytesPerBlock) + BlockContent.CountDifferences(id, common);
            if (!lease.IsHeld)
            {
                Tally.Error("get: the lease ran out while the block was read; make cascade.leases.duration longer", isOutage: true);
                return false;
            }

            Tally.WrongBytes += wrong;
        }

        Tally.Hit(host.TierOf(result));
        Tally.GetBytes += lease.LengthBytes;
        return true;
    }

    /// <summary>Gets a block on a device and, since the host cannot read it there, copies it out to compare it.</summary>
    private async ValueTask<bool> ReadOnDeviceAsync(ReplayHost host, GpuPool devices, CacheKey key, ulong id, CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        try
        {
            using var result = await host.Cache.GetAsync(key, Tier.Gpu, options: null, cancellationToken);
            Tally.GetLatency.Record(NanosecondsSince(start));
            if (!result.IsHit)
            {
                // In memory that this replay alone uses there is room for every block.
                if (result.MissReason is { } reason)
                    Tally.Error($"get: {reason}", isOutage: true);
                return false;
            }

            var wrong = await _copies!.CountDifferencesAsync(devices, result.Lease, id);
            Tally.WrongBytes += wrong;
            Tally.Hit(result.FoundIn);
            Tally.GetBytes += result.Lease.LengthBytes;
            return true;
        }
        catch (Exception e) when (!IsCancellation(e, cancellationToken))
        {
            Tally.Error(ReasonOf("get", e), e is CascadeUnavailableException);
            return false;
        }
        finally
        {
            Tally.GetNanoseconds += NanosecondsSince(start);
        }
    }

    private async ValueTask PutAsync(
        ReplayHost host, ReadOnlyMemory<CacheKey> keys, ReadOnlyMemory<ulong> ids, int first, int count, CancellationToken cancellationToken)
    {
        for (var i = 0; i < count; i++)
        {
            var index = _absent[first + i];
            var bytes = _buffers[i];
            BlockContent.Fill(ids.Span[index], bytes.Span);
            _batch[i] = new BlockToPut(keys.Span[index], bytes);
        }

        var start = _time.GetTimestamp();
        try
        {
            Count(await host.Cache.PutManyAsync(_batch.AsMemory(0, count), cancellationToken: cancellationToken));
        }
        catch (Exception e) when (!IsCancellation(e, cancellationToken))
        {
            Tally.Error(ReasonOf("put", e), e is CascadeUnavailableException);
        }

        Tally.PutNanoseconds += NanosecondsSince(start);
    }

    private void Count(PutResult[] results)
    {
        foreach (var result in results)
        {
            if (!result.IsReadable)
            {
                Tally.Error($"put: {result.Status}: {result.Reason ?? "no reason given"}", result.Status == PutStatus.Busy);
                continue;
            }

            Tally.BlocksPut++;
            Tally.PutBytes += _bytesPerBlock;
            if (result.Status == PutStatus.AlreadyPresent)
                Tally.DedupHits++;
        }
    }

    /// <summary>Finer than <see cref="TimeSpan"/>, whose steps of 100 ns are a tenth of a fast get.</summary>
    private long NanosecondsSince(long timestamp) => (long)((_time.GetTimestamp() - timestamp) * _nanosecondsPerTick);

    private static bool IsCancellation(Exception e, CancellationToken cancellationToken) =>
        e is OperationCanceledException && cancellationToken.IsCancellationRequested;

    private static string ReasonOf(string call, Exception e) =>
        string.Create(CultureInfo.InvariantCulture, $"{call}: {e.GetType().Name}: {e.Message}");
}

using Cascade.Core.Identity;
using Cascade.Core.Messages;

namespace Cascade.Hosting;

/// <content>Calls for several blocks. Their deadline is that of the whole call.</content>
internal sealed partial class CascadeCache
{
    /// <summary>Blocks of one call that are waited for at a time: enough to keep a disk busy, and to make round trips to other nodes few.</summary>
    private const int GetsInFlight = 64;

    /// <summary>Keys of a prefix that are asked for at once at first; twice as many each further time, since a prefix is often known not far, or to its end.</summary>
    private const int LookupsFirst = 64;

    private const int LookupsMax = 1024;

    /// <inheritdoc/>
    public async ValueTask<GetResult[]> GetManyAsync(
        ReadOnlyMemory<CacheKey> keys, GetOptions? options, CancellationToken cancellationToken)
    {
        var (leaseFor, time) = (options?.LeaseFor ?? _node.Defaults.LeaseDuration, TimeOf(options));
        var results = new GetResult[keys.Length];
        var pending = new Queue<(int Index, Task<GetResult> Get)>();
        try
        {
            for (var i = 0; i < results.Length; i++)
            {
                if (pending.Count == GetsInFlight)
                    await TakeFirstAsync();
                var get = GetAsync(keys.Span[i], leaseFor, time, default, cancellationToken);
                if (get.IsCompletedSuccessfully)
                    results[i] = get.Result;
                else
                    pending.Enqueue((i, get.AsTask()));
            }

            while (pending.Count > 0)
                await TakeFirstAsync();
            return results;
        }
        catch
        {
            foreach (var result in results)
                result.Dispose();
            foreach (var (_, get) in pending)
                _ = get.ContinueWith(
                    late => late.Result.Dispose(),
                    CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }

        async ValueTask TakeFirstAsync()
        {
            var (index, get) = pending.Dequeue();
            results[index] = await get;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<int> LongestPrefixAsync(
        ReadOnlyMemory<CacheKey> keys, GetOptions? options, CancellationToken cancellationToken)
    {
        ThrowIfStopping();
        var time = TimeOf(options);
        var window = LookupsFirst;
        for (var done = 0; done < keys.Length; window = Math.Min(window * 2, LookupsMax))
        {
            cancellationToken.ThrowIfCancellationRequested();

            // All questions of a window are under way at once, so that they cost one round trip to each node that is asked.
            var end = Math.Min(keys.Length, done + window);
            var left = time.Left;
            var lookups = new Task<bool>[end - done];
            for (var i = done; i < end; i++)
                lookups[i - done] = IsKnownAsync(keys.Span[i], left, cancellationToken);
            await Task.WhenAll(lookups);
            for (; done < end; done++)
            {
                if (!lookups[done - (end - lookups.Length)].Result)
                    return done;
            }
        }

        return keys.Length;
    }

    /// <inheritdoc/>
    public async ValueTask<PutResult[]> PutManyAsync(
        ReadOnlyMemory<BlockToPut> blocks, PutOptions? options, CancellationToken cancellationToken)
    {
        if (options?.Id is not null)
            throw new ArgumentException("PutOptions.Id names one block; put blocks with known ids one by one.", nameof(options));
        var results = new PutResult[blocks.Length];
        var time = TimeOf(options);
        var next = -1;
        var workers = Math.Min(_node.Defaults.PutWorkers, blocks.Length);
        if (workers <= 1)
            await WorkAsync();
        else
            await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(WorkAsync, cancellationToken)));
        return results;

        // Workers take the blocks in order, so that a parent is in before its children are begun, but for one or two. What a worker's blocks wait adds up, and
        // what their bytes take is counted for none.
        async Task WorkAsync()
        {
            var left = time;
            for (int i; (i = Interlocked.Increment(ref next)) < results.Length;)
            {
                if (left.LeftToEnd == TimeSpan.Zero)
                    results[i] = new PutResult(PutStatus.Busy, default, $"the blocks before it took all of {left.Deadline}");
                else
                    (results[i], left) = await PutOneAsync(i, left);
            }
        }

        async ValueTask<(PutResult Result, CallTime Time)> PutOneAsync(int i, CallTime left)
        {
            var (key, bytes) = blocks.Span[i];
            using var pin = bytes.Pin();
            return await PutAsync(key, NativeOf(pin, bytes.Length), options, left, cancellationToken);
        }
    }

    private async Task<bool> IsKnownAsync(CacheKey key, TimeSpan left, CancellationToken cancellationToken) =>
        _node.Arena.Directory.Contains(key.Digest)
        || await AskAsync(_node, _node.Actors.KeyIndex, new Lookup(key.Digest), left, cancellationToken) is Found;
}

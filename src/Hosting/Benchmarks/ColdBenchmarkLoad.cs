using System.Buffers.Binary;
using Cascade.Core.Identity;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Replay;

namespace Cascade.Hosting.Benchmarks;

/// <summary>Numbered blocks of one length, all different, put and got by several callers at a time.</summary>
internal sealed class ColdBenchmarkLoad : IDisposable
{
    private static readonly PutOptions Patient = new() { Deadline = TimeSpan.FromMinutes(1) };

    private readonly ICascade _cache;
    private readonly CacheNamespace _keys;
    private readonly int _callers;
    private readonly BlockBuffers[] _buffers;

    public ColdBenchmarkLoad(ICascade cache, int blockBytes, string name, ColdBenchmarkPlan plan)
    {
        (_cache, _keys, _callers) = (cache, new CacheNamespace($"bench/cold/{name}"), plan.Callers);
        _buffers = [.. Enumerable.Range(0, plan.Callers).Select(_ => new BlockBuffers(blockBytes, plan.CallBytes))];
        var random = new Random(1);
        foreach (var buffer in _buffers)
        {
            for (var i = 0; i < buffer.Count; i++)
                random.NextBytes(buffer[i].Span);
        }
    }

    /// <summary>Number of the next new block.</summary>
    public int Next { get; private set; }

    /// <summary>Puts new blocks.</summary>
    /// <exception cref="CliException">One was not stored.</exception>
    public async Task PutAsync(int count, CancellationToken cancellationToken)
    {
        var next = Next;
        var end = Next += count;
        await Task.WhenAll(_buffers.Select(buffers => Task.Run(() => PutAllAsync(buffers), cancellationToken)));

        async Task PutAllAsync(BlockBuffers buffers)
        {
            var batch = new BlockToPut[buffers.Count];
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var first = Interlocked.Add(ref next, batch.Length) - batch.Length;
                var length = Math.Min(batch.Length, end - first);
                if (length <= 0)
                    return;
                for (var i = 0; i < length; i++)
                {
                    BinaryPrimitives.WriteInt64LittleEndian(buffers[i].Span, first + i);
                    batch[i] = new BlockToPut(KeyOf(first + i), buffers[i]);
                }

                foreach (var result in await _cache.PutManyAsync(batch.AsMemory(0, length), Patient, cancellationToken))
                {
                    if (!result.IsReadable)
                        throw new CliException(ExitCode.Failed, $"a put of the benchmark ended as {result.Status}: {result.Reason}");
                }
            }
        }
    }

    /// <summary>Gets blocks that were put; gives how many of them were read from the cold tier.</summary>
    /// <exception cref="CliException">One is not there any more.</exception>
    public async Task<int> GetAsync(int first, int count, CancellationToken cancellationToken)
    {
        var (next, cold) = (first, 0);
        await Task.WhenAll(Enumerable.Range(0, _callers).Select(_ => Task.Run(GetAllAsync, cancellationToken)));
        return cold;

        async Task GetAllAsync()
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var number = Interlocked.Increment(ref next) - 1;
                if (number >= first + count)
                    return;
                using var result = await _cache.GetAsync(KeyOf(number), null, cancellationToken);
                if (!result.IsHit)
                    throw new CliException(
                        ExitCode.Failed, $"a block of the benchmark is gone ({result.MissReason ?? "not there"}): give the cold tier more capacity");
                if (result.Lease.Tier == TierKind.Cold)
                    Interlocked.Increment(ref cold);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in _buffers)
            ((IDisposable)buffer).Dispose();
    }

    private CacheKey KeyOf(int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return _keys.Key(bytes);
    }
}

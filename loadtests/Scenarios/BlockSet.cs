using System.Buffers;
using System.Buffers.Binary;
using Cascade.Core.Identity;
using Cascade.Hosting;
using Cascade.LoadTests.Engine;
using Cascade.LoadTests.Targets;

namespace Cascade.LoadTests.Scenarios;

/// <summary>A fixed number of keys whose blocks can be read and written anew, each time with other bytes. Thread-safe.</summary>
internal sealed class BlockSet
{
    private readonly CacheKey[] _keys;
    private readonly long[] _newest;

    /// <summary>Makes the keys.</summary>
    /// <param name="name">Their namespace.</param>
    /// <param name="count">How many; at least 1.</param>
    /// <param name="blockBytes">Length of each block.</param>
    /// <param name="isChain">True when each key follows the one before, as the blocks of one prompt do.</param>
    public BlockSet(string name, int count, int blockBytes, bool isChain = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockBytes, BlockPattern.BlockBytesMin);
        BlockBytes = blockBytes;
        _keys = new CacheKey[count];
        _newest = new long[count];
        var space = new CacheNamespace(name);
        Span<byte> key = stackalloc byte[sizeof(int)];
        for (var i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(key, i);
            _keys[i] = isChain && i > 0 ? space.Key(key, _keys[i - 1]) : space.Key(key);
        }
    }

    /// <summary>The keys.</summary>
    public ReadOnlyMemory<CacheKey> Keys => _keys;

    /// <summary>Length of each block.</summary>
    public int BlockBytes { get; }

    /// <summary>Stores the first version of every block, spread over the nodes.</summary>
    /// <exception cref="TargetException">A block was not stored.</exception>
    public async Task StoreAllAsync(ILoadTarget target, CancellationToken cancellationToken)
    {
        for (var i = 0; i < _keys.Length; i++)
        {
            var put = await PutAsync(target.Nodes[i % target.Nodes.Count], i, 0, cancellationToken);
            if (!put.IsReadable)
                throw new TargetException(isMistake: false, $"Block {i} of {_keys.Length} could not be stored before the load: {put.Status}. {put.Reason}");
        }
    }

    /// <summary>Reads a block as the step "read" and compares it.</summary>
    /// <param name="context">Of the run that reads.</param>
    /// <param name="node">Which node is asked.</param>
    /// <param name="index">Number of the block.</param>
    /// <param name="missIsError">True where nothing may be lost.</param>
    public async Task<Response<object>> ReadAsync(ScenarioContext context, ICascade node, int index, bool missIsError)
    {
        var read = await Step.Run("read", context, async () =>
        {
            var result = await node.GetAsync(_keys[index], null, context.CancellationToken);
            if (result.IsHit)
                return Response.OkWith(result, "hit", result.Lease.LengthBytes);
            return missIsError ? Response.Fail<GetResult>("miss", result.MissReason ?? "") : Response.OkWith(result, "miss");
        });
        if (read.IsError)
            return Response.Fail(read.StatusCode, read.Message);
        using var block = read.Payload;
        if (!block.IsHit)
            return Response.Ok("miss");

        // Looked at after the read: whoever began a version before has counted it by now.
        var newest = Volatile.Read(ref _newest[index]);
        return ReadCheck.Compare(context, block.Lease, BlockPattern.Mix((ulong)index), newest, BlockBytes) ?? Response.Ok("hit", block.Lease.LengthBytes);
    }

    /// <summary>Gives a key a block with other bytes, as the step "write".</summary>
    public Task<Response<object>> WriteAsync(ScenarioContext context, ICascade node, int index) =>
        WriteAsync("write", context, node, index, Interlocked.Increment(ref _newest[index]));

    /// <summary>Stores a block that was lost, as the step "refill".</summary>
    public Task<Response<object>> RefillAsync(ScenarioContext context, ICascade node, int index) =>
        WriteAsync("refill", context, node, index, Volatile.Read(ref _newest[index]));

    /// <summary>What a put came to, as a response.</summary>
    public static Response<object> ResponseOf(PutResult put, long sizeBytes) => put.Status switch
    {
        PutStatus.Stored => Response.Ok("stored", sizeBytes),
        PutStatus.AlreadyPresent => Response.Ok("already_present", sizeBytes),
        PutStatus.Busy => Response.Fail("busy", put.Reason ?? ""),
        _ => Response.Fail("refused", put.Reason ?? ""),
    };

    private async Task<Response<object>> WriteAsync(string step, ScenarioContext context, ICascade node, int index, long version)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            var bytes = buffer.AsMemory(0, BlockBytes);
            BlockPattern.Fill(BlockPattern.Mix((ulong)index), version, bytes.Span);
            return await Step.Run(step, context, async () => ResponseOf(await node.PutAsync(_keys[index], bytes, null, context.CancellationToken), BlockBytes));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<PutResult> PutAsync(ICascade node, int index, long version, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            var bytes = buffer.AsMemory(0, BlockBytes);
            BlockPattern.Fill(BlockPattern.Mix((ulong)index), version, bytes.Span);
            return await node.PutAsync(_keys[index], bytes, null, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

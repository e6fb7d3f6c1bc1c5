using System.Buffers;
using System.Collections.Concurrent;
using Cascade.Core.Identity;
using Cascade.Hosting;
using Cascade.LoadTests.Engine;

namespace Cascade.LoadTests.Scenarios;

/// <summary>
/// A chat service: conversations start with one of some system prompts and grow each turn. A turn looks up how much of its prompt is
/// cached, reads that, and stores the rest. Finished conversations are never deleted: the cache evicts them.
/// </summary>
internal sealed class ChatScenario
{
    private const int SystemPrompts = 16;
    private const int PromptBlocksMax = 32;

    private static readonly (int Min, int Max) SystemPromptBlocks = (2, 8);
    private static readonly (int Min, int Max) TurnBlocks = (1, 4);
    private static readonly (int Min, int Max) Turns = (1, 12);

    private readonly CacheNamespace _space = new("load/chat");
    private readonly ConcurrentDictionary<int, Conversation> _conversations = new();
    private readonly ScenarioSizes _sizes;
    private long _tokens;

    private ChatScenario(ScenarioSizes sizes) => _sizes = sizes;

    /// <summary>Makes it. Each instance holds one conversation at a time.</summary>
    public static Scenario Create(ScenarioSizes sizes) => Scenario.Create("chat", new ChatScenario(sizes).TurnAsync);

    private async Task<Response<object>> TurnAsync(ScenarioContext context)
    {
        var conversation = NextTurn(context);
        var keys = conversation.Keys;
        var node = context.Target.Nodes[context.InstanceNumber % context.Target.Nodes.Count];

        var lookup = await Step.Run("lookup", context, async () =>
            Response.OkWith(await node.LongestPrefixAsync(keys, null, context.CancellationToken)));
        if (lookup.IsError)
            return Response.Fail(lookup.StatusCode, lookup.Message);
        var (failed, readBlocks) = await ReadAsync(context, node, conversation, keys.AsMemory(0, lookup.Payload));
        if (failed is not null)
            return failed;
        var readBytes = (long)readBlocks * _sizes.BlockBytes;
        if (readBlocks == keys.Length)
            return Response.Ok("known", readBytes);
        var written = await WriteAsync(context, node, conversation, keys, readBlocks);
        return written.IsError ? written : Response.Ok("extended", written.SizeBytes + readBytes);
    }

    private Conversation NextTurn(ScenarioContext context)
    {
        var random = context.Random;
        if (!_conversations.TryGetValue(context.InstanceNumber, out var conversation)
            || conversation.TurnsLeft == 0 || conversation.Length + TurnBlocks.Max > PromptBlocksMax)
        {
            // The square prefers low numbers: some prompts are far more popular than others.
            var prompt = (int)(random.NextDouble() * random.NextDouble() * SystemPrompts);
            conversation = new Conversation(_space, random.Next(Turns.Min, Turns.Max + 1));
            var length = SystemPromptBlocks.Min + (prompt % (SystemPromptBlocks.Max - SystemPromptBlocks.Min + 1));
            for (var i = 0; i < length; i++)
                conversation.Add(BlockPattern.Mix(((ulong)prompt << 32) + (ulong)i));
            _conversations[context.InstanceNumber] = conversation;
        }

        // What a user says is like nothing that was said before.
        for (var blocks = random.Next(TurnBlocks.Min, TurnBlocks.Max + 1); blocks > 0; blocks--)
            conversation.Add(BlockPattern.Mix((ulong)_sizes.Seed << 48) ^ BlockPattern.Mix(~(ulong)Interlocked.Increment(ref _tokens)));
        conversation.TakeTurn();
        return conversation;
    }

    /// <summary>Reads what was found, up to the first block that has gone since.</summary>
    private async Task<(Response<object>? Failed, int Blocks)> ReadAsync(
        ScenarioContext context, ICascade node, Conversation conversation, ReadOnlyMemory<CacheKey> keys)
    {
        if (keys.IsEmpty)
            return (null, 0);
        var read = await Step.Run("read", context, async () =>
        {
            var found = await node.GetManyAsync(keys, null, context.CancellationToken);
            var bytes = found.Sum(block => block.IsHit ? block.Lease.LengthBytes : 0);
            return Response.OkWith(found, found.All(block => block.IsHit) ? "hit" : "partial", bytes);
        });
        if (read.IsError)
            return (Response.Fail(read.StatusCode, read.Message), 0);

        Response<object>? failed = null;
        var blocks = read.Payload!.TakeWhile(block => block.IsHit).Count();
        for (var i = 0; i < read.Payload!.Length; i++)
        {
            using var block = read.Payload[i];
            if (block.IsHit)
                failed = ReadCheck.Compare(context, block.Lease, conversation.SeedOf(i), 0, _sizes.BlockBytes) ?? failed;
        }

        return (failed, blocks);
    }

    private async Task<Response<object>> WriteAsync(ScenarioContext context, ICascade node, Conversation conversation, CacheKey[] keys, int from)
    {
        var blocks = new BlockToPut[keys.Length - from];
        var buffers = new byte[blocks.Length][];
        try
        {
            for (var i = 0; i < blocks.Length; i++)
            {
                buffers[i] = ArrayPool<byte>.Shared.Rent(_sizes.BlockBytes);
                var bytes = buffers[i].AsMemory(0, _sizes.BlockBytes);
                BlockPattern.Fill(conversation.SeedOf(from + i), 0, bytes.Span);
                blocks[i] = new BlockToPut(keys[from + i], bytes);
            }

            return await Step.Run("write", context, async () =>
            {
                var results = await node.PutManyAsync(blocks, null, context.CancellationToken);
                var failed = Array.FindIndex(results, result => !result.IsReadable);
                return BlockSet.ResponseOf(results[failed < 0 ? ^1 : failed], (long)blocks.Length * _sizes.BlockBytes);
            });
        }
        finally
        {
            foreach (var buffer in buffers)
            {
                if (buffer is not null)
                    ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}

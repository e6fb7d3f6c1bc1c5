using Cascade.Core.Identity;
using Cascade.Hosting;
using Cascade.LoadTests.Engine;

namespace Cascade.LoadTests.Scenarios;

/// <summary>All instances read the whole of one prefix, spread evenly over the nodes.</summary>
internal static class ContentionScenario
{
    private const int PrefixBlocks = 32;

    /// <summary>Makes it. The prefix is shorter where 32 blocks are more than a working set.</summary>
    public static Scenario Create(ScenarioSizes sizes)
    {
        var prefix = new BlockSet("load/contention", Math.Min(PrefixBlocks, sizes.WorkingSetBlocks), sizes.BlockBytes, isChain: true);
        return Scenario.Create("contention", async context =>
        {
            var node = context.Target.Nodes[context.InstanceNumber % context.Target.Nodes.Count];
            var read = await Step.Run("read_prefix", context, () => ReadAsync(context, node, prefix.Keys));
            if (read.IsError)
                return Response.Fail(read.StatusCode, read.Message);
            var response = Response.Ok("hit", read.SizeBytes);
            for (var i = 0; i < read.Payload!.Length; i++)
            {
                using var block = read.Payload[i];
                response = ReadCheck.Compare(context, block.Lease, BlockPattern.Mix((ulong)i), 0, prefix.BlockBytes) ?? response;
            }

            return response;
        }).WithInit(prefix.StoreAllAsync);
    }

    private static async Task<Response<GetResult[]>> ReadAsync(ScenarioContext context, ICascade node, ReadOnlyMemory<CacheKey> keys)
    {
        var blocks = await node.GetManyAsync(keys, null, context.CancellationToken);
        if (blocks.All(block => block.IsHit))
            return Response.OkWith(blocks, "hit", blocks.Sum(block => block.Lease.LengthBytes));
        foreach (var block in blocks)
            block.Dispose();
        return Response.Fail<GetResult[]>("miss", blocks.First(block => !block.IsHit).MissReason ?? "");
    }
}

using Cascade.LoadTests.Engine;

namespace Cascade.LoadTests.Scenarios;

/// <summary>Reads, and writes of a share, of single blocks drawn evenly from a set that stays in memory. A node is drawn for each.</summary>
internal static class TrafficScenario
{
    /// <summary>Makes it.</summary>
    public static Scenario Create(string name, ScenarioSizes sizes)
    {
        var blocks = new BlockSet($"load/{name}", sizes.WorkingSetBlocks, sizes.BlockBytes);
        return Scenario.Create(name, context =>
        {
            var (random, nodes) = (context.Random, context.Target.Nodes);
            var node = nodes[random.Next(nodes.Count)];
            var index = random.Next(blocks.Keys.Length);
            if (random.Next(100) < sizes.WritesPercent)
                return blocks.WriteAsync(context, node, index);

            // Without writes nothing is evicted: what is not there was lost.
            return blocks.ReadAsync(context, node, index, missIsError: sizes.WritesPercent == 0);
        }).WithInit(blocks.StoreAllAsync);
    }
}

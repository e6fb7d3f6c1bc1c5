using Cascade.LoadTests.Engine;
using Cascade.LoadTests.Targets;

namespace Cascade.LoadTests.Scenarios;

/// <summary>Reads and writes at the nodes that are up, while one dies and comes back. What is missing is stored again.</summary>
internal static class FailureScenario
{
    private const int NoNode = -1;

    /// <summary>Makes it.</summary>
    public static Scenario Create(ScenarioSizes sizes)
    {
        var blocks = new BlockSet("load/failure", sizes.WorkingSetBlocks, sizes.BlockBytes);
        var down = NoNode;
        return Scenario.Create("failure", RunAsync).WithInit(blocks.StoreAllAsync).WithEvents(
            new TimedEvent(1.0 / 3, "kill", KillAsync), new TimedEvent(2.0 / 3, "restart", RestartAsync));

        async Task<Response<object>> RunAsync(ScenarioContext context)
        {
            var (random, nodes) = (context.Random, context.Target.Nodes);
            var dead = Volatile.Read(ref down);
            var up = dead == NoNode ? nodes.Count : nodes.Count - 1;
            if (up == 0)
                return Response.Fail("no_node", "The only node is down.");

            // The last node is the one that dies: those before it are up at all times.
            var node = nodes[random.Next(up)];
            var index = random.Next(blocks.Keys.Length);
            if (random.Next(100) < sizes.WritesPercent)
                return await blocks.WriteAsync(context, node, index);
            var read = await blocks.ReadAsync(context, node, index, missIsError: false);
            return read is { IsError: false, StatusCode: "miss" } ? await blocks.RefillAsync(context, node, index) : read;
        }

        Task KillAsync(ILoadTarget target)
        {
            // No call is sent to a node that is known to be dead; those under way see it die.
            Volatile.Write(ref down, target.Nodes.Count - 1);
            return target.KillAsync(target.Nodes.Count - 1);
        }

        async Task RestartAsync(ILoadTarget target)
        {
            await target.RestartAsync(target.Nodes.Count - 1);
            Volatile.Write(ref down, NoNode);
        }
    }
}

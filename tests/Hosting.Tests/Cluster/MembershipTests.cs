using Cascade.Core.Identity;
using Cascade.Core.Membership;

namespace Cascade.Hosting.Tests.Cluster;

/// <summary>Nodes find each other, and take note when one leaves.</summary>
public sealed class MembershipTests
{
    [Fact]
    public async Task Nodes_that_name_a_seed_become_one_cluster()
    {
        await using var nodes = await TestNodes.StartAsync(3);
        for (var id = 0; id < 3; id++)
        {
            Assert.Equal([new NodeId(0), new NodeId(1), new NodeId(2)], nodes[id].Cluster.Members.Members.Select(static member => member.Node));
            Assert.Equal(nodes[0].Cluster.Shards.Nodes, nodes[id].Cluster.Shards.Nodes);
        }
    }

    [Fact]
    public async Task Node_that_stops_leaves_and_may_come_back()
    {
        await using var nodes = await TestNodes.StartAsync(3);
        await nodes.StopAsync(1);
        await nodes.AgreeAsync();
        await nodes.AddAsync(1);
        await nodes.AgreeAsync();
        Assert.All(nodes[0].Cluster.Members.Members, static member => Assert.Equal(Member.FullShare, member.Share));
    }

    [Fact]
    public async Task Client_takes_no_shards()
    {
        await using var nodes = await TestNodes.StartAsync(1);
        await nodes.AddAsync(70_000, "cascade.node.client=true");
        await nodes.AgreeAsync();
        Assert.Equal([new NodeId(0)], nodes[0].Cluster.Shards.Nodes);
    }
}

using Cascade.Core.Membership;

namespace Cascade.Core.Tests.Membership;

public sealed class MembershipLoadTests
{
    [Fact]
    public void Messages_a_node_are_as_many_in_a_cluster_of_any_size()
    {
        var rates = new[] { 3, 30, 1000 }.Select(MessagesPerNodeAndSecond).ToList();
        // A ping and its answer each period, and a comparison and its answer each ten seconds.
        Assert.All(rates, rate => Assert.InRange(rate, 4.9, 5.3));
    }

    private static double MessagesPerNodeAndSecond(int nodes)
    {
        // Few retransmissions and no slow start: they are of the past by the time that is measured.
        var settings = new MembershipSettings { Cluster = "sim", Seeds = [SimWorld.AddressOf(0)], SlowStart = TimeSpan.Zero, RetransmitFactor = 1 };
        var world = new SimWorld(nodes, settings);
        for (var node = 0; node < nodes; node++)
            world.Start(node);
        for (var second = 0; second < 30 || !world.IsConverged(); second++)
        {
            Assert.True(second < 90, $"{nodes} nodes");
            world.Run(TimeSpan.FromSeconds(1));
        }
        foreach (var node in world.Live)
            node.Sent = 0;
        world.Run(TimeSpan.FromSeconds(20));
        return world.Live.Sum(node => node.Sent) / 20.0 / nodes;
    }
}

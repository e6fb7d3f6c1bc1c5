namespace Cascade.Core.Tests.Membership;

public sealed class MembershipPropertyTests
{
    [Fact]
    public void Random_runs_with_faults_converge_and_believe_no_stale_news()
    {
        for (var seed = 1; seed <= 1000; seed++)
            new MembershipRandomRun(seed).Run();
    }

    [Fact]
    public void Random_runs_without_faults_suspect_nobody()
    {
        for (var seed = 1001; seed <= 1200; seed++)
            new MembershipRandomRun(seed, hasFaults: false).Run();
    }

    [Fact]
    public void The_same_seed_gives_the_same_trace()
    {
        var runs = new[] { 77, 77, 78 }.Select(seed => new MembershipRandomRun(seed, isTraced: true)).ToList();
        runs.ForEach(run => run.Run());
        Assert.Equal(runs[0].Trace, runs[1].Trace);
        Assert.NotEqual(runs[0].Trace, runs[2].Trace);
    }

    /// <summary>Ten seconds: the longest a lone suspicion of twelve nodes takes is 5.2, and it begins within a few periods.</summary>
    [Fact]
    public void Crashed_node_is_removed_everywhere_within_a_bound()
    {
        for (var seed = 2001; seed <= 2150; seed++)
        {
            var world = new SimWorld(seed);
            var nodes = 3 + (seed % 10);
            for (var node = 0; node < nodes; node++)
                world.Start(node);
            world.Run(TimeSpan.FromSeconds(5 + (seed % 7)));
            var crashed = world[(int)(world.Random.Next() % (ulong)nodes)];
            world.Crash(crashed);
            var isRemoved = world.RunUntil(
                TimeSpan.FromSeconds(10), () => world.Live.All(node => node.Core.View.Find(crashed.Core.Self.Node) is null));
            Assert.True(isRemoved, world.Views());
            Assert.All(world.Live, node => Assert.Equal(nodes - 1, node.Core.View.Members.Length));
        }
    }
}

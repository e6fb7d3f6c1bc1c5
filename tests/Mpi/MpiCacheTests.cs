namespace Cascade.Mpi.Tests;

/// <summary>Whole nodes as real ranks under MPICH, each as if on a machine of its own.</summary>
public sealed class MpiCacheTests
{
    [Fact]
    public async Task Blocks_are_put_read_shared_and_promoted_by_MPI_alone()
    {
        using var job = MpiJob.Start("cache");
        await job.SucceedAsync(0, 1, 2);
    }

    [Fact]
    public async Task Four_readers_at_each_node_read_at_once()
    {
        using var job = MpiJob.Start("cache-threads");
        await job.SucceedAsync(0, 1, 2);
    }

    [Fact]
    public async Task A_node_that_is_killed_costs_its_blocks_only_and_its_next_life_is_read_over_TCP()
    {
        using var job = MpiJob.Start("cache-kill");
        await job.AwaitAsync("reading-0");
        await job.AwaitAsync("reading-1");
        job.Signal(2, "KILL");
        await job.SucceedAsync(0, 1);
    }

    [Fact]
    public async Task A_node_that_hangs_costs_calls_their_time_and_comes_back()
    {
        using var job = MpiJob.Start("cache-stop");
        await job.AwaitAsync("stop-it");
        job.Signal(1, "STOP");
        job.Tell("stopped");
        await job.AwaitAsync("let-it-go-on");
        job.Signal(1, "CONT");
        await job.SucceedAsync(0, 1, 2);
    }

    [Fact]
    public async Task A_world_of_one_serves()
    {
        using var job = MpiJob.StartAlone("cache-alone");
        Assert.Equal(["rank 0 ok", "rank 0 stopped"], await job.EndAsync(exitCode: 0));
    }

    [Fact]
    public async Task Nodes_that_stop_together_end_MPI_in_order()
    {
        using var job = MpiJob.Start("cache-alone", apart: false);
        Assert.Equal(["rank 0 ok", "rank 0 stopped", "rank 1 ok", "rank 1 stopped", "rank 2 ok", "rank 2 stopped"], (await job.EndAsync(exitCode: 0)).Order());
    }
}

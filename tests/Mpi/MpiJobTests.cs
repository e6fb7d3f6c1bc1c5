namespace Cascade.Mpi.Tests;

/// <summary>Real ranks under MPICH.</summary>
public sealed class MpiJobTests
{
    [Fact]
    public async Task Every_byte_comes_between_all_pairs_of_ranks_and_to_four_threads_at_once()
    {
        using var job = MpiJob.Start("pairs");
        await job.SucceedAsync(0, 1, 2);
    }

    [Fact]
    public async Task A_copy_that_was_freed_or_replaced_is_stale()
    {
        using var job = MpiJob.Start("stale");
        await job.SucceedAsync(0, 1, 2);
    }

    [Fact]
    public async Task Done_means_the_copy_lay_there_all_the_time()
    {
        using var job = MpiJob.Start("churn");
        await job.SucceedAsync(0, 1, 2);
    }

    [Fact]
    public async Task A_rank_that_is_killed_costs_its_transfers_only()
    {
        using var job = MpiJob.Start("kill");
        await job.AwaitAsync("pulling-0");
        await job.AwaitAsync("pulling-1");
        job.Signal(2, "KILL");
        var said = await job.SucceedAsync(0, 1);
        Assert.Contains("rank 0 LeftOpen", said);
        Assert.Contains("rank 1 LeftOpen", said);
    }

    [Fact]
    public async Task A_rank_that_is_stopped_costs_the_deadline_and_comes_back()
    {
        using var job = MpiJob.Start("stop");
        await job.AwaitAsync("stop-it");
        job.Signal(1, "STOP");
        job.Tell("stopped");
        await job.AwaitAsync("let-it-go-on");
        job.Signal(1, "CONT");
        await job.SucceedAsync(0, 1, 2);
    }

    [Fact]
    public async Task A_rank_that_leaves_alone_does_not_wait_for_the_others()
    {
        using var job = MpiJob.Start("leave");
        await job.SucceedAsync(0, 1, 2);
    }

    [Fact]
    public async Task A_clean_stop_finalizes_and_leaves_exit_code_0()
    {
        using var job = MpiJob.Start("null", apart: false);
        var said = await job.EndAsync(exitCode: 0);
        Assert.Equal(["rank 0 Finalized", "rank 0 ok", "rank 1 Finalized", "rank 1 ok", "rank 2 Finalized", "rank 2 ok"], said.Order());
    }

    [Fact]
    public async Task A_world_of_one_needs_no_starter_and_a_null_reference_is_an_exception_in_it()
    {
        using var job = MpiJob.StartAlone("null");
        Assert.Equal(["rank 0 ok", "rank 0 Finalized"], await job.EndAsync(exitCode: 0));
    }

    [Fact]
    public async Task A_start_that_MPI_does_not_know_of_is_refused_in_words()
    {
        using var job = MpiJob.StartAlone("null", static environment => environment["SLURM_NTASKS"] = "4");
        await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => job.EndAsync());
        Assert.Contains("srun --mpi=pmi2", await job.ErrorAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_pull_beside_small_ones_brings_all_bytes()
    {
        using var job = MpiJob.Start("beside");
        Assert.Contains(await job.SucceedAsync(0, 1, 2), static line => line.StartsWith("beside_p50_us", StringComparison.Ordinal));
    }
}

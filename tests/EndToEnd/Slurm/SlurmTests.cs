using System.Globalization;
using System.Text.RegularExpressions;
using Cascade.Hosting.Tests.Architecture;
using Cascade.Hosting.Tests.Embedding;

namespace Cascade.EndToEnd.Slurm;

/// <summary>The shipped job in a real SLURM.</summary>
public sealed class SlurmTests(VirtualSlurm slurm) : IClassFixture<VirtualSlurm>
{
    private const int Nodes = 4;

    [Fact]
    public async Task Shipped_job_serves_the_sample_outlives_a_killed_task_and_drains_at_scancel()
    {
        Assert.SkipUnless(slurm.Missing is null, slurm.Missing ?? "");
        await using var job = await SlurmJob.StartAsync(slurm, Nodes, ("CASCADE_PORTS", "4"));
        for (var rank = 0; rank < Nodes; rank++)
            await job.SaidAsync(string.Create(CultureInfo.InvariantCulture, $"MPI rank {rank} of {Nodes} "));
        Served(await job.RunSampleAsync($"--jobid={job.Number}", "--overlap", "--nodes=1", "--ntasks=1"), "Stored");
        Replayed(await job.RunClientAsync($"replay --join --limit 20 --seed 3 --json", $"--jobid={job.Number}", "--overlap", "--nodes=1", "--ntasks=1"));

        const int Killed = 2;
        TestFleet.Signal("KILL", [job.ProcessOf(Killed)]);
        await job.SaidAsync($"task {Killed}: Killed");
        await job.SaidAsync($"{AddressOf(job, Killed)} is Removed", Nodes - 1);

        // The address that the killed node left in the job's directory does no harm, and a program need not be a task.
        Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(job.ClientFile)!, $"cascade-{job.Cluster}-{Killed}.address")));
        Served(await job.RunSampleAsync(null), "(Stored|AlreadyPresent)");

        await slurm.DoAsync("scancel", job.Number);
        Assert.Contains("JobState=CANCELLED", await job.EndAsync(), StringComparison.Ordinal);
        Stopped(job.Log, Nodes - 1);
        Assert.Contains("the nodes have ended: 137", job.Log, StringComparison.Ordinal);
        Assert.Empty(job.Left());
    }

    [Fact]
    public async Task Tasks_that_srun_does_not_tell_MPI_of_are_refused_in_words()
    {
        Assert.SkipUnless(slurm.Missing is null, slurm.Missing ?? "");
        await using var job = await SlurmJob.SubmitAsync(slurm, 2, ("CASCADE_MPI", "none"));
        await job.EndAsync();
        await job.SaidAsync("SLURM started 2 tasks and MPI sees 1 of them: start with `srun --mpi=pmi2`", 2);
        await job.SaidAsync("set cascade.fabric = shm for a node without MPI", 2);
        Assert.Contains("the nodes have ended: 3", job.Log, StringComparison.Ordinal);
        Assert.Empty(job.Left());
    }

    [Fact]
    public async Task Replays_that_are_the_tasks_of_a_step_share_a_load_by_MPI()
    {
        Assert.SkipUnless(slurm.Missing is null, slurm.Missing ?? "");
        const int Shares = 3;
        var name = TestNode.UniqueName("share");
        var program = Path.Combine(AppContext.BaseDirectory, "cascade.dll");
        var line = $"exec dotnet exec {program} replay --config {Path.Combine(Repository.Root, "hocon/slurm.conf")} --share $SLURM_PROCID/{Shares} --limit 60 --json --shm 64MiB "
            + $"--set cascade.cluster.name={name} --set cascade.slurm.local=yes --set cascade.fabric=mpi";
        var (exitCode, output, error) = await slurm.RunAsync(
            [("UCX_TLS", "tcp,self"), ("CASCADE__REMOTING__INSECURE", "yes")],
            "srun", "--mpi=pmi2", $"--nodes={Shares}", $"--ntasks={Shares}", $"--resv-ports={Shares}", "bash", "-c", line);
        Assert.True(exitCode == 0, $"srun ended with {exitCode}: {output}{error}");
        var reports = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Shares, reports.Length);
        foreach (var report in reports)
        {
            Assert.StartsWith("{\"requests\":20,", report, StringComparison.Ordinal);
            Assert.Contains("\"wrong_bytes\":0,\"errors\":0,", report, StringComparison.Ordinal);
            Assert.Matches("\"pulled_bytes\":{\"shm\":0,\"mpi\":[1-9][0-9]*,\"tcp\":0}|\"pulled_bytes\":{\"mpi\":[1-9][0-9]*,\"tcp\":0}", report);
        }

        Assert.Empty(Directory.GetFiles("/dev/shm", $"cascade-{name}-*"));
    }

    [Theory]
    [InlineData("USR1")]
    [InlineData("TERM")]
    public async Task Job_whose_tasks_are_signalled_drains_and_ends_well(string signal)
    {
        Assert.SkipUnless(slurm.Missing is null, slurm.Missing ?? "");
        await using var job = await SlurmJob.StartAsync(slurm, 2, ("CASCADE_PORTS", "2"));
        await slurm.DoAsync("scancel", $"--signal={signal}", job.Number);
        Assert.Contains("JobState=COMPLETED", await job.EndAsync(), StringComparison.Ordinal);
        Stopped(job.Log, 2);
        Assert.Contains("the nodes have ended: 0", job.Log, StringComparison.Ordinal);
        Assert.Empty(job.Left());
    }

    [Fact]
    public async Task Memory_that_killed_nodes_of_a_job_left_goes_with_the_next_job_on_the_machine()
    {
        Assert.SkipUnless(slurm.Missing is null, slurm.Missing ?? "");
        await using var killed = await SlurmJob.StartAsync(slurm, 2, ("CASCADE_PORTS", "2"));
        TestFleet.Signal("KILL", [killed.ProcessOf(0), killed.ProcessOf(1)]);
        await killed.EndAsync();
        string[] arenas = [.. Enumerable.Range(0, 2).Select(node => string.Create(CultureInfo.InvariantCulture, $"/dev/shm/cascade-{killed.Cluster}-{node}"))];
        Assert.Equal([arenas[0], $"{arenas[0]}.address", arenas[1], $"{arenas[1]}.address"], killed.LeftInMemory());

        await using var next = await SlurmJob.StartAsync(slurm, 1, ("CASCADE_PORTS", "1"));
        Assert.Empty(killed.LeftInMemory());
        foreach (var arena in arenas)
            await next.SaidAsync($"{arena} removed: ");
        await slurm.DoAsync("scancel", "--signal=TERM", next.Number);
        await next.EndAsync();
        Assert.Empty(next.Left());
    }

    /// <summary>A node and its address, which has one of the ports that SLURM keeps for steps.</summary>
    private string AddressOf(SlurmJob job, int node)
    {
        var address = Regex.Match(job.Log, string.Create(CultureInfo.InvariantCulture, $@"node{node} at 127\.0\.0\.1:(\d+)"));
        Assert.InRange(int.Parse(address.Groups[1].ValueSpan, CultureInfo.InvariantCulture), slurm.FirstStepPort, slurm.FirstStepPort + VirtualSlurm.StepPorts - 1);
        return address.Value;
    }

    private static void Served((int ExitCode, string Output, string Error) sample, string put)
    {
        Assert.True(sample.ExitCode == 0, $"The sample ended with {sample.ExitCode}: {sample.Output}{sample.Error}");
        var lines = sample.Output.TrimEnd().Split('\n');
        Assert.Equal(10, lines.Length);
        for (var block = 0; block < 4; block++)
        {
            Assert.Matches($"^put block {block}: {put}$", lines[block]);
            Assert.StartsWith($"get block {block}: 65536 bytes, right, ", lines[6 + block], StringComparison.Ordinal);
        }
    }

    private static void Replayed((int ExitCode, string Output, string Error) replay)
    {
        Assert.True(replay.ExitCode == 0, $"The replay ended with {replay.ExitCode}: {replay.Output}{replay.Error}");
        Assert.StartsWith("{\"requests\":20,", replay.Output, StringComparison.Ordinal);
        Assert.Contains("\"wrong_bytes\":0,\"errors\":0,", replay.Output, StringComparison.Ordinal);
    }

    /// <summary>Every node that was not killed has drained once and has ended with 0: srun tells of those that do not.</summary>
    private static void Stopped(string log, int nodes)
    {
        Assert.Equal((nodes, nodes), (log.Split("node: draining").Length - 1, log.Split("node: stopped").Length - 1));
        Assert.DoesNotContain("xited with", log, StringComparison.Ordinal);
    }
}

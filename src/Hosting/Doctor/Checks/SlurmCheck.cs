using System.Globalization;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>SLURM: whether it is there, and what it tells a job.</summary>
internal sealed class SlurmCheck(Machine machine) : ICheck
{
    private const int TextMax = 200;

    /// <inheritdoc/>
    public string Name => "slurm";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        if (machine.Variable("SLURM_JOB_ID") is { } job)
            return ExamineJob(job);
        if (machine.Programs.Find("srun") is not { } srun)
            return Finding.Ok("not here", "nodes are started by hand, or by 'cascade up'");
        var outcome = machine.Programs.Run(srun, "--version");
        var said = outcome.Error.Split('\n')[^1];
        return outcome.ExitCode == 0
            ? Finding.Ok($"{outcome.Output}, outside of a job", "srun can start a node on each machine of a job")
            : Finding.Note(
                $"{srun} is there and does not run ({said[..Math.Min(said.Length, TextMax)]})",
                "no node can be started by it from here",
                "set SLURM_CONF to the cluster's slurm.conf, or run on a machine of the cluster");
    }

    private Finding ExamineJob(string job)
    {
        var draft = new FindingDraft();
        draft.Found($"job {job}");
        if (machine.Variable("SLURM_PROCID") is { } task)
            draft.Found($"task {task} of {machine.Variable("SLURM_NTASKS") ?? "an unknown number"}");
        if (machine.Variable("SLURM_JOB_NODELIST") is { } nodes)
            draft.Found($"on {nodes}");
        else
            draft.Note("the node cannot know its peers", "start it by srun, which sets SLURM_JOB_NODELIST");

        // With another plugin than the library's own every task is alone to MPI.
        var hasPeers = int.TryParse(machine.Variable("SLURM_STEP_NUM_TASKS"), NumberStyles.None, CultureInfo.InvariantCulture, out var tasks) && tasks > 1;
        if (hasPeers && !machine.Environment.Keys.Any(name => name.StartsWith("PMI", StringComparison.Ordinal)))
            draft.Note(
                string.Create(CultureInfo.InvariantCulture, $"each of the {tasks} tasks is rank 0 of 1 to MPI, so that blocks cannot move by it"),
                "srun --mpi=pmi2 (or pmix, whichever the MPI library was built for; 'srun --mpi=list' shows what there is)");
        return draft.End("a node takes its number and its peers from these");
    }
}

using System.Globalization;

namespace Cascade.Tiers.Mpi;

/// <summary>Tells from a process's environment that its starter did not speak with the MPI library.</summary>
internal static class WrongStart
{
    /// <summary>What is wrong when MPI says that the world has <paramref name="size"/> ranks, and what to do; null when nothing is.</summary>
    /// <param name="variable">A variable of the environment; null when it is not set.</param>
    /// <param name="size">How many ranks there are by the library.</param>
    public static string? FindFault(Func<string, string?> variable, int size)
    {
        // The step's own number where there is a step: a job may have more tasks than one srun in it starts.
        if (Number(variable("SLURM_STEP_NUM_TASKS") ?? variable("SLURM_NTASKS")) is { } tasks && tasks != size)
            return $"SLURM started {tasks} tasks and MPI sees {size} of them: start with `srun --mpi=pmi2`, so that SLURM and the MPI library speak with each other.";
        if (Number(variable("OMPI_COMM_WORLD_SIZE")) is { } ranks && ranks != size)
            return $"Open MPI's mpiexec started {ranks} processes and this MPI library sees {size}: start with the library's own, such as `mpiexec.mpich` or `mpiexec.hydra`.";
        return null;
    }

    private static int? Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
}

using System.Text.Json;
using Cascade.Hosting.Doctor;
using Cascade.Hosting.Doctor.Checks;
using Cascade.Hosting.Doctor.Probes;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Tests.Doctor;

/// <summary>MPI, CUDA and SLURM, which say themselves what they are.</summary>
public sealed class ProbedTests
{
    private readonly TestMachine _machine = new();

    [Fact]
    public void No_mpi_is_noted_with_what_to_install()
    {
        var finding = Mpi();
        Assert.Equal((CheckStatus.Note, "no MPI library", "blocks move between machines over TCP"), (finding.Status, finding.Found, finding.Effect));
        Assert.Contains("apt-get install libmpich12", finding.Cure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MPICH Version:\t4.0.2\nMPICH Release date:\tThu Apr  7", "MPICH 4.0.2, ABI of MPICH (/lib/libmpich.so.12)")]
    [InlineData("MPI VERSION    : CRAY MPICH version 8.1.28.15 (ANL base 3.4a2)", "MPI CRAY MPICH version 8.1.28.15 (ANL base 3.4a2), ABI of MPICH (/lib/libmpich.so.12)")]
    [InlineData("Intel(R) MPI Library 2021.11 for Linux* OS\n", "Intel(R) MPI Library 2021.11 for Linux* OS, ABI of MPICH (/lib/libmpich.so.12)")]
    [InlineData("MVAPICH2 Version      :\t2.3.7", "MVAPICH2 2.3.7, ABI of MPICH (/lib/libmpich.so.12)")]
    public void Mpi_of_the_family_is_told_by_its_version(string version, string found)
    {
        Says("mpi", new FoundMpi("libmpich.so.12", "/lib/libmpich.so.12", version, null));
        var finding = Mpi();
        Assert.Equal((CheckStatus.Ok, found), (finding.Status, finding.Found));
    }

    [Fact]
    public void Open_mpi_is_refused_by_name()
    {
        Says("mpi", new FoundMpi("libmpi.so.40", null, "Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4", null));
        var finding = Mpi();
        Assert.Equal((CheckStatus.Note, "Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4 (libmpi.so.40)"), (finding.Status, finding.Found));
        Assert.StartsWith("Open MPI is refused", finding.Effect, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_mpi_and_one_that_cannot_be_loaded_are_told()
    {
        Says("mpi", new FoundMpi("libmpi.so.12", "/opt/libmpi.so.12", "Other 1.0", null));
        Assert.Equal((CheckStatus.Note, "Other 1.0 (/opt/libmpi.so.12)"), (Mpi().Status, Mpi().Found));
        Says("mpi", new FoundMpi("libmpich.so.12", null, null, "libucp.so.0: cannot open shared object file"));
        Assert.Equal(
            (CheckStatus.Problem, "libmpich.so.12 cannot be loaded (libucp.so.0: cannot open shared object file)"), (Mpi().Status, Mpi().Found));
    }

    [Fact]
    public void Mpi_that_the_configuration_names_has_to_be_there()
    {
        Finding Named(string order) => _machine.Examine(machine => new MpiCheck(machine), $"cascade.fabric = {order}");
        var missing = Named("[shm, mpi]");
        Assert.Equal((CheckStatus.Problem, "no MPI library", "a node does not start, because cascade.fabric names mpi"), (missing.Status, missing.Found, missing.Effect));
        Assert.EndsWith("; or set cascade.fabric = auto", missing.Cure, StringComparison.Ordinal);
        Says("mpi", new FoundMpi("libmpich.so.12", "/lib/libmpich.so.12", "MPICH Version:\t4.0.2", null));
        Assert.Equal("nodes that srun or mpiexec starts together read each other's memory by MPI", Named("[shm, mpi]").Effect);
        Assert.Equal("nodes that srun or mpiexec starts together read each other's memory by MPI", Named("auto").Effect);
        Assert.Equal("not used: cascade.fabric does not name mpi", Named("shm").Effect);
    }

    [Theory]
    [InlineData(null, "killed after 3 s", "loading the MPI library did not end (killed after 3 s)")]
    [InlineData(139, "", "loading the MPI library ended by signal 11")]
    [InlineData(1, "what\nwhere", "loading the MPI library ended with code 1 (what where)")]
    public void Mpi_that_takes_its_process_down_or_hangs_is_a_problem(int? code, string error, string found)
    {
        _machine.Probes["mpi"] = new ProgramOutcome(code, "", error);
        Assert.Equal((CheckStatus.Problem, found), (Mpi().Status, Mpi().Found));
    }

    [Fact]
    public void Answer_of_a_probe_that_is_no_answer_throws()
    {
        _machine.Probes["mpi"] = new ProgramOutcome(0, "library says hello", "");
        Assert.Throws<JsonException>(() => Mpi());
    }

    [Fact]
    public void Slurm_outside_of_a_job_is_told_by_its_version()
    {
        Assert.Equal((CheckStatus.Ok, "not here"), StatusAndFound(Slurm()));
        _machine.OnPath.Add("srun");
        _machine.Ran = new ProgramOutcome(0, "slurm-wlm 22.05.8", "");
        Assert.Equal((CheckStatus.Ok, "slurm-wlm 22.05.8, outside of a job"), StatusAndFound(Slurm()));
        Assert.Equal(["/usr/bin/srun --version"], _machine.Commands);
        _machine.Ran = new ProgramOutcome(1, "", "srun: error: a\nsrun: fatal: no configuration");
        Assert.Equal((CheckStatus.Note, "/usr/bin/srun is there and does not run (srun: fatal: no configuration)"), StatusAndFound(Slurm()));
    }

    [Fact]
    public void Slurm_job_is_told_and_a_step_without_pmi_is_noted()
    {
        foreach (var (name, value) in new[] { ("JOB_ID", "12"), ("PROCID", "1"), ("NTASKS", "4"), ("JOB_NODELIST", "n[1-4]"), ("STEP_NUM_TASKS", "4") })
            _machine.Variables[$"SLURM_{name}"] = value;
        Assert.Equal((CheckStatus.Note, "job 12, task 1 of 4, on n[1-4]"), StatusAndFound(Slurm()));
        Assert.StartsWith("srun --mpi=pmi2", Slurm().Cure, StringComparison.Ordinal);
        _machine.Variables["PMI_RANK"] = "1";
        Assert.Equal((CheckStatus.Ok, "job 12, task 1 of 4, on n[1-4]"), StatusAndFound(Slurm()));
        _machine.Variables.Remove("SLURM_JOB_NODELIST");
        Assert.Equal((CheckStatus.Note, "job 12, task 1 of 4"), StatusAndFound(Slurm()));
        Assert.Empty(_machine.Commands);
    }

    private void Says<T>(string kind, T answer) => _machine.Probes[kind] = new ProgramOutcome(0, JsonSerializer.Serialize(answer), "");

    private Finding Mpi() => _machine.Examine(machine => new MpiCheck(machine));

    private Finding Slurm() => _machine.Examine(machine => new SlurmCheck(machine));

    private static (CheckStatus Status, string Found) StatusAndFound(Finding finding) => (finding.Status, finding.Found);
}

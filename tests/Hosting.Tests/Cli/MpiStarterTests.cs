using Cascade.Hosting.Benchmarks.Ranks;
using Cascade.Hosting.Cli;

namespace Cascade.Hosting.Tests.Cli;

public sealed class MpiStarterTests : IDisposable
{
    private readonly string _one = Directory.CreateTempSubdirectory("cascade-starter-").FullName;
    private readonly string _two = Directory.CreateTempSubdirectory("cascade-starter-").FullName;

    private string Path => $"/nowhere:{_one}:{_two}";

    public void Dispose()
    {
        Directory.Delete(_one, recursive: true);
        Directory.Delete(_two, recursive: true);
    }

    [Fact]
    public void Name_that_says_more_wins_over_the_order_of_folders()
    {
        Put(_one, "mpiexec");
        var hydra = Put(_one, "mpiexec.hydra");
        var mpich = Put(_two, "mpiexec.mpich");
        Assert.Equal(mpich, MpiStarter.Find(Path, static _ => "HYDRA build details:"));
        File.Delete(mpich);
        Assert.Equal(hydra, MpiStarter.Find(Path, static _ => "Intel(R) MPI Library for Linux* OS"));
    }

    [Fact]
    public void Program_of_another_MPI_is_passed_over()
    {
        var other = Put(_one, "mpiexec");
        var mpich = Put(_two, "mpiexec");
        Assert.Equal(mpich, MpiStarter.Find(Path, file => file == other ? "mpiexec (OpenRTE) 4.1.4" : "HYDRA build details:"));
    }

    [Fact]
    public void Without_any_it_is_said_what_to_do()
    {
        var error = Assert.Throws<CliException>(() => MpiStarter.Find(Path, static _ => "HYDRA"));
        Assert.Equal(ExitCode.Unavailable, error.ExitCode);
        Assert.Equal(
            "no program that starts MPI jobs of MPICH is in the PATH, by the names mpiexec.mpich, mpiexec.hydra, mpiexec: install MPICH (on Debian: apt-get install mpich)",
            error.Message);
        Assert.Throws<CliException>(static () => MpiStarter.Find(null, static _ => "HYDRA"));

        var other = Put(_one, "mpiexec");
        var refused = Assert.Throws<CliException>(() => MpiStarter.Find(Path, static _ => "OpenRTE"));
        Assert.Contains($" ({other} is of another MPI): install", refused.Message, StringComparison.Ordinal);
    }

    private static string Put(string folder, string name)
    {
        var file = System.IO.Path.Combine(folder, name);
        File.WriteAllText(file, "");
        return file;
    }
}

using System.Text.Json;

namespace Cascade.EndToEnd;

/// <summary>The verb <c>doctor</c> against this machine, whatever it is.</summary>
public sealed class DoctorTests
{
    [Fact]
    public async Task Doctor_looks_at_all_of_this_machine_and_leaves_nothing()
    {
        var directory = Directory.CreateTempSubdirectory("cascade-doctor-");
        try
        {
            var (exitCode, output, error) = await CascadeProcess.RunAsync(
                "doctor", "--json", "--set", "cascade.cluster.name=doctor-test", "--set", $"cascade.tiers.cold.directory=\"{directory.FullName}\"");
            Assert.Equal("", error);
            using var document = JsonDocument.Parse(output);
            var checks = document.RootElement.GetProperty("checks").EnumerateArray().ToDictionary(check => check.GetProperty("name").GetString()!);
            Assert.Equal(
                [
                    "addresses", "certificates", "clock", "cold_directory", "configuration", "cpu", "cuda", "direct_io", "huge_pages", "kernel", "memlock", "memory",
                    "mpi", "numa", "open_files", "ports", "shm", "slurm", "striping", "tcp_buffers",
                ],
                checks.Keys.Order(StringComparer.Ordinal));

            // What the machine is like is not for this test to say, but each check has to have come to its end.
            Assert.All(checks.Values, check => Assert.DoesNotContain("the check failed", check.GetProperty("found").GetString(), StringComparison.Ordinal));
            var problems = document.RootElement.GetProperty("problems").GetInt32();
            Assert.Equal(problems, checks.Values.Count(check => check.GetProperty("status").GetString() == "problem"));
            Assert.Equal(problems > 0 ? 1 : 0, exitCode);
            Assert.Contains(directory.FullName, checks["direct_io"].GetProperty("found").GetString(), StringComparison.Ordinal);

            Assert.Empty(directory.GetFileSystemInfos());
            Assert.Empty(Directory.GetFiles("/dev/shm", "cascade-doctor-test-*"));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Doctor_ends_though_what_it_reads_does_not_answer()
    {
        var directory = Directory.CreateTempSubdirectory("cascade-doctor-");
        try
        {
            var silent = Path.Combine(directory.FullName, "node.conf");
            Shell.Run("mkfifo", silent);
            var (exitCode, output, _) = await CascadeProcess.RunAsync("doctor", "--json", "--config", silent);
            Assert.Equal(1, exitCode);
            using var document = JsonDocument.Parse(output);
            var configuration = document.RootElement.GetProperty("checks")[0];
            Assert.Equal("configuration", configuration.GetProperty("name").GetString());
            Assert.Equal("no answer within 2 s", configuration.GetProperty("found").GetString());
            Assert.Equal(20, document.RootElement.GetProperty("checks").GetArrayLength());
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}

using System.Diagnostics;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Slurm;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cascade.Hosting.Tests.Slurm;

/// <summary>Which files in the directory of arenas go at the start and the end of a node of a job.</summary>
public sealed class JobLeftoversTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cascade-leftovers-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Start_removes_what_earlier_jobs_left_and_nothing_else()
    {
        string[] gone =
        [
            "cascade-slurm-17-0", "cascade-slurm-17-0.address", "cascade-slurm-17-70000", "cascade-slurm-9-3.address", "cascade-slurm-71-0", "cascade-slurm-71-0.address",
        ];
        string[] stays =
        [
            "cascade-slurm-71-2", "cascade-slurm-71-2.address", "cascade-blue-0", "cascade-slurm-x-0", "cascade-slurm-17-0.bak", "cascade-my-slurm-17-0", "other-slurm-17-0",
        ];
        Write([.. gone, .. stays]);
        JobLeftovers.RemoveEarlier(Options(), NullLogger.Instance);
        Assert.Equal(Sorted(stays), Left());
    }

    [Fact]
    public void Start_leaves_the_memory_of_nodes_that_share_the_machine()
    {
        Write("cascade-slurm-71-0", "cascade-slurm-71-1", "cascade-slurm-17-1");
        JobLeftovers.RemoveEarlier(Options("cascade.slurm.local = yes"), NullLogger.Instance);
        Assert.Equal(["cascade-slurm-71-0", "cascade-slurm-71-1"], Left());
    }

    [Fact]
    public void Memory_that_a_process_holds_stays_with_its_address()
    {
        Write("cascade-slurm-17-0", "cascade-slurm-17-0.address", "cascade-slurm-17-1");
        using (new FileStream(Path.Combine(_directory, "cascade-slurm-17-0"), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            JobLeftovers.RemoveEarlier(Options(), NullLogger.Instance);
        Assert.Equal(["cascade-slurm-17-0", "cascade-slurm-17-0.address"], Left());
    }

    [Fact]
    public void End_removes_what_killed_nodes_of_the_cluster_left()
    {
        Write("cascade-slurm-71-1", "cascade-slurm-71-3.address", "cascade-slurm-17-0", "cascade-blue-1");
        JobLeftovers.RemoveSiblings(Options(), NullLogger.Instance);
        Assert.Equal(["cascade-blue-1", "cascade-slurm-17-0"], Left());
    }

    [Fact]
    public void What_another_user_owns_stays()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "giving a file to another user needs root");
        Write("cascade-slurm-17-0", "cascade-slurm-17-1", "cascade-slurm-18-0.address");
        foreach (var theirs in (string[])["cascade-slurm-17-0", "cascade-slurm-18-0.address"])
        {
            using var chown = Process.Start("chown", ["nobody", Path.Combine(_directory, theirs)]);
            chown.WaitForExit();
        }

        JobLeftovers.RemoveEarlier(Options(), NullLogger.Instance);
        Assert.Equal(["cascade-slurm-17-0", "cascade-slurm-18-0.address"], Left());
    }

    [Fact]
    public void Directory_that_is_not_there_is_left_to_the_arena_to_complain_of() =>
        JobLeftovers.RemoveEarlier(Options() with { Tiers = WithDirectory("/nonexistent/shm") }, NullLogger.Instance);

    private TierOptions WithDirectory(string directory)
    {
        var tiers = Options().Tiers;
        return tiers with { Shm = tiers.Shm with { Directory = directory } };
    }

    private CascadeOptions Options(string more = "cascade.slurm.local = no") => CascadeConfiguration.Load(new ConfigurationSources
    {
        Overrides = ["cascade.cluster.name = slurm-71", "cascade.node.id = 2", $"cascade.tiers.shm.directory = \"{_directory}\"", more],
    }).Options;

    private void Write(params string[] names)
    {
        foreach (var name in names)
            File.WriteAllText(Path.Combine(_directory, name), "left");
    }

    private string[] Left() => Sorted(Directory.GetFiles(_directory).Select(static path => Path.GetFileName(path)));

    private static string[] Sorted(IEnumerable<string> names) => [.. names.Order(StringComparer.Ordinal)];
}

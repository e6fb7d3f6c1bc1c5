using System.Text.Json;

namespace Cascade.EndToEnd.Mpi;

/// <summary><c>bench remote --fabric mpi</c> with real ranks: its figures, and that nothing is left, however it ends.</summary>
public sealed class MpiBenchTests
{
    private const string MemoryDirectory = "/dev/shm";

    private static readonly string[] Names =
    [
        "fabric", "block_bytes", "raw_gbps", "get_gbps", "p50_us", "first_p50_us", "small_idle_p50_us", "small_beside_p50_us", "beside_gbps", "one_reader_gbps",
        "all_readers_gbps", "all_readers_mpi_gbps", "promoted", "idle_cpu_percent", "largest_actor_message_bytes", "wrong_bytes",
    ];

    private static readonly string[] Quick = ["bench", "remote", "--fabric", "mpi", "--quick", "--json"];

    /// <summary>Ends soon, as a rank cannot have its blocks.</summary>
    private static readonly string[] Refused = [.. Quick, "--set", "cascade.tiers.shm.capacity=1MiB"];

    [Fact]
    public async Task Figures_are_there_and_no_byte_is_wrong()
    {
        RequireMpich();
        using var bench = CascadeProcess.Start("about", Quick);
        var (exitCode, output, error) = await bench.EndAsync();
        Assert.True(exitCode == 0, $"It ended with {exitCode}: {error}");
        using var document = JsonDocument.Parse(output);
        var figures = document.RootElement;
        Assert.Equal(Names, figures.EnumerateObject().Select(static figure => figure.Name));
        Assert.Equal("mpi", figures.GetProperty("fabric").GetString());
        foreach (var name in Names.Where(static name => name.EndsWith("_gbps", StringComparison.Ordinal)))
            Assert.InRange(figures.GetProperty(name).GetDouble(), 1e-4, 1e3);
        foreach (var name in Names.Where(static name => name.EndsWith("_us", StringComparison.Ordinal)))
            Assert.InRange(figures.GetProperty(name).GetDouble(), 1, 1e7);
        Assert.True(figures.GetProperty("all_readers_gbps").GetDouble() > figures.GetProperty("all_readers_mpi_gbps").GetDouble());
        Assert.InRange(figures.GetProperty("idle_cpu_percent").GetDouble(), 0, 100);
        Assert.InRange(figures.GetProperty("largest_actor_message_bytes").GetInt32(), 1, 65_535);
        Assert.True(figures.GetProperty("promoted").GetBoolean());
        Assert.Equal(0, figures.GetProperty("wrong_bytes").GetInt64());
        RequireNothingLeft(bench.Id);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Signal_ends_all_ranks(string signal)
    {
        RequireMpich();
        using var bench = CascadeProcess.Start("about", Quick);
        await RanksAsync(bench);
        bench.Signal(signal);
        var (exitCode, output, error) = await bench.EndAsync();
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("cascade: interrupted", error, StringComparison.Ordinal);
        RequireNothingLeft(bench.Id);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Rank_that_is_killed_ends_the_others_and_is_told(int rank)
    {
        RequireMpich();
        using var bench = CascadeProcess.Start("about", Quick);
        var ranks = await RanksAsync(bench);
        TestFleet.Signal("KILL", [ranks[rank]]);
        var (exitCode, output, error) = await bench.EndAsync();
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains($"rank {rank} (process {ranks[rank]})", error, StringComparison.Ordinal);
        Assert.Contains("ended without a word", error, StringComparison.Ordinal);
        RequireNothingLeft(bench.Id);
    }

    [Fact]
    public async Task Ranks_end_when_the_program_that_started_them_is_killed_and_the_next_run_removes_what_they_left()
    {
        RequireMpich();
        using var bench = CascadeProcess.Start("about", Quick);
        await RanksAsync(bench);
        await bench.KillAsync();
        await Until.TrueAsync(
            () => !Left(bench.Id).Any(static left => left.StartsWith("/proc/", StringComparison.Ordinal)), () => $"Left over: {string.Join(' ', Left(bench.Id))}");
        using var next = CascadeProcess.Start("about", Refused);
        Assert.Equal(1, (await next.EndAsync()).ExitCode);
        RequireNothingLeft(bench.Id);
    }

    [Fact]
    public async Task Rank_that_cannot_start_is_told_in_words()
    {
        RequireMpich();
        using var bench = CascadeProcess.Start("about", Refused);
        var (exitCode, output, error) = await bench.EndAsync();
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("cascade: rank 1 failed: A block could not be put: Refused", error, StringComparison.Ordinal);
        RequireNothingLeft(bench.Id);
    }

    private static void RequireMpich()
    {
        const string Starter = "mpiexec.mpich";
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        Assert.SkipUnless(
            path.Split(':').Any(static folder => File.Exists(Path.Combine(folder, Starter))), $"MPICH is not installed: there is no {Starter} (on Debian: apt-get install mpich)");
    }

    /// <summary>The processes of the ranks, when each has begun.</summary>
    private static async Task<int[]> RanksAsync(CascadeProcess bench)
    {
        string Word(int rank) => Path.Combine(FolderOf(bench.Id), $"bench.process-{rank}");
        await Until.TrueAsync(() => Enumerable.Range(0, 3).All(rank => File.Exists(Word(rank))), () => $"Not all ranks began: {bench.AllSaid()}");
        return [.. Enumerable.Range(0, 3).Select(rank => int.Parse(File.ReadAllText(Word(rank)), System.Globalization.CultureInfo.InvariantCulture))];
    }

    private static string FolderOf(int bench) => Path.Combine(MemoryDirectory, $"cascade-bench-{bench}");

    private static void RequireNothingLeft(int bench) => Assert.Empty(Left(bench));

    /// <summary>Folders and processes of a run.</summary>
    private static string[] Left(int bench)
    {
        var processes = Directory.GetDirectories("/proc")
            .Where(folder => int.TryParse(Path.GetFileName(folder), out _) && CommandLine(folder).Contains($"bench-{bench}", StringComparison.Ordinal));
        return [.. Directory.GetFileSystemEntries(MemoryDirectory, $"*bench-{bench}*"), .. processes];
    }

    private static string CommandLine(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "cmdline"));
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return "";
        }
    }
}

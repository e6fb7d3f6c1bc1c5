using System.Text.Json;
using Cascade.Hosting.Configuration.Hocon;
using Cascade.Hosting.Tests.Configuration;

namespace Cascade.Hosting.Tests.Cli;

public sealed class ReplayVerbTests : IDisposable
{
    private const string Trace = """
        {"timestamp": 0, "input_length": 1000, "output_length": 5, "hash_ids": [0, 1]}
        {"timestamp": 9, "input_length": 1500, "output_length": 5, "hash_ids": [0, 1, 2]}
        {"timestamp": 9, "input_length": 1500, "output_length": 5, "hash_ids": [0, 3, 4]}
        """;

    private readonly CliTesting _cli = new();
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"cascade-trace-{Guid.NewGuid():N}.jsonl");

    public void Dispose()
    {
        _cli.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public async Task A_trace_is_replayed_and_reported_as_one_document()
    {
        File.WriteAllText(_path, Trace);
        Assert.Equal(0, await _cli.RunAsync("replay", _path, "--bytes-per-block", "1KiB", "--json"));
        using var report = JsonDocument.Parse(Assert.Single(_cli.Out.TrimEnd('\n').Split('\n')));
        Assert.Equal(3, Number(report, "requests"));
        Assert.Equal(8, Number(report, "blocks_asked"));
        Assert.Equal(3, report.RootElement.GetProperty("hits").GetProperty("shm").GetInt64());
        Assert.Equal(5, Number(report, "misses"));
        Assert.Equal(5, Number(report, "blocks_put"));
        Assert.Equal(0, Number(report, "wrong_bytes"));
        Assert.Empty(_cli.Error);
        Assert.Equal(1, _cli.Stopped);
    }

    [Fact]
    public async Task A_limit_ends_the_trace_early()
    {
        File.WriteAllText(_path, Trace);
        Assert.Equal(0, await _cli.RunAsync("replay", _path, "--limit", "2", "--bytes-per-block", "1KiB", "--json"));
        Assert.Contains("\"requests\":2,\"blocks_asked\":5,", _cli.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_share_of_a_trace_is_carried_once_all_nodes_are_there()
    {
        File.WriteAllText(_path, Trace);
        _cli.NodesUp = 2;
        Assert.Equal(0, await _cli.RunAsync("replay", _path, "--share", "0/2", "--bytes-per-block", "1KiB", "--json"));
        Assert.Contains("\"requests\":2,\"blocks_asked\":5,", _cli.Out, StringComparison.Ordinal);
        Assert.Equal((true, false), (_cli.Started[0].IsInCluster, _cli.Started[0].KeepArena));
    }

    [Theory]
    [InlineData("expected K/N", "--share", "2/2")]
    [InlineData("leave out --nodes and --keep", "--share", "0/2", "--nodes", "2")]
    [InlineData("leave out --nodes and --keep", "--share", "0/2", "--keep")]
    [InlineData("--shm is for nodes that the replay starts", "--join", "--shm", "1GiB")]
    [InlineData("--nodes is for nodes that the replay starts", "--join", "--nodes", "2")]
    public async Task Options_that_do_not_go_together_are_refused(string expected, params string[] arguments)
    {
        Assert.Equal(2, await _cli.RunAsync(["replay", .. arguments]));
        Assert.Contains(expected, _cli.Error, StringComparison.Ordinal);
        Assert.Empty(_cli.Started);
    }

    [Fact]
    public async Task People_get_a_table()
    {
        File.WriteAllText(_path, Trace);
        Assert.Equal(0, await _cli.RunAsync("replay", _path, "--bytes-per-block", "1KiB"));
        var rows = _cli.Out.Split('\n').Select(row => string.Join(' ', row.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Contains("hits in shared memory 3", rows);
        Assert.Contains("hit ratio 37.5 %", rows);
        Assert.DoesNotContain('\e', _cli.Out);
    }

    [Fact]
    public async Task A_malformed_line_is_found_before_the_node_starts()
    {
        File.WriteAllText(_path, Trace + "\n\n{\"timestamp\": 1}\n");
        Assert.Equal(1, await _cli.RunAsync("replay", _path));
        Assert.Equal($"{_path}:5: 'input_length' is missing\n", _cli.Error);
        Assert.Empty(_cli.Out);
        Assert.Empty(_cli.Started);
    }

    [Fact]
    public async Task A_trace_that_is_not_there_is_a_usage_error()
    {
        Assert.Equal(2, await _cli.RunAsync("replay", _path));
        Assert.StartsWith($"cascade: cannot read the trace '{_path}': ", _cli.Error, StringComparison.Ordinal);
        Assert.Empty(_cli.Out);
    }

    [Fact]
    public async Task Without_a_trace_a_load_is_generated_that_the_seed_decides()
    {
        string[] line = ["replay", "--limit", "50", "--bytes-per-block", "64", "--json"];
        Assert.Equal(0, await _cli.RunAsync(line));
        var first = _cli.Cache.Puts.Count;
        Assert.InRange(first, 100, 1_000);
        Assert.Equal(0, await _cli.RunAsync([.. line, "--seed", "1"]));
        Assert.Equal(first, _cli.Cache.Puts.Count);
        Assert.Contains("\"misses\":0,\"hit_ratio\":1,", _cli.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_reach_the_node_with_shm_on_top()
    {
        await _cli.RunAsync("replay", "--limit", "1", "--config", "a.conf", "--set", "cascade.x=1", "--set", "cascade.y=2", "--shm", "256MiB");
        var request = Assert.Single(_cli.Started);
        Assert.Equal("a.conf", request.ConfigFile);
        Assert.Equal(["cascade.x=1", "cascade.y=2", "cascade.tiers.shm.capacity=268435456"], request.Settings);
    }

    [Fact]
    public async Task Cold_tier_has_a_folder_of_the_replays_own_that_goes_with_it()
    {
        var parent = Directory.CreateTempSubdirectory("cascade \"cold\"-").FullName;
        var own = Path.Combine(parent, $"cascade-replay-{Environment.ProcessId}");
        var wasThere = false;
        _cli.OnStart = _ =>
        {
            Directory.CreateDirectory(own);
            File.WriteAllText(Path.Combine(own, "agg_rank000_000001.bin"), "x");
            return null;
        };
        _cli.OnStop = () => wasThere = Directory.Exists(own);
        Assert.Equal(0, await _cli.RunAsync("replay", "--limit", "1", "--cold", parent, "--cold-capacity", "2GiB", "--set", "a=b"));
        Assert.True(wasThere);
        Assert.Empty(Directory.EnumerateFileSystemEntries(parent));
        Directory.Delete(parent);
        var request = Assert.Single(_cli.Started);
        Assert.Equal(["a=b", $"cascade.tiers.cold.directory={HoconText.Quote(own)}", "cascade.tiers.cold.capacity=2147483648"], request.Settings);
        Assert.False(request.KeepArena);
    }

    [Fact]
    public async Task Cold_tier_that_is_kept_is_the_directory_itself()
    {
        var parent = Directory.CreateTempSubdirectory("cascade-cold-").FullName;
        Assert.Equal(0, await _cli.RunAsync("replay", "--limit", "1", "--cold", Path.GetRelativePath(".", parent), "--keep"));
        Directory.Delete(parent);
        Assert.Equal([$"cascade.tiers.cold.directory=\"{parent}\""], Assert.Single(_cli.Started).Settings);
    }

    [Fact]
    public async Task Folder_of_the_cold_tier_goes_also_when_the_node_does_not_start_or_the_replay_is_interrupted()
    {
        var parent = Directory.CreateTempSubdirectory("cascade-cold-").FullName;
        using var stop = new CancellationTokenSource();
        var fails = true;
        _cli.OnStart = _ =>
        {
            Directory.CreateDirectory(Path.Combine(parent, $"cascade-replay-{Environment.ProcessId}"));
            return fails ? new CascadeUnavailableException("no disk") : null;
        };
        Assert.Equal(3, await _cli.RunAsync("replay", "--cold", parent));
        Assert.Empty(Directory.EnumerateFileSystemEntries(parent));
        fails = false;
        _cli.Cache.BeforeCall = _ => stop.Cancel();
        Assert.Equal(1, await _cli.RunAsync(stop.Token, "replay", "--cold", parent));
        Directory.Delete(parent);
        Assert.EndsWith("interrupted: the report covers what was done until here\n", _cli.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1023MiB", 134086656)]
    [InlineData("32KiB", 8192)]
    public async Task Small_cold_tier_has_small_files_unless_the_command_line_says_otherwise(string capacity, long fileBytes)
    {
        await _cli.RunAsync("replay", "--limit", "1", "--cold", "/nowhere", "--cold-capacity", capacity, "--set", "a=b");
        var settings = Assert.Single(_cli.Started).Settings;
        Assert.Equal([$"cascade.tiers.cold.file-size={fileBytes}", "a=b"], settings.Take(2));
        var cold = ConfigurationTesting.Load(null, null, [.. settings.Except(["a=b"])]).Options.Tiers.Cold;
        Assert.Equal((fileBytes, $"/nowhere/cascade-replay-{Environment.ProcessId}"), (cold.FileBytes, cold.Directory));
    }

    [Fact]
    public async Task Printing_the_configuration_starts_nothing()
    {
        Assert.Equal(0, await _cli.RunAsync("replay", "--print-config", "--set", "a=b"));
        Assert.Equal("config= settings=a=b\n", _cli.Out);
        Assert.Empty(_cli.Started);
    }

    [Fact]
    public async Task Errors_end_in_code_1_with_their_reasons_and_the_report()
    {
        _cli.Cache.OnPut = key => key.Depth == 0 ? new PutResult(PutStatus.Busy, default, "no room came free") : null;
        Assert.Equal(1, await _cli.RunAsync("replay", "--limit", "1", "--bytes-per-block", "64", "--json"));
        Assert.Equal("error: put: Busy: no room came free\n", _cli.Error);
        Assert.Contains("\"errors\":1,", _cli.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_bytes_end_in_code_1()
    {
        await _cli.RunAsync("replay", "--limit", "1", "--bytes-per-block", "64");
        _cli.Cache.Corrupt(_cli.Cache.Puts[0], 63);
        Assert.Equal(1, await _cli.RunAsync("replay", "--limit", "1", "--bytes-per-block", "64", "--json"));
        Assert.Contains("\"wrong_bytes\":1,\"errors\":0,", _cli.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupt_reports_what_was_done()
    {
        using var stop = new CancellationTokenSource();
        var puts = 0;
        _cli.Cache.BeforeCall = call =>
        {
            if (call == "put" && ++puts == 5)
                stop.Cancel();
        };
        Assert.Equal(1, await _cli.RunAsync(stop.Token, "replay", "--bytes-per-block", "64", "--json"));
        Assert.Equal("interrupted: the report covers what was done until here\n", _cli.Error);
        Assert.Contains("{\"requests\":5,", _cli.Out, StringComparison.Ordinal);
        Assert.Equal(1, _cli.Stopped);
    }

    [Fact]
    public async Task A_cache_that_only_fails_is_given_up_with_a_report()
    {
        _cli.Cache.BeforeCall = call =>
        {
            if (call != "stat")
                throw new CascadeUnavailableException("the node is stopping");
        };
        Assert.Equal(1, await _cli.RunAsync("replay", "--bytes-per-block", "64", "--json"));
        Assert.StartsWith("gave up: nothing succeeds any more\n", _cli.Error, StringComparison.Ordinal);
        Assert.Contains("{\"requests\":8,", _cli.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evictions_demotions_and_promotions_are_the_nodes_own_since_the_start()
    {
        await _cli.RunAsync("replay", "--limit", "1", "--bytes-per-block", "64");
        (_cli.Cache.Demotions, _cli.Cache.Promotions) = (7, 5);
        var gets = 0;
        _cli.Cache.BeforeCall = call =>
        {
            if (call == "get" && gets++ == 0)
                (_cli.Cache.Demotions, _cli.Cache.Promotions) = (10, 9);
        };
        Assert.Equal(0, await _cli.RunAsync("replay", "--limit", "1", "--bytes-per-block", "64", "--json"));
        Assert.Contains("\"evicted\":0,\"demoted\":3,\"promoted\":4,", _cli.Out, StringComparison.Ordinal);
    }

    private static long Number(JsonDocument report, string field) => report.RootElement.GetProperty(field).GetInt64();
}

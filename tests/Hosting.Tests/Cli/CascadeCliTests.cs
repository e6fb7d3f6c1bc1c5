using System.Text.RegularExpressions;
using Cascade.Hosting.Cli;

namespace Cascade.Hosting.Tests.Cli;

public sealed partial class CascadeCliTests : IDisposable
{
    private readonly CliTesting _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task No_arguments_show_the_help()
    {
        Assert.Equal(0, await _cli.RunAsync());
        Assert.Contains("cascade [command] [options]", _cli.Out, StringComparison.Ordinal);
        Assert.Contains("replay", _cli.Out, StringComparison.Ordinal);
        Assert.Empty(_cli.Error);
    }

    [Fact]
    public async Task The_help_of_a_verb_has_its_options_and_examples()
    {
        Assert.Equal(0, await _cli.RunAsync("replay", "--help"));
        foreach (var text in (string[])["--limit <N>", "--bytes-per-block <SIZE>", "--shm <SIZE>", "--cold <DIR>", "--cold-capacity <SIZE>", "--seed <N>", "--json", "--config <FILE>", "--set <path=value>", "--print-config", "Examples:\n  cascade replay\n"])
            Assert.Contains(text, _cli.Out, StringComparison.Ordinal);
        Assert.Empty(_cli.Error);
    }

    [Fact]
    public async Task The_version_is_data()
    {
        Assert.Equal(0, await _cli.RunAsync("--version"));
        Assert.Matches(VersionLine(), _cli.Out);
        Assert.Empty(_cli.Error);
    }

    [Theory]
    [InlineData("There is no verb 'repaly' here; did you mean 'replay'?", "cascade", "repaly")]
    [InlineData("There is no verb 'fly' here.", "cascade", "fly")]
    [InlineData("There is no option '--sedd' here; did you mean '--seed'?", "cascade replay", "replay", "--sedd=3")]
    [InlineData("There is no option '--wings' here.", "cascade replay", "replay", "--wings")]
    [InlineData("There is no option '--hepl' here; did you mean '--help'?", "cascade", "--hepl")]
    [InlineData("There is no argument 'b' here.", "cascade replay", "replay", "a", "b")]
    [InlineData("'0' is not good for --limit: expected a whole number from 1 to 2147483647.", "cascade replay", "replay", "--limit", "0")]
    [InlineData("'x' is not good for --seed: expected a whole number of at least 0.", "cascade replay", "replay", "--seed", "x")]
    [InlineData("'2GiB' is not good for --bytes-per-block: expected 1 B to 1 GiB.", "cascade replay", "replay", "--bytes-per-block", "2GiB")]
    [InlineData("'3 zb' is not good for --shm: 'zb' is not a unit of size; expected a size such as 4096, 64KiB, 1.5 GiB or 500MB.", "cascade replay", "replay", "--shm", "3 zb")]
    [InlineData("'a.b' is not good for --set: expected path=value, such as cascade.tiers.shm.capacity=1GiB.", "cascade replay", "replay", "--set", "a.b")]
    [InlineData("--cold-capacity is for a cold tier: name its directory with --cold.", "cascade replay", "replay", "--cold-capacity", "4GiB")]
    [InlineData("'' is not good for --cold: expected a directory.", "cascade replay", "replay", "--cold", "")]
    [InlineData("'/etc/hostname' is not good for --cold: expected a directory, and it is a file.", "cascade replay", "replay", "--cold", "/etc/hostname")]
    [InlineData("'4KiB' is not good for --cold-capacity: expected 32 KiB to 1 PiB.", "cascade replay", "replay", "--cold", "/x", "--cold-capacity", "4KiB")]
    [InlineData("--seed is for the generated load: leave it out, or the trace.", "cascade replay", "replay", "a.jsonl", "--seed", "1")]
    public async Task A_wrong_command_line_is_told_on_the_error_stream(string fault, string help, params string[] arguments)
    {
        Assert.Equal(2, await _cli.RunAsync(arguments));
        Assert.Equal($"cascade: {fault}\ncascade: Run '{help} --help' to see what there is.\n", _cli.Error);
        Assert.Empty(_cli.Out);
        Assert.Empty(_cli.Started);
    }

    [Fact]
    public async Task An_option_without_its_value_is_a_usage_error()
    {
        Assert.Equal(2, await _cli.RunAsync("replay", "--limit"));
        Assert.StartsWith("cascade: Required argument missing for option: '--limit'.\n", _cli.Error, StringComparison.Ordinal);
        Assert.Empty(_cli.Out);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task An_expected_failure_ends_with_its_code_and_each_line_of_its_message(int code)
    {
        _cli.OnStart = _ => new CliException(code, "first\nsecond");
        Assert.Equal(code, await _cli.RunAsync("replay"));
        Assert.Equal("cascade: first\ncascade: second\n", _cli.Error);
        Assert.Empty(_cli.Out);
    }

    [Fact]
    public async Task A_node_that_is_not_available_is_code_3()
    {
        _cli.OnStart = _ => new CascadeUnavailableException("no seed answers");
        Assert.Equal(3, await _cli.RunAsync("replay"));
        Assert.Equal("cascade: no seed answers\n", _cli.Error);
    }

    [Fact]
    public async Task An_unexpected_failure_is_one_line()
    {
        _cli.OnStart = _ => new InvalidOperationException("broken\nin two");
        Assert.Equal(1, await _cli.RunAsync("replay"));
        Assert.Equal("cascade: unexpected InvalidOperationException: broken in two (--verbose shows where it came from)\n", _cli.Error);
        Assert.Empty(_cli.Out);
    }

    [Fact]
    public async Task Verbose_adds_where_an_unexpected_failure_came_from()
    {
        _cli.OnStart = _ => new InvalidOperationException("broken");
        Assert.Equal(1, await _cli.RunAsync("replay", "--verbose"));
        Assert.Contains("   at Cascade.", _cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupt_before_the_work_ends_cleanly()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        _cli.OnStart = _ => new OperationCanceledException();
        Assert.Equal(1, await _cli.RunAsync(stop.Token, "replay"));
        Assert.Equal("cascade: interrupted\n", _cli.Error);
    }

    [Fact]
    public async Task Response_files_are_not_read()
    {
        Assert.Equal(2, await _cli.RunAsync("@/etc/hostname"));
        Assert.Contains("There is no verb '@/etc/hostname' here.", _cli.Error, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^\d+\.\d+\.\d+(\+[0-9a-f]+)?\n$")]
    private static partial Regex VersionLine();
}

using Cascade.Hosting.Cli;
using Cascade.Hosting.Cli.Verbs;

namespace Cascade.Hosting.Tests.Cli.Fleet;

public sealed class UpVerbTests : IDisposable
{
    private readonly StringWriter _out = new(), _error = new();
    private readonly CliTesting _launcher = new();

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
        _launcher.Dispose();
    }

    [Fact]
    public async Task Help_has_the_options_and_examples()
    {
        Assert.Equal(0, await RunAsync("up", "--help"));
        foreach (var text in (string[])["--nodes <N>", "--config <FILE>", "--set <path=value>", "--keep", "--reset", "Exit code 3: ", "Examples:\n  cascade up\n"])
            Assert.Contains(text, _out.ToString(), StringComparison.Ordinal);
        Assert.Empty(_error.ToString());
    }

    [Theory]
    [InlineData("'0' is not good for --nodes: expected a whole number from 1 to 64.", "--nodes", "0")]
    [InlineData("'65' is not good for --nodes: expected a whole number from 1 to 64.", "--nodes", "65")]
    [InlineData("There is no option '--node' here; did you mean '--nodes'?", "--node", "3")]
    [InlineData("--set cascade.remoting.prot=1:1:18: unknown key 'cascade.remoting.prot'; did you mean 'cascade.remoting.port'?", "--set", "cascade.remoting.prot=1")]
    public async Task Wrong_command_line_is_told(string fault, params string[] arguments)
    {
        Assert.Equal(2, await RunAsync(["up", .. arguments]));
        Assert.StartsWith($"cascade: {fault}\n", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_out.ToString());
    }

    [Fact]
    public async Task Configuration_is_printed()
    {
        Assert.Equal(0, await RunAsync("up", "--print-config", "--config", "f.conf", "--set", "a=b"));
        Assert.Equal("config=f.conf settings=a=b\n", _out.ToString());
    }

    [Fact]
    public async Task Fleet_without_room_is_refused_before_anything_starts()
    {
        Assert.Equal(3, await RunAsync("up", "--nodes", "64", "--set", "cascade.tiers.shm.capacity=1TiB", "--set", "cascade.cluster.name=t-no-room"));
        Assert.StartsWith("cascade: 64 arenas of 1 TiB need 64 TiB, but /dev/shm has ", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_out.ToString());
    }

    [Fact]
    public async Task Directory_that_is_not_there_is_told()
    {
        Assert.Equal(3, await RunAsync("up", "--set", "cascade.tiers.shm.directory=/none/such"));
        Assert.StartsWith("cascade: the directory of the arenas, /none/such, cannot be examined: ", _error.ToString(), StringComparison.Ordinal);
    }

    private Task<int> RunAsync(params string[] arguments)
    {
        var console = new CliConsole(_out, _error, errorIsTerminal: false, TimeProvider.System);
        return new CascadeCli(console, UpVerb.Create(console, _launcher)).RunAsync(arguments, CancellationToken.None);
    }
}

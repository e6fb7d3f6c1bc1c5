using Cascade.Hosting.Cli;

namespace Cascade.Hosting.Tests.Cli;

/// <summary>What the verbs against a cluster say when they cannot be carried out. No cluster is there.</summary>
public sealed class ClusterVerbErrorTests
{
    private readonly ClusterCli _cli = new(Embedding.TestNode.UniqueName("nobody"));

    [Theory]
    [InlineData("get")]
    [InlineData("stat")]
    [InlineData("protect")]
    [InlineData("unprotect")]
    [InlineData("delete")]
    public async Task Key_out_of_range_is_refused_before_anything_is_begun(string verb)
    {
        Assert.Equal(ExitCode.Usage, await _cli.RunAsync(verb, ""));
        Assert.Equal("cascade: a key is 1 to 1024 bytes; '' has 0\n", _cli.Error);
        Assert.Equal(ExitCode.Usage, await _cli.RunAsync(verb, new string('ü', 513)));
        Assert.Equal($"cascade: a key is 1 to 1024 bytes; '{new string('ü', 60)}...' has 1,026\n", _cli.Error);
    }

    [Theory]
    [InlineData("9f0", "'9f0' is not good for --hex: expected pairs of hexadecimal digits")]
    [InlineData("zz", "'zz' is not good for --hex: expected pairs of hexadecimal digits")]
    [InlineData("\u001b[2J", "'\uFFFD[2J' is not good for --hex: expected pairs of hexadecimal digits")]
    public async Task Key_that_is_not_hexadecimal_is_refused(string key, string message)
    {
        Assert.Equal(ExitCode.Usage, await _cli.RunAsync("get", key, "--hex"));
        Assert.Equal($"cascade: {message}\n", _cli.Error);
    }

    [Fact]
    public async Task Namespace_out_of_range_is_refused()
    {
        Assert.Equal(ExitCode.Usage, await _cli.RunAsync("get", "k", "--namespace", ""));
        Assert.Equal("cascade: a namespace is 1 to 256 bytes of UTF-8; this one has 0\n", _cli.Error);
        Assert.Equal(ExitCode.Usage, await _cli.RunAsync("get", "k", "--namespace", new string('n', 257)));
        Assert.Equal("cascade: a namespace is 1 to 256 bytes of UTF-8; this one has 257\n", _cli.Error);
    }

    [Theory]
    [InlineData("/nowhere/block", "cannot read '/nowhere/block': Could not find a part of the path '/nowhere/block'.")]
    [InlineData("/dev/null", "'/dev/null' is empty: a block has at least 1 byte")]
    [InlineData("/dev", "cannot read '/dev': it is a directory.")]
    [InlineData("-", "the standard input is empty: a block has at least 1 byte")]
    public async Task File_that_is_no_block_is_refused(string file, string message)
    {
        Assert.Equal(ExitCode.Usage, await _cli.RunAsync("put", "k", file));
        Assert.Equal($"cascade: {message}\n", _cli.Error);
    }

    [Fact]
    public async Task Input_beyond_the_limit_is_refused_wherever_its_end_is()
    {
        var console = new CliConsole(TextWriter.Null, TextWriter.Null, errorIsTerminal: false, TimeProvider.System) { OpenInput = () => new MemoryStream(new byte[3 << 20]) };
        using (var whole = await InputBlock.ReadAsync(console, "-", CancellationToken.None, bytesMax: 3 << 20))
            Assert.Equal(3 << 20, whole.LengthBytes);
        var refusal = await Assert.ThrowsAsync<CliException>(() => InputBlock.ReadAsync(console, "-", CancellationToken.None, bytesMax: (3 << 20) - 1));
        Assert.Equal((ExitCode.Usage, "the standard input is too large: a block has 3 MiB at most"), (refusal.ExitCode, refusal.Message));
        refusal = await Assert.ThrowsAsync<CliException>(() => InputBlock.ReadAsync(console, "/dev/zero", CancellationToken.None, bytesMax: 5 << 20));
        Assert.Equal("'/dev/zero' is too large: a block has 5 MiB at most", refusal.Message);
    }

    [Theory]
    [InlineData("disk")]
    [InlineData("replicated")]
    [InlineData("replicated:0")]
    [InlineData("replicated:65")]
    public async Task Acknowledgement_that_there_is_not_is_refused(string ack)
    {
        Assert.Equal(ExitCode.Usage, await _cli.RunAsync("put", "k", "/dev/zero", "--ack", ack));
        Assert.StartsWith(
            $"cascade: '{ack}' is not good for --ack: expected memory, durable or replicated:N, with N from 1 to 64.\n", _cli.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0ms")]
    [InlineData("2h")]
    [InlineData("soon")]
    public async Task Timeout_out_of_range_is_refused(string timeout)
    {
        Assert.Equal(ExitCode.Usage, await _cli.RunAsync("members", "--timeout", timeout));
        Assert.StartsWith($"cascade: '{timeout}' is not good for --timeout: ", _cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cluster_of_which_nothing_is_known_is_unavailable()
    {
        Assert.Equal(ExitCode.Unavailable, await _cli.RunAsync("members"));
        Assert.Contains("/dev/shm has no address of one, and cascade.remoting.seeds is empty. Start one by 'cascade node'", _cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cluster_that_does_not_answer_in_time_is_unavailable()
    {
        // Port 1 of this machine: nobody listens there.
        Assert.Equal(ExitCode.Unavailable, await _cli.RunAsync("members", "--set", "cascade.remoting.seeds=[\"127.0.0.1:1\"]", "--timeout", "300ms"));
        Assert.Contains(" was not joined within 0.3 s, by 127.0.0.1:1: is one of these nodes running?\n", _cli.Error, StringComparison.Ordinal);
    }
}

using Cascade.Hosting;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Tests.Embedding;

namespace Cascade.EndToEnd;

/// <summary>The <c>node</c> verb as an operator meets it: signals, exit codes, refusals, configuration.</summary>
public sealed class NodeTests
{
    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Node_that_is_signalled_drains_and_the_next_start_takes_its_blocks_over(string signal)
    {
        using var cluster = new TestCluster("signal");
        await PutAsync(cluster, 5);

        using (var first = cluster.StartNode())
        {
            var (exitCode, output, error) = await first.EndBySignalAsync(signal);
            Assert.Equal((0, ""), (exitCode, output));
            Assert.Contains("node: draining", error, StringComparison.Ordinal);
            Assert.EndsWith("node: stopped\n", error, StringComparison.Ordinal);
            Assert.Contains("taken over: 5 blocks", error, StringComparison.Ordinal);
        }

        Assert.True(File.Exists(cluster.ArenaPath));
        using (var second = cluster.StartNode())
            Assert.Contains("taken over: 5 blocks", (await second.EndBySignalAsync(signal)).Error, StringComparison.Ordinal);
        await using var node = await TestNode.AttachAsync(cluster.Name);
        Assert.Equal(5, node.Attach.Blocks);
    }

    [Fact]
    public async Task Second_node_on_an_arena_is_refused_with_the_holders_number_while_the_first_serves_on()
    {
        using var cluster = new TestCluster("second");
        using var first = cluster.StartNode();
        await first.Said;
        foreach (var line in (string[][])[cluster.Line("node"), cluster.Line("node", "--reset"), cluster.Line("replay", "--keep")])
        {
            var (exitCode, output, error) = await CascadeProcess.RunAsync(line);
            Assert.Equal((3, ""), (exitCode, output));
            Assert.Equal(
                $"cascade: The arena {cluster.ArenaPath} is held by process {first.Id}: stop it first, or give this node another number or cluster name.\n",
                error);
        }

        Assert.Equal(0, (await first.EndBySignalAsync("TERM")).ExitCode);
        Assert.True(File.Exists(cluster.ArenaPath));
    }

    [Fact]
    public async Task Reset_starts_empty()
    {
        using var cluster = new TestCluster("reset");
        await PutAsync(cluster, 3);
        using (var node = cluster.StartNode("--reset"))
        {
            var (exitCode, _, error) = await node.EndBySignalAsync("TERM");
            Assert.Equal(0, exitCode);
            Assert.Contains($"Arena {cluster.ArenaPath} created: ", error, StringComparison.Ordinal);
        }

        await using var after = await TestNode.AttachAsync(cluster.Name);
        Assert.Equal((false, 0), (after.Attach.Created, after.Attach.Blocks));
    }

    [Fact]
    public async Task Printed_configuration_parses_and_means_the_same()
    {
        using var cluster = new TestCluster("print");
        var (exitCode, output, error) = await CascadeProcess.RunAsync(cluster.Line("node", "--print-config", "--set", "cascade.node.id=7"));
        Assert.Equal((0, ""), (exitCode, error));
        Assert.False(File.Exists(cluster.ArenaPath));

        using var file = new TemporaryFile(output);
        var read = CascadeConfiguration.Load(new ConfigurationSources { FilePath = file.Path }).Options;
        Assert.Equal((cluster.Name, 7, 8L << 20), (read.Cluster.Name, read.Node.Id, read.Tiers.Shm.CapacityBytes));
        var again = await CascadeProcess.RunAsync("node", "--print-config", "--config", file.Path);
        Assert.Equal(ValuesOf(output), ValuesOf(again.Output));
    }

    [Fact]
    public async Task Every_fault_of_a_configuration_is_told_at_once_with_its_place()
    {
        using var cluster = new TestCluster("faults");
        using var file = new TemporaryFile("""
            cascade {
              tiers.shm.capcity = 1GiB
              node.id = -4
              actors.ask-timeout = soon
            }
            """);
        var (exitCode, output, error) = await CascadeProcess.RunAsync(cluster.Line("node", "--config", file.Path));
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Equal(
            [
                $"cascade: {file.Path}:2:13: unknown key 'cascade.tiers.shm.capcity'; did you mean 'cascade.tiers.shm.capacity'?",
                $"cascade: {file.Path}:3:13: cascade.node.id = -4: expected a whole number from 0 to 2147483647.",
                $"cascade: {file.Path}:4:24: cascade.actors.ask-timeout = \"soon\": expected a duration such as 250, 100ms, 30 s or 2 minutes.",
            ],
            error.TrimEnd('\n').Split('\n'));
        Assert.False(File.Exists(cluster.ArenaPath));
    }

    [Theory]
    [InlineData("cascade.cluster.digest=sha256", "its blocks are named by Blake3, expected Sha256")]
    [InlineData("cascade.tiers.shm.capacity=4MiB", "its capacity is 8388608 bytes, expected 4194304")]
    [InlineData("cascade.tiers.shm.max-blocks=77", "it has 1024 slots, expected 77")]
    [InlineData(null, "its header is damaged: the checksum is ")]
    public async Task Arena_that_does_not_fit_is_refused_with_what_to_do(string? setting, string difference)
    {
        using var cluster = new TestCluster("misfit");
        await PutAsync(cluster, 1);
        if (setting is null)
            ArenaBytes.Flip(cluster.ArenaPath, offset: 60, mask: 0x40);
        var before = await File.ReadAllBytesAsync(cluster.ArenaPath);
        var (exitCode, output, error) = await CascadeProcess.RunAsync(
            cluster.Line("node", setting is null ? [] : ["--set", setting]));
        Assert.Equal((3, ""), (exitCode, output));
        Assert.StartsWith($"cascade: The arena {cluster.ArenaPath} is refused: {difference}", error, StringComparison.Ordinal);
        Assert.Contains("start with --reset", error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));

        // Refusing changes nothing.
        Assert.Equal(before, await File.ReadAllBytesAsync(cluster.ArenaPath));
    }

    [Fact]
    public async Task Arena_path_that_is_a_directory_is_refused_with_the_systems_reason()
    {
        using var cluster = new TestCluster("folder");
        Directory.CreateDirectory(cluster.ArenaPath);
        try
        {
            var (exitCode, output, error) = await CascadeProcess.RunAsync(cluster.Line("node"));
            Assert.Equal((3, ""), (exitCode, output));
            Assert.Contains($"{cluster.ArenaPath} cannot be opened", error, StringComparison.Ordinal);
            Assert.Contains("Is a directory", error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(cluster.ArenaPath);
        }
    }

    private static async Task PutAsync(TestCluster cluster, int count)
    {
        await using var node = await TestNode.AttachAsync(cluster.Name);
        for (var n = 0; n < count; n++)
            Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(TestBlock.Key(n), TestBlock.Bytes(n))).Status);
    }

    /// <summary>The printed settings without the notes of where they come from.</summary>
    private static string[] ValuesOf(string printed) => [.. printed.Split('\n').Select(line => line.Split('#')[0].TrimEnd())];
}

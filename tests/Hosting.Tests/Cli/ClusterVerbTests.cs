using Cascade.Core.Identity;
using Cascade.Hosting.Tests.Cluster;
using Cascade.Hosting.Tests.Embedding;

namespace Cascade.Hosting.Tests.Cli;

/// <summary>The verbs against a running cluster, whose nodes are in this process.</summary>
public sealed class ClusterVerbTests
{
    private static readonly CacheNamespace Default = new("default");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_writes_what_a_node_has_to_the_output_or_to_a_file()
    {
        await using var nodes = await TestNodes.StartAsync(2);
        var cli = new ClusterCli(nodes.Cluster);
        var bytes = new byte[100_000];
        new Random(1).NextBytes(bytes);
        await nodes[1].Cache.PutAsync(Default.Key(ClusterCli.Utf8("naïve key")), bytes, cancellationToken: Token);

        Assert.Equal(0, await cli.RunAsync("get", "naïve key"));
        Assert.Equal(bytes, cli.Output);
        Assert.Equal("", cli.Out);
        Assert.StartsWith("get: 100,000 bytes, tier remote, ", cli.Error, StringComparison.Ordinal);

        using var file = new TemporaryName();
        await File.WriteAllBytesAsync(file.Path, new byte[200_000], Token);
        Assert.Equal(0, await cli.RunAsync("get", "naïve key", file.Path, "--json"));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(file.Path, Token));
        Assert.Equal((100_000, "remote"), (cli.Json.GetProperty("bytes").GetInt32(), cli.Json.GetProperty("tier").GetString()));
    }

    [Fact]
    public async Task Get_of_a_key_that_names_nothing_leaves_the_file_alone()
    {
        await using var nodes = await TestNodes.StartAsync(1);
        var cli = new ClusterCli(nodes.Cluster);
        using var file = new TemporaryName();
        await File.WriteAllTextAsync(file.Path, "kept", Token);
        Assert.Equal(1, await cli.RunAsync("get", "nothing", file.Path));
        Assert.Equal("cascade: no block: 'nothing' in namespace 'default' names none\n", cli.Error);
        Assert.Equal("kept", await File.ReadAllTextAsync(file.Path, Token));
    }

    [Fact]
    public async Task Get_writes_bytes_to_a_terminal_only_when_that_is_said()
    {
        await using var nodes = await TestNodes.StartAsync(1);
        var cli = new ClusterCli(nodes.Cluster) { OutputIsTerminal = true };
        await nodes[0].Cache.PutAsync(Default.Key("k"u8), "text"u8.ToArray(), cancellationToken: Token);
        Assert.Equal(2, await cli.RunAsync("get", "k"));
        Assert.Equal("cascade: a block is bytes, and the output is a terminal: name a FILE, or - for the terminal all the same\n", cli.Error);
        Assert.Equal(0, await cli.RunAsync("get", "k", "-"));
        Assert.Equal("text"u8.ToArray(), cli.Output);
    }

    [Fact]
    public async Task Key_is_found_by_its_namespace_and_by_hexadecimal_digits()
    {
        await using var nodes = await TestNodes.StartAsync(1);
        var cli = new ClusterCli(nodes.Cluster);
        await nodes[0].Cache.PutAsync(new CacheNamespace("tenant/model").Key([0x9F, 0x00, 0xC1]), "x"u8.ToArray(), cancellationToken: Token);
        Assert.Equal(0, await cli.RunAsync("get", "9f00C1", "--hex", "--namespace", "tenant/model"));
        Assert.Equal(1, await cli.RunAsync("get", "9f00c1", "--hex"));
        Assert.Equal(1, await cli.RunAsync("get", "9f00c1", "--namespace", "tenant/model"));
    }

    [Fact]
    public async Task Stat_of_a_key_names_the_nodes_that_have_copies()
    {
        await using var nodes = await TestNodes.StartAsync(3);
        var cli = new ClusterCli(nodes.Cluster);
        await nodes[2].Cache.PutAsync(Default.Key("k"u8), new byte[5000], cancellationToken: Token);
        Assert.Equal(0, await cli.RunAsync("stat", "k", "--json"));
        Assert.Equal(
            """[{"node":2,"tier":"shm"}]""",
            cli.Json.GetProperty("copies").GetRawText());
        Assert.Equal((5000, "resident"), (cli.Json.GetProperty("bytes").GetInt32(), cli.Json.GetProperty("state").GetString()));
        Assert.Equal(0, await cli.RunAsync("stat", "k"));
        Assert.Contains("node2 shm", cli.Out, StringComparison.Ordinal);
        Assert.Equal(1, await cli.RunAsync("stat", "other"));
    }

    [Fact]
    public async Task Stat_has_a_row_for_each_tier_of_each_node_that_stores()
    {
        await using var nodes = await TestNodes.StartAsync(2);
        using var cold = new ColdFolder();
        await nodes.AddAsync(2, $"cascade.tiers.cold.directory={cold.Path}", "cascade.tiers.cold.capacity=64MiB", "cascade.tiers.cold.file-size=1MiB");
        await nodes.AddAsync(70_000, "cascade.node.client=true");
        await nodes.AgreeAsync();
        await nodes[1].Cache.PutAsync(Default.Key("k"u8), new byte[5000], cancellationToken: Token);
        var cli = new ClusterCli(nodes.Cluster);
        Assert.Equal(0, await cli.RunAsync("stat"));
        var rows = cli.Out.TrimEnd().Split('\n').Select(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        Assert.Equal(["node", "tier", "capacity", "free", "blocks", "evicted", "demoted", "promoted", "busy"], rows[0]);
        Assert.Equal(["0 shm 8 MiB 0", "1 shm 8 MiB 1", "2 shm 8 MiB 0", "2 cold 64 MiB 0"], rows[1..].Select(row => $"{row[0]} {row[1]} {row[2]} {row[3]} {row[6]}"));
    }

    [Fact]
    public async Task Delete_does_all_keys_and_says_which_named_nothing()
    {
        await using var nodes = await TestNodes.StartAsync(2);
        var cli = new ClusterCli(nodes.Cluster);
        await nodes[0].Cache.PutAsync(Default.Key("a"u8), "1"u8.ToArray(), cancellationToken: Token);
        await nodes[1].Cache.PutAsync(Default.Key("c"u8), "2"u8.ToArray(), cancellationToken: Token);
        Assert.Equal(1, await cli.RunAsync("delete", "a", "b", "c"));
        Assert.Equal(["a deleted", "b not deleted", "c deleted"], cli.Out.TrimEnd().Split('\n').Select(static row => row.TrimEnd()));
        Assert.Equal("cascade: 'b' was not deleted: it names no block\n", cli.Error);
        Assert.False((await nodes[0].Cache.GetAsync(Default.Key("a"u8), cancellationToken: Token)).IsHit);
        Assert.False((await nodes[0].Cache.GetAsync(Default.Key("c"u8), cancellationToken: Token)).IsHit);
    }

    [Fact]
    public async Task Unprotect_takes_a_registration_back_that_a_node_made()
    {
        await using var nodes = await TestNodes.StartAsync(2);
        var cli = new ClusterCli(nodes.Cluster);
        var key = Default.Key("k"u8);
        await nodes[0].Cache.PutAsync(key, "1"u8.ToArray(), cancellationToken: Token);
        Assert.Equal(ProtectStatus.Protected, (await nodes[0].Cache.ProtectAsync(new[] { key }, Token)).Status);
        Assert.Equal(1, (await nodes[0].Cache.StatAsync(key, Token))!.Block.Registrations);
        Assert.Equal(0, await cli.RunAsync("unprotect", "k", "--json"));
        Assert.Equal("""{"namespace":"default","keys":[{"key":"k","done":true,"reason":null}]}""", cli.Out.TrimEnd());
        await Patience.UntilAsync(async () => (await nodes[0].Cache.StatAsync(key, Token))!.Block.Registrations == 0);
    }

    [Fact]
    public async Task Members_lists_nodes_and_clients_but_not_itself()
    {
        await using var nodes = await TestNodes.StartAsync(2);
        await nodes.AddAsync(70_000, "cascade.node.client=true");
        await nodes.AgreeAsync();
        var cli = new ClusterCli(nodes.Cluster);
        Assert.Equal(0, await cli.RunAsync("members"));
        var rows = cli.Out.TrimEnd().Split('\n').Select(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        Assert.Equal(["0", nodes[0].Address.Text, "up", "100.0"], rows[1][..4]);
        Assert.Equal(["1", nodes[1].Address.Text, "up", "100.0"], rows[2][..4]);
        Assert.Equal(["70000", nodes[70_000].Address.Text, "up", "client"], rows[3][..4]);
        Assert.Equal(4, rows.Length);
        Assert.Equal(0, await cli.RunAsync("members", "--json"));
        Assert.Equal([false, false, true], cli.Json.GetProperty("members").EnumerateArray().Select(static member => member.GetProperty("client").GetBoolean()));
    }

    [Fact]
    public async Task Drain_asks_the_node_and_waits_until_it_has_left()
    {
        await using var nodes = await TestNodes.StartAsync(3);
        var cli = new ClusterCli(nodes.Cluster);
        var drained = nodes[1].DrainAsked;
        var drain = cli.RunAsync("drain", "1", "--json");
        await drained.WaitAsync(Token);
        Assert.False(drain.IsCompleted);
        await nodes.StopAsync(1);
        Assert.Equal(0, await drain);
        Assert.Equal(1, cli.Json.GetProperty("node").GetInt32());
        Assert.False(nodes[0].DrainAsked.IsCompleted || nodes[2].DrainAsked.IsCompleted);
        Assert.Equal(1, await cli.RunAsync("drain", "1"));
        Assert.Equal("cascade: there is no node 1 in the cluster; it has 0, 2\n", cli.Error);
    }

    [Fact]
    public async Task Client_removes_the_arenas_that_killed_clients_of_its_cluster_left()
    {
        await using var nodes = await TestNodes.StartAsync(1);
        await nodes.AddAsync(70_000, "cascade.node.client=true");
        var cli = new ClusterCli(nodes.Cluster);
        string Arena(string id) => $"/dev/shm/cascade-{nodes.Cluster}-{id}";
        string[] others = [Arena("65535"), Arena("70001x"), Arena("70001.address")];
        foreach (var path in (string[])[Arena("70001"), .. others])
            await File.WriteAllTextAsync(path, "", Token);
        try
        {
            Assert.Equal(0, await cli.RunAsync("members"));
            Assert.False(File.Exists(Arena("70001")));
            Assert.All([.. others, Arena("0"), Arena("70000")], static path => Assert.True(File.Exists(path), path));
        }
        finally
        {
            foreach (var path in others)
                File.Delete(path);
        }

        Assert.Equal([Arena("0"), Arena("0.address"), Arena("70000")], Directory.GetFiles("/dev/shm", $"cascade-{nodes.Cluster}-*").Order(StringComparer.Ordinal));
    }

    private sealed class TemporaryName : IDisposable
    {
        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName());

        public void Dispose() => File.Delete(Path);
    }
}

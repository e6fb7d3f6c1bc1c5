using System.Globalization;
using Cascade.Hosting;

namespace Cascade.EndToEnd;

/// <summary>A network that is cut between the nodes of a cluster under load, and healed.</summary>
public sealed class ClusterPartitionTests
{
    private const int Nodes = 3;
    private const int FirstPort = 7701;

    /// <summary>Nodes 0 and 1 are in the first namespace, node 2 in the second; the client is on the side of the first.</summary>
    private const int Lonely = 2;

    /// <summary>Blocks that one node alone holds; none of the load has their numbers.</summary>
    private static readonly int[] SingleBlocks = [.. Enumerable.Range(100_000, 24)];

    [Fact]
    public async Task Halves_of_a_divided_cluster_become_one_again_and_find_their_blocks()
    {
        Assert.SkipUnless(Environment.UserName == "root" && File.Exists("/usr/sbin/ip"), "network namespaces need root, and the program ip of iproute2");
        using var network = new TestNetwork(2);
        using var cluster = new TestFleet("halves");
        var nodes = Enumerable.Range(0, Nodes).Select(id => Start(network, cluster, id)).ToArray();
        try
        {
            foreach (var node in nodes)
                await node.Said;
            await using (var client = await ClusterClient.StartAsync(
                cluster.Name, Seeds(network), $"cascade.remoting.host={network.Bridge}", "cascade.remoting.insecure=true"))
            {
                await DivideAndHealAsync(network, client, nodes);
                await client.EndAsync();
            }

            foreach (var node in nodes)
                Assert.Equal(0, (await node.EndBySignalAsync("TERM")).ExitCode);
        }
        finally
        {
            foreach (var node in nodes)
                node.Dispose();
        }
    }

    private static async Task DivideAndHealAsync(TestNetwork network, ClusterClient client, CascadeProcess[] nodes)
    {
        string Said() => string.Join('\n', nodes.Select(static node => node.AllSaid()));
        await client.AgreeAsync(Enumerable.Range(0, Nodes), Said);
        await using var load = new ClusterLoad(client.Cache);
        await load.CallsAsync(200);
        foreach (var number in SingleBlocks)
            Assert.Null(await load.PutAsync(number, new PutOptions { Deadline = ClusterLoad.Deadline }));

        network.Cut(1);
        await client.AgreeAsync(Enumerable.Range(0, Lonely), Said);
        foreach (var other in Enumerable.Range(0, Lonely))
            await nodes[Lonely].WaitForAsync($"node{other} at {Address(network, other)} is Removed");
        await load.CallsAsync(200);
        await load.StopAsync();
        foreach (var number in load.Acknowledged)
            Assert.Null(await load.GetAsync(number));

        network.Heal(1);
        await client.AgreeAsync(Enumerable.Range(0, Nodes), Said);
        var missing = new List<(int, string)>();
        await Until.TrueAsync(
            async () =>
            {
                missing.Clear();
                foreach (var number in load.Acknowledged.Concat(SingleBlocks))
                {
                    if (await load.GetAsync(number) is { } reason)
                        missing.Add((number, reason));
                }

                return missing.Count == 0;
            },
            () => $"Not there again: {string.Join(", ", missing)}\n{Said()}");
        Assert.True(load.Broken.IsEmpty, load.Complaints());
    }

    private static CascadeProcess Start(TestNetwork network, TestFleet cluster, int id)
    {
        var at = id / Lonely;
        string[] settings =
        [
            "cascade.tiers.shm.capacity=32MiB", string.Create(CultureInfo.InvariantCulture, $"cascade.node.id={id}"), "cascade.remoting.insecure=true",
            $"cascade.remoting.host={network.AddressOf(at)}", string.Create(CultureInfo.InvariantCulture, $"cascade.remoting.port={FirstPort + id}"),
            $"cascade.remoting.seeds={ClusterClient.SeedList(Seeds(network))}",
        ];
        return CascadeProcess.StartIn(network.NameOf(at), " serves;", cluster.Line("node", [.. settings.SelectMany(static setting => new[] { "--set", setting })]));
    }

    private static IEnumerable<string> Seeds(TestNetwork network) => Enumerable.Range(0, Nodes).Select(id => Address(network, id));

    private static string Address(TestNetwork network, int id) => string.Create(CultureInfo.InvariantCulture, $"{network.AddressOf(id / Lonely)}:{FirstPort + id}");
}

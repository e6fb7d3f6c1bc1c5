using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Hosting.Node;
using Cascade.Hosting.Tests.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Cascade.Hosting.Tests.Embedding;

/// <summary>A generic host that stores nothing, and a cluster that it joins.</summary>
public sealed class ClientHostTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Client_reads_what_nodes_have_and_leaves_with_its_host()
    {
        await using var nodes = await TestNodes.StartAsync(2);
        var key = new CacheNamespace("host").Key("k"u8);
        await nodes[1].Cache.PutAsync(key, "bytes"u8.ToArray(), cancellationToken: Token);
        using (var host = Build(nodes.Cluster))
        {
            await host.StartAsync(Token);
            using (var hit = await host.Services.GetRequiredService<ICascade>().GetAsync(key, cancellationToken: Token))
            {
                Assert.Equal((true, TierKind.Remote), (hit.IsHit, hit.Lease.Tier));
                Assert.Equal("bytes"u8.ToArray(), hit.Lease.Span.ToArray());
            }

            Assert.Equal([new NodeId(0), new NodeId(1)], nodes[0].Cluster.Shards.Nodes);
            await Patience.UntilAsync(() => Task.FromResult(nodes[0].Cluster.Members.Members.Length == 3));
            Assert.True(Assert.Single(nodes[0].Cluster.Members.Members, static member => member.Node.Value >= 65536).Metadata.IsClient);
            await host.StopAsync(Token);
        }

        await nodes.AgreeAsync();
        var own = $"/dev/shm/cascade-{nodes.Cluster}";
        Assert.Equal([$"{own}-0", $"{own}-0.address", $"{own}-1", $"{own}-1.address"], Left(nodes.Cluster));
    }

    [Fact]
    public async Task Client_of_another_machine_finds_the_cluster_by_its_directory()
    {
        var shared = Directory.CreateTempSubdirectory("cascade-shared-").FullName;
        var otherMemory = Directory.CreateTempSubdirectory("cascade-memory-").FullName;
        try
        {
            await using var nodes = await TestNodes.StartAsync(2, $"cascade.cluster.directory=\"{shared}\"");
            Assert.Equal(2, Directory.GetFiles(shared).Length);

            // What a killed node and an interrupted write left costs nothing but a refused connection.
            await File.WriteAllTextAsync(Path.Combine(shared, $"cascade-{nodes.Cluster}-7.address"), "127.0.0.1:1", Token);
            await File.WriteAllTextAsync(Path.Combine(shared, $"cascade-{nodes.Cluster}-8.address"), "127.0", Token);
            await File.WriteAllTextAsync(Path.Combine(shared, $"cascade-{nodes.Cluster}-0.address.77"), "127.0", Token);
            using (var host = Build(nodes.Cluster, $"cascade.cluster.directory=\"{shared}\"", $"cascade.tiers.shm.directory=\"{otherMemory}\""))
            {
                await host.StartAsync(Token);
                await host.StopAsync(Token);
            }

            using var withoutDirectory = Build(nodes.Cluster, $"cascade.tiers.shm.directory=\"{otherMemory}\"");
            await Assert.ThrowsAsync<NodeRefusedException>(() => withoutDirectory.StartAsync(Token));
            await nodes.StopAsync(0);
            Assert.False(File.Exists(Path.Combine(shared, $"cascade-{nodes.Cluster}-0.address")));
            Assert.True(File.Exists(Path.Combine(shared, $"cascade-{nodes.Cluster}-1.address")));
        }
        finally
        {
            Directory.Delete(shared, recursive: true);
            Directory.Delete(otherMemory, recursive: true);
        }
    }

    [Fact]
    public async Task Host_does_not_start_without_a_cluster()
    {
        var cluster = TestNode.UniqueName("alone");
        using var host = Build(cluster);
        var refusal = await Assert.ThrowsAsync<NodeRefusedException>(() => host.StartAsync(Token));
        Assert.StartsWith($"No node of cluster {cluster} is known: ", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Left(cluster));
    }

    [Fact]
    public async Task Host_does_not_start_in_a_cluster_of_clients()
    {
        await using var nodes = await TestNodes.StartAsync(1);
        await nodes.AddAsync(70_000, "cascade.node.client=true");
        var seed = nodes[70_000].Address;
        await nodes.StopAsync(0);
        using var host = Build(nodes.Cluster, $"cascade.remoting.seeds=[\"{seed}\"]");
        var refusal = await Assert.ThrowsAsync<NodeRefusedException>(() => host.StartAsync(Token));
        Assert.StartsWith($"Cluster {nodes.Cluster} has no node that stores, by {seed}: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_stops_when_its_node_is_asked_to_drain()
    {
        await using var nodes = await TestNodes.StartAsync(1);
        using var host = Build(nodes.Cluster);
        await host.StartAsync(Token);
        var client = nodes[0].Cluster.Members.Members.Single(static member => member.Node.Value >= 65536);
        var control = nodes[0].Nodes.Of(client.Node, NodePaths.NodeControl)!;

        // A request that is meant for an earlier life of the node is not carried out.
        var earlier = client.Life with { Start = new(client.Start.Value - 1) };
        Assert.IsType<Moved>(await control.Ask<object>(new DrainNode(earlier), TimeSpan.FromSeconds(10), Token));
        Assert.False(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);

        Assert.Equal(new Draining(client.Life), await control.Ask<object>(new DrainNode(client.Life), TimeSpan.FromSeconds(10), Token));
        await host.WaitForShutdownAsync(Token);
        await nodes.AgreeAsync();
    }

    private static string[] Left(string cluster) => [.. Directory.GetFiles("/dev/shm", $"cascade-{cluster}-*").Order(StringComparer.Ordinal)];

    private static IHost Build(string cluster, params string[] settings)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.AddCascadeClient(client =>
        {
            client.Settings.Add($"cascade.cluster.name={cluster}");
            foreach (var setting in settings)
                client.Settings.Add(setting);
        });
        return builder.Build();
    }
}

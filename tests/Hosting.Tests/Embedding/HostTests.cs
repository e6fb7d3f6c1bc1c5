using Cascade.Actors;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Hosting.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Cascade.Hosting.Tests.Embedding;

/// <summary>Cascade on the generic host: what a program that embeds it injects and when that works.</summary>
public sealed class HostTests
{
    [Fact]
    public async Task Cache_is_injected_works_while_the_host_runs_and_is_unavailable_before_and_after()
    {
        using var host = Build(out _, services => services.AddHostedService<Engine>().AddSingleton<Log>());
        var cache = host.Services.GetRequiredService<ICascade>();
        var early = await Assert.ThrowsAsync<CascadeUnavailableException>(() => cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1)).AsTask());
        Assert.Contains("IHost.StartAsync", early.Message, StringComparison.Ordinal);
        Assert.Throws<CascadeUnavailableException>(() => host.Services.GetRequiredService<CascadeActors>());

        await host.StartAsync();
        Assert.Equal(PutStatus.Stored, host.Services.GetRequiredService<Log>().Put);
        using (var got = await cache.GetAsync(Blocks.Key(1)))
            Assert.Equal(Blocks.Bytes(1), got.Lease.Span);

        await host.StopAsync();
        foreach (var call in Calls(cache))
            Assert.Contains("stopping", (await Assert.ThrowsAsync<CascadeUnavailableException>(call)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Actors_can_be_asked_directly()
    {
        using var host = Build(out _);
        await host.StartAsync();
        var put = await host.Services.GetRequiredService<ICascade>().PutAsync(Blocks.Key(1), Blocks.Bytes(1));
        var actors = host.Services.GetRequiredService<CascadeActors>();

        var found = await actors.KeyIndex.Ask<Found>(new Lookup(Blocks.Key(1).Digest));
        Assert.Equal((put.Id, Blocks.Key(1).Digest), (found.Id, found.Binding.Key));
        Assert.Same(NotFound.Instance, await actors.KeyIndex.Ask<object>(new Lookup(Blocks.Key(2).Digest)));
        var block = await actors.Owners.Ask<BlockDescription>(new Describe(put.Id));
        Assert.Equal((BlockState.Resident, 1, 0), (block.State, block.Copies.Count, block.Leases));
        var report = await actors.Memory.Ask<TierReport>(ReportTier.Instance);
        Assert.Equal((TierKind.Shm, 1, 1L), (report.Tier, report.Blocks, report.Published));
        Assert.InRange((await actors.Tracker.Ask<FrequencyEstimate>(new EstimateFrequency(put.Id))).Reads, 0, 15);
        await host.StopAsync();
    }

    [Fact]
    public async Task Host_that_stops_waits_for_puts_under_way_and_keeps_the_arena()
    {
        using var host = Build(out var cluster, keepArena: true);
        try
        {
            await host.StartAsync();
            var cache = host.Services.GetRequiredService<ICascade>();
            var puts = Enumerable.Range(0, 40).Select(n => Task.Run(() => cache.PutAsync(Blocks.Key(n), Blocks.Bytes(n)).AsTask())).ToArray();
            await puts[0];
            await host.StopAsync();

            // Each was either done before the stop, and is kept, or refused by it.
            var stored = new List<int>();
            for (var n = 0; n < puts.Length; n++)
            {
                if (await Record.ExceptionAsync(() => puts[n]) is { } refused)
                    Assert.IsType<CascadeUnavailableException>(refused);
                else
                    stored.Add(n);
            }

            await using var next = await TestNode.AttachAsync(cluster);
            Assert.Equal((stored.Count, 0, 0), (next.Attach.Blocks, next.Attach.DroppedInFlight, next.Attach.DroppedDamaged));
            foreach (var n in stored)
            {
                using var got = await next.Cache.GetAsync(Blocks.Key(n));
                Assert.Equal(Blocks.Bytes(n), got.Lease.Span);
            }
        }
        finally
        {
            TestNode.RemoveArena(cluster);
        }
    }

    [Fact]
    public void Configuration_faults_surface_all_at_once_when_the_node_is_added()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        var thrown = Assert.Throws<ConfigurationException>(() => builder.AddCascade(options =>
        {
            options.Settings.Add("cascade.tiers.shm.capcity=1GiB");
            options.Settings.Add("cascade.node.id=-1");
        }));
        Assert.Equal(2, thrown.Messages.Count);
        Assert.Contains("did you mean 'cascade.tiers.shm.capacity'", thrown.Messages[0], StringComparison.Ordinal);
        Assert.Contains("cascade.node.id", thrown.Messages[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_that_was_never_started_can_be_disposed()
    {
        var host = Build(out _);
        _ = host.Services.GetRequiredService<ICascade>();
        await ((IAsyncDisposable)host).DisposeAsync();
    }

    private static IHost Build(out string cluster, Action<IServiceCollection>? add = null, bool keepArena = false)
    {
        var name = cluster = TestNode.UniqueName("host");
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.AddCascade(options =>
        {
            options.KeepArena = keepArena;
            options.Settings.Add("cascade.tiers.shm.capacity=8MiB");
            options.Settings.Add($"cascade.cluster.name={name}");
        });
        add?.Invoke(builder.Services);
        return builder.Build();
    }

    private static IEnumerable<Func<Task>> Calls(ICascade cache)
    {
        CacheKey[] keys = [Blocks.Key(1)];
        yield return () => cache.PutAsync(keys[0], Blocks.Bytes(1)).AsTask();
        yield return () => cache.GetAsync(keys[0]).AsTask();
        yield return () => cache.GetIntoAsync(keys[0], new byte[1]).AsTask();
        yield return () => cache.GetManyAsync(keys).AsTask();
        yield return () => cache.LongestPrefixAsync(keys).AsTask();
        yield return () => cache.DeleteAsync(keys[0]).AsTask();
        yield return () => cache.ProtectAsync(keys).AsTask();
        yield return () => cache.UnprotectAsync(keys).AsTask();
        yield return () => cache.StatAsync(keys[0]).AsTask();
        yield return () => cache.StatAsync().AsTask();
    }

    private sealed class Log
    {
        public PutStatus? Put { get; set; }
    }

    /// <summary>A serving engine of a host: it has the cache injected before the node runs, and uses it from its own start on.</summary>
    private sealed class Engine(ICascade cache, Log log) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken) =>
            log.Put = (await cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1), cancellationToken: cancellationToken)).Status;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

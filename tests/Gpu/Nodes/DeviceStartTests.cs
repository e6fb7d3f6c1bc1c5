using Cascade.Core.Identity;
using Cascade.Hosting;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Node;
using Cascade.Hosting.Tests.Embedding;
using Microsoft.Extensions.Logging;

namespace Cascade.Gpu.Tests.Nodes;

/// <summary>What becomes of a start with, and without, the devices that settings ask for.</summary>
public sealed class DeviceStartTests
{
    [Fact]
    public async Task Node_starts_without_a_usable_driver_and_says_so_once()
    {
        GpuNode.ResetDriver();
        DriverStandIn.Version(11080);
        var log = new Lines();
        await using (var node = await StartAsync(log, GpuNode.Small))
        {
            await GpuNode.PutAsync(node.Cache, 1);
            Assert.DoesNotContain((await node.Cache.StatAsync()).Tiers, static tier => tier.Tier == TierKind.Gpu);
        }

        Assert.Contains("older than 12.0", Assert.Single(log.Told, static line => line.Contains("No device memory", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Device_with_less_free_gives_what_it_has()
    {
        DriverStandIn.Reset(bytesADevice: 4 << 20, manual: false);
        await using (var node = await TestNode.StartAsync("cascade.tiers.gpu.capacity=64MiB", "cascade.tiers.gpu.min-capacity=1MiB"))
            Assert.InRange((await node.Cache.StatAsync()).Tiers[0].CapacityBytes, 1 << 20, 4 << 20);
        DriverStandIn.AssertEmpty();
    }

    [Fact]
    public async Task Device_with_less_than_the_least_is_refused_in_words()
    {
        DriverStandIn.Reset(bytesADevice: 4 << 20, manual: false);
        var refused = await Assert.ThrowsAsync<NodeRefusedException>(
            () => TestNode.StartAsync("cascade.tiers.gpu.capacity=64MiB", "cascade.tiers.gpu.min-capacity=64MiB"));
        Assert.Contains("too little", refused.Message, StringComparison.Ordinal);
        Assert.Contains("cascade.tiers.gpu", refused.Message, StringComparison.Ordinal);
        DriverStandIn.AssertEmpty();
    }

    [Fact]
    public async Task Device_that_is_not_there_is_refused_and_those_before_are_given_back()
    {
        GpuNode.ResetDriver(devices: 2);
        var refused = await Assert.ThrowsAsync<NodeRefusedException>(() => TestNode.StartAsync([.. GpuNode.Small, "cascade.tiers.gpu.devices=[0, 5]"]));
        Assert.Contains("no device 5", refused.Message, StringComparison.Ordinal);
        DriverStandIn.AssertEmpty();
    }

    [Fact]
    public async Task Share_of_free_memory_is_taken_of_the_devices_that_are_named()
    {
        DriverStandIn.Reset(devices: 2, bytesADevice: 64 << 20, manual: false);
        await using var node = await TestNode.StartAsync("cascade.tiers.gpu.free-share=0.25", "cascade.tiers.gpu.min-capacity=1MiB", "cascade.tiers.gpu.devices=[1]");
        var slab = Assert.Single(node.Parts.Gpu!.Pool.Slabs);
        Assert.Equal(1, slab.Device.Ordinal);
        Assert.InRange(slab.CapacityBytes, 12 << 20, 16 << 20);
    }

    [Fact]
    public async Task Shared_memory_is_registered_with_its_time_told()
    {
        GpuNode.ResetDriver();
        var log = new Lines();
        await using (var node = await StartAsync(log, GpuNode.Small))
        {
            await GpuNode.PutAsync(node.Cache, 1);
            (await node.Cache.GetAsync(Blocks.Key(1), Tier.Gpu)).Dispose();
        }

        Assert.Contains(log.Told, static line => line.Contains("8 MiB of shared memory by themselves: registered in", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task Without_registered_memory_blocks_go_by_way_of_staging(string register)
    {
        GpuNode.ResetDriver();
        if (register == "true")
            DriverStandIn.Fail("cuMemHostRegister_v2", code: 800);
        await using (var node = await TestNode.StartAsync([.. GpuNode.Small, $"cascade.tiers.gpu.register-memory={register}"]))
        {
            await GpuNode.PutAsync(node.Cache, 1);
            using var got = await node.Cache.GetAsync(Blocks.Key(1), Tier.Gpu);
            Assert.Equal(GpuNode.Bytes(1), GpuNode.BytesOf(got.Lease));
            Assert.Equal((0L, GpuNode.BlockBytes), node.Parts.Gpu!.Pool.Slabs.Single().CopiedBytes(Tiers.Gpu.GpuCopyKind.ToDevice));
        }

        DriverStandIn.AssertEmpty();
    }

    [Theory]
    [InlineData("cascade.tiers.gpu.capacity=5000", "multiple of 4 KiB")]
    [InlineData("cascade.tiers.gpu.free-share=1.5", "share from 0 to 1")]
    [InlineData("cascade.tiers.gpu.devices=[0, 0]", "named twice")]
    [InlineData("cascade.tiers.gpu.devices=[x]", "numbers of devices")]
    public void Settings_that_make_no_sense_are_refused(string setting, string why)
    {
        var refused = Assert.Throws<ConfigurationException>(() => CascadeConfiguration.Load(new ConfigurationSources { Overrides = [setting] }));
        Assert.Contains(refused.Messages, message => message.Contains(why, StringComparison.Ordinal));
    }

    private static Task<CascadeNode> StartAsync(Lines log, params string[] settings)
    {
        var configuration = CascadeConfiguration.Load(new ConfigurationSources
        {
            Overrides = ["cascade.tiers.shm.capacity=8MiB", .. settings, $"cascade.cluster.name={TestNode.UniqueName("gpu")}"],
        });
        return CascadeNode.StartAsync(configuration.Options, new NodeStartup { KeepArena = false, Logging = log }, CancellationToken.None);
    }

    /// <summary>Remembers what was logged.</summary>
    private sealed class Lines : ILoggerFactory, ILogger
    {
        private readonly Lock _turn = new();
        private readonly List<string> _told = [];

        public IReadOnlyList<string> Told
        {
            get
            {
                lock (_turn)
                    return [.. _told];
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_turn)
                _told.Add(formatter(state, exception));
        }
    }
}

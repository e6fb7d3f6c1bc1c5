using System.Reflection;
using Cascade.Core.Hashing;
using Cascade.Core.Membership;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Configuration.Hocon;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Tests.Configuration;

/// <summary>The typed view and reference.conf: the same keys, each bound to its own property, and no default but the reference's.</summary>
public sealed class CascadeOptionsTests
{
    /// <summary>For each key a value other than the default, and the property it must change.</summary>
    private static readonly Dictionary<string, (string Value, string Property, object Expected)> Bindings = new(StringComparer.Ordinal)
    {
        ["cascade.remoting.host"] = ("localhost", "Remoting.Host", "localhost"),
        ["cascade.remoting.port"] = ("7400", "Remoting.Port", 7400),
        ["cascade.remoting.advertise"] = ("node-7", "Remoting.Advertise", "node-7"),
        ["cascade.remoting.bulk-port"] = ("7401", "Remoting.BulkPort", 7401),
        ["cascade.remoting.seeds"] = ("[\"10.0.0.7:7400\"]", "Remoting.Seeds", new ValueList<NodeAddress>([new NodeAddress("10.0.0.7:7400")])),
        ["cascade.remoting.insecure"] = ("yes", "Remoting.Insecure", true),
        ["cascade.remoting.tls.certificate"] = ("/c\ncascade.remoting.tls { key = /k, ca = /a }", "Remoting.Tls.Certificate", "/c"),
        ["cascade.remoting.tls.key"] = ("/k\ncascade.remoting.tls { certificate = /c, ca = /a }", "Remoting.Tls.PrivateKey", "/k"),
        ["cascade.remoting.tls.ca"] = ("/a\ncascade.remoting.tls { certificate = /c, key = /k }", "Remoting.Tls.Authority", "/a"),
        ["cascade.cluster.name"] = ("other-1", "Cluster.Name", "other-1"),
        ["cascade.cluster.digest"] = ("sha256", "Cluster.Digest", DigestAlgorithm.Sha256),
        ["cascade.cluster.directory"] = ("/shared", "Cluster.Directory", "/shared"),
        ["cascade.slurm.enabled"] = ("yes\ncascade.node.client = yes\ncascade.slurm.local = yes", "Slurm.IsEnabled", true),
        ["cascade.slurm.local"] = ("yes", "Slurm.IsLocal", true),
        ["cascade.slurm.base-port"] = ("18000", "Slurm.BasePort", 18000),
        ["cascade.node.drain-within"] = ("1m", "Node.DrainWithin", TimeSpan.FromMinutes(1)),
        ["cascade.node.id"] = ("2147483647", "Node.Id", int.MaxValue),
        ["cascade.node.client"] = ("yes", "Node.IsClient", true),
        ["cascade.fabric"] = ("[tcp, mpi]", "Fabric", FabricOrder.Of("tcp", "mpi")),
        ["cascade.mpi.start-within"] = ("5s", "Mpi.StartWithin", TimeSpan.FromSeconds(5)),
        ["cascade.mpi.progress"] = ("no", "Mpi.Progress", false),
        ["cascade.mpi.progress-rest"] = ("2ms", "Mpi.ProgressRest", TimeSpan.FromMilliseconds(2)),
        ["cascade.mpi.progress-busy-above"] = ("5us", "Mpi.ProgressBusyAbove", TimeSpan.FromMicroseconds(5)),
        ["cascade.mpi.progress-polls"] = ("7", "Mpi.ProgressPolls", 7),
        ["cascade.mpi.piece-size"] = ("64KiB", "Mpi.PieceBytes", 64 << 10),
        ["cascade.mpi.pieces-in-flight"] = ("1", "Mpi.PiecesInFlight", 1),
        ["cascade.mpi.threads"] = ("16", "Mpi.Threads", 16),
        ["cascade.actors.ask-timeout"] = ("2s", "Actors.AskTimeout", TimeSpan.FromSeconds(2)),
        ["cascade.actors.mailbox-capacity"] = ("16", "Actors.MailboxCapacity", 16),
        ["cascade.actors.entities-max"] = ("16", "Actors.EntitiesMax", 16),
        ["cascade.actors.passivate-after"] = ("1 minute", "Actors.PassivateAfter", TimeSpan.FromMinutes(1)),
        ["cascade.leases.duration"] = ("1h", "Leases.Duration", TimeSpan.FromHours(1)),
        ["cascade.leases.max"] = ("5", "Leases.Max", 5),
        ["cascade.put.deadline"] = ("0", "Put.Deadline", TimeSpan.Zero),
        ["cascade.put.hash-threads"] = ("3", "Put.HashThreads", 3),
        ["cascade.put.parallel-from"] = ("2MiB", "Put.ParallelFromBytes", 2L << 20),
        ["cascade.tiers.shm.capacity"] = ("1GiB", "Tiers.Shm.CapacityBytes", 1L << 30),
        ["cascade.tiers.shm.directory"] = ("/tmp", "Tiers.Shm.Directory", "/tmp"),
        ["cascade.tiers.shm.max-blocks"] = ("77", "Tiers.Shm.MaxBlocks", 77),
        ["cascade.tiers.shm.mode"] = ("0660", "Tiers.Shm.Mode",
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite),
        ["cascade.tiers.shm.keep"] = ("no", "Tiers.Shm.Keep", false),
        ["cascade.tiers.shm.pre-fault"] = ("no", "Tiers.Shm.PreFault", false),
        ["cascade.tiers.shm.huge-pages"] = ("false", "Tiers.Shm.HugePages", false),
        ["cascade.tiers.shm.verify-after-attach"] = ("no", "Tiers.Shm.VerifyAfterAttach", false),
        ["cascade.tiers.shm.max-block"] = ("1MiB", "Tiers.Shm.MaxBlockBytes", 1L << 20),
        ["cascade.tiers.shm.waiting-puts-max"] = ("0", "Tiers.Shm.WaitingPutsMax", 0),
        ["cascade.tiers.cold.directory"] = ("/cold", "Tiers.Cold.Directory", "/cold"),
        ["cascade.tiers.cold.shared"] = ("yes", "Tiers.Cold.IsShared", true),
        ["cascade.tiers.cold.capacity"] = ("2GiB", "Tiers.Cold.CapacityBytes", 2L << 30),
        ["cascade.tiers.cold.file-size"] = ("8KiB", "Tiers.Cold.FileBytes", 8L << 10),
        ["cascade.tiers.cold.max-block"] = ("1MiB", "Tiers.Cold.MaxBlockBytes", 1L << 20),
        ["cascade.tiers.cold.threads"] = ("256", "Tiers.Cold.Threads", 256),
        ["cascade.tiers.cold.write-queue"] = ("1MiB", "Tiers.Cold.WriteQueueBytes", 1L << 20),
        ["cascade.tiers.cold.group-delay"] = ("0", "Tiers.Cold.GroupDelay", TimeSpan.Zero),
        ["cascade.tiers.cold.group-size"] = ("4KiB", "Tiers.Cold.GroupBytes", 4L << 10),
        ["cascade.tiers.cold.admit-reads"] = ("3", "Tiers.Cold.AdmitReads", 3),
        ["cascade.tiers.cold.compact-below"] = ("0.25", "Tiers.Cold.CompactBelow", 0.25),
        ["cascade.tiers.cold.verify-every"] = ("100", "Tiers.Cold.VerifyEvery", 100),
        ["cascade.tiers.cold.read-ahead"] = ("0", "Tiers.Cold.ReadAheadBytes", 0L),
        ["cascade.tiers.gpu.capacity"] = ("2GiB", "Tiers.Gpu.CapacityBytes", 2L << 30),
        ["cascade.tiers.gpu.free-share"] = ("0.5", "Tiers.Gpu.FreeShare", 0.5),
        ["cascade.tiers.gpu.min-capacity"] = ("1MiB", "Tiers.Gpu.MinCapacityBytes", 1L << 20),
        ["cascade.tiers.gpu.devices"] = ("[1, 0]", "Tiers.Gpu.Devices", new ValueList<int>([1, 0])),
        ["cascade.tiers.gpu.register-memory"] = ("no", "Tiers.Gpu.RegistersMemory", false),
        ["cascade.tiers.gpu.waiting-puts-max"] = ("0", "Tiers.Gpu.WaitingPutsMax", 0),
        ["cascade.tiers.cold.headroom"] = ("0.5", "Tiers.Cold.Headroom", 0.5),
        ["cascade.tiers.cold.preallocate"] = ("no", "Tiers.Cold.Preallocate", false),
        ["cascade.tiers.cold.stripe-count"] = ("-1", "Tiers.Cold.StripeCount", -1),
        ["cascade.tiers.cold.stripe-size"] = ("64KiB", "Tiers.Cold.StripeBytes", 64L << 10),
        ["cascade.eviction.policy"] = ("w-tinylfu", "Eviction.Policy", EvictionRule.TinyLfu),
        ["cascade.protection.quota-share"] = ("0.25", "Protection.QuotaShare", 0.25),
        ["cascade.tracker.promote-after-hits"] = ("4", "Tracker.PromoteAfterHits", 4),
        ["cascade.tracker.sample-log"] = ("100", "Tracker.SampleLog", 100),
        ["cascade.logging.level"] = ("Debug", "Logging.Level", LogLevel.Debug),
    };

    /// <summary>Keys whose value others are derived from: more than their own property changes with them.</summary>
    private static readonly Dictionary<string, string[]> Derived = new(StringComparer.Ordinal)
    {
        ["cascade.remoting.tls.certificate"] = ["Remoting.Tls.PrivateKey", "Remoting.Tls.Authority"],
        ["cascade.remoting.tls.key"] = ["Remoting.Tls.Certificate", "Remoting.Tls.Authority"],
        ["cascade.remoting.tls.ca"] = ["Remoting.Tls.Certificate", "Remoting.Tls.PrivateKey"],
        ["cascade.tiers.shm.capacity"] = ["Tiers.Shm.MaxBlocks", "Tiers.Shm.MaxBlockBytes"],
        ["cascade.tiers.cold.capacity"] = ["Tiers.Cold.MaxBlockBytes"],
        ["cascade.slurm.enabled"] = ["Node.IsClient", "Slurm.IsLocal"],
    };

    public static TheoryData<string> Keys => [.. Leaves()];

    [Fact]
    public void Reference_loads_with_its_documented_defaults()
    {
        var options = ConfigurationTesting.Load().Options;
        Assert.Equal("cascade", options.Cluster.Name);
        Assert.Equal(DigestAlgorithm.Blake3, options.Cluster.Digest);
        Assert.Equal(TimeSpan.FromSeconds(5), options.Actors.AskTimeout);
        Assert.Equal(256L << 20, options.Tiers.Shm.CapacityBytes);
        Assert.Equal(8192, options.Tiers.Shm.MaxBlocks);
        Assert.Equal(256L << 20, options.Tiers.Shm.MaxBlockBytes);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, options.Tiers.Shm.Mode);
        Assert.Equal((false, "", 100L << 30, 4L << 30), (options.Tiers.Cold.IsPresent, options.Tiers.Cold.Directory, options.Tiers.Cold.CapacityBytes, options.Tiers.Cold.MaxBlockBytes));
        Assert.Equal(ConfigurationTesting.Processors, options.Put.HashThreads);
        Assert.Equal(LogLevel.Information, options.Logging.Level);
    }

    [Fact]
    public void Every_key_is_read_and_every_read_key_exists()
    {
        var reader = new OptionsReader(ConfigurationTesting.Reference(), new ConfigurationErrors());
        CascadeOptions.Read(reader, ConfigurationTesting.Processors);
        Assert.Equal(Leaves().Order(StringComparer.Ordinal), reader.ReadPaths.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_property_has_a_key_and_every_key_a_property()
    {
        Assert.Equal(Leaves().Order(StringComparer.Ordinal), Bindings.Keys.Order(StringComparer.Ordinal));
        var properties = Properties(ConfigurationTesting.Load().Options, "").Keys;
        Assert.Equal(properties.Order(StringComparer.Ordinal), Bindings.Values.Select(binding => binding.Property).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Key_changes_its_property_and_no_other(string key)
    {
        var (value, property, expected) = Bindings[key];
        var before = Properties(ConfigurationTesting.Load().Options, "");
        var after = Properties(ConfigurationTesting.Load(null, null, $"{key} = {value}").Options, "");
        Assert.Equal(expected, after[property]);
        var changed = after.Where(pair => !Equals(pair.Value, before[pair.Key])).Select(pair => pair.Key).ToHashSet();
        changed.ExceptWith(Derived.GetValueOrDefault(key, []));
        Assert.Equal(Equals(before[property], expected) ? [] : [property], changed);
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Key_without_a_default_in_the_reference_is_an_error(string key)
    {
        var reference = Without(ConfigurationTesting.Reference(), key);
        var exception = Assert.Throws<ConfigurationException>(() => ConfigurationTesting.LoadReference(reference));
        Assert.StartsWith($"{key} is not set: expected ", Assert.Single(exception.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_key_and_section_of_values_is_explained_in_the_reference()
    {
        var lines = ReferenceSource.Read().Text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Contains('=', StringComparison.Ordinal) && !lines[i].TrimStart().StartsWith('#'))
                Assert.StartsWith("#", lines[i - 1].TrimStart(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Keys_differ_by_more_than_dashes_and_case() => Assert.All(
        Leaves().GroupBy(EnvironmentLayer.Normalize),
        group => Assert.Single(group));

    [Theory]
    [InlineData("cascade.tiers.shm.capacity = 4GiB", 131072, 4L << 30)]
    [InlineData("cascade.tiers.shm.capacity = 1MiB", 1024, 1L << 20)]
    [InlineData("cascade.tiers.shm.capacity = 1PiB", 1 << 28, 4L << 30)]
    public void Limits_are_derived_from_the_capacity(string setting, int maxBlocks, long maxBlockBytes)
    {
        var shm = ConfigurationTesting.Load(null, null, setting).Options.Tiers.Shm;
        Assert.Equal((maxBlocks, maxBlockBytes), (shm.MaxBlocks, shm.MaxBlockBytes));
    }

    [Theory]
    [InlineData("capacity = 1GiB", (256L << 20) - 4096)]
    [InlineData("capacity = 16GiB", (4L << 30) - 4096)]
    [InlineData("capacity = 1PiB", 4L << 30)]
    public void Largest_block_of_the_cold_tier_is_derived_from_its_capacity(string setting, long maxBlockBytes) => Assert.Equal(
        maxBlockBytes, ConfigurationTesting.Load(null, null, $"cascade.tiers.cold.{setting}").Options.Tiers.Cold.MaxBlockBytes);

    [Fact]
    public void Cold_tier_is_present_once_it_has_a_directory() =>
        Assert.True(ConfigurationTesting.Load(null, null, "cascade.tiers.cold.directory = /cold").Options.Tiers.Cold.IsPresent);

    [Theory]
    [InlineData("auto", "auto", true, false)]
    [InlineData("mpi", "mpi, tcp", false, true)]
    [InlineData("[shm, mpi]", "shm, mpi, tcp", false, true)]
    [InlineData("\"tcp, shm\"", "tcp, shm", false, false)]
    public void Order_of_ways_is_read_and_ends_with_tcp(string setting, string expected, bool isAuto, bool needsMpi)
    {
        var fabric = ConfigurationTesting.Load(null, null, $"cascade.fabric = {setting}").Options.Fabric;
        Assert.Equal((expected, isAuto, needsMpi), (fabric.ToString(), fabric.IsAuto, fabric.NeedsMpi));
    }

    [Theory]
    [InlineData("rdma")]
    [InlineData("[]")]
    [InlineData("[auto, tcp]")]
    [InlineData("[tcp, tcp]")]
    public void Order_of_ways_that_is_none_is_refused(string setting)
    {
        var exception = Assert.Throws<ConfigurationException>(() => ConfigurationTesting.Load(null, null, $"cascade.fabric = {setting}"));
        Assert.Contains("expected auto, or some of shm, mpi and tcp in the order in which they are tried", Assert.Single(exception.Messages), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Leaves() =>
        KnownKeys.Leaves(ConfigurationTesting.Reference()).Select(path => string.Join('.', path));

    private static Dictionary<string, object> Properties(object node, string prefix)
    {
        var properties = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (var property in node.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
        {
            var value = property.GetValue(node)!;
            if (property.PropertyType.Name.EndsWith("Options", StringComparison.Ordinal))
                Properties(value, $"{prefix}{property.Name}.").ToList().ForEach(pair => properties.Add(pair.Key, pair.Value));
            else
                properties.Add(prefix + property.Name, value);
        }
        return properties;
    }

    private static string Without(HoconObject values, string key) => string.Join('\n', KnownKeys.Leaves(values)
        .Where(path => string.Join('.', path) != key)
        .Select(path => $"{HoconText.Path(path)} = {(values.Find(path)!.Value is HoconScalar scalar ? HoconText.Scalar(scalar) : "[]")}"));
}

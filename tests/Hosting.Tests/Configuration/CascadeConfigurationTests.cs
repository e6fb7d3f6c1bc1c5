using Cascade.Hosting.Configuration;

namespace Cascade.Hosting.Tests.Configuration;

/// <summary>Layers, and the errors of a node's configuration.</summary>
public sealed class CascadeConfigurationTests
{
    private const string Capacity = "CASCADE__TIERS__SHM__CAPACITY";

    [Fact]
    public void Stronger_layers_win_key_by_key()
    {
        var options = ConfigurationTesting.Load(
            "cascade { tiers.shm.capacity = 1MiB, node.id = 1, tracker.promote-after-hits = 10, leases.max = 9 }",
            [(Capacity, "2MiB"), ("CASCADE__NODE__ID", "2"), ("CASCADE__TRACKER__PROMOTE_AFTER_HITS", "12")],
            "cascade.tiers.shm.capacity = 3MiB",
            "cascade.node.id = 3",
            "cascade.node.id = 4").Options;
        Assert.Equal((3L << 20, 4, 12, 9, "cascade"), (options.Tiers.Shm.CapacityBytes, options.Node.Id, options.Tracker.PromoteAfterHits, options.Leases.Max, options.Cluster.Name));
    }

    [Fact]
    public void Substitutions_see_defaults_and_stronger_layers()
    {
        var options = ConfigurationTesting.Load(
            "cascade { actors.ask-timeout = ${cascade.put.deadline}, tiers.shm.max-block = ${cascade.tiers.shm.capacity}, cluster.name = ${USER} }",
            [(Capacity, "2MiB"), ("USER", "ann")]).Options;
        Assert.Equal((TimeSpan.FromSeconds(5), 2L << 20, "ann"), (options.Actors.AskTimeout, options.Tiers.Shm.MaxBlockBytes, options.Cluster.Name));
    }

    [Theory]
    [InlineData("CASCADE__TIERS__SHM__PRE_FAULT")]
    [InlineData("CASCADE__TIERS__SHM__PREFAULT")]
    [InlineData("cascade__tiers__shm__pre_fault")]
    [InlineData("CASCADE__tiers__Shm__Pre-Fault")]
    public void Variable_matches_a_key_whatever_case_dashes_and_single_underscores(string name) =>
        Assert.False(ConfigurationTesting.Load(null, [(name, "no")]).Options.Tiers.Shm.PreFault);

    [Fact]
    public void Variable_is_taken_as_it_is()
    {
        var options = ConfigurationTesting.Load(null, [("CASCADE__TIERS__SHM__DIRECTORY", "/a: ${b} # c"), ("CASCADE_TIERS", "x"), ("CASCADE", "x"), ("MYCASCADE__X", "x")]).Options;
        Assert.Equal("/a: ${b} # c", options.Tiers.Shm.Directory);
    }

    [Fact]
    public void Variables_that_name_no_key_are_reported() => Assert.Equal(
        [
            "environment variable CASCADE__CAPACITY: no such key; did you mean 'CASCADE__TIERS__SHM__CAPACITY'?",
            "environment variable CASCADE__TIERS__SHM: 'cascade.tiers.shm' is a section; name one of its keys.",
            "environment variable CASCADE__TIERS__SHM__CAPCITY: no such key; did you mean 'CASCADE__TIERS__SHM__CAPACITY'?",
            "environment variable CASCADE__TIERS__SHM__PREFAULT: sets the same key as CASCADE__TIERS__SHM__PRE-FAULT; unset one of them.",
            "environment variable CASCADE__ZZZ: no such key; the keys are listed in reference.conf.",
        ],
        ConfigurationTesting.Errors(null,
        [
            ("CASCADE__TIERS__SHM__CAPCITY", "1"), ("CASCADE__CAPACITY", "1"), ("CASCADE__TIERS__SHM", "1"), ("CASCADE__ZZZ", "1"),
            ("CASCADE__TIERS__SHM__PREFAULT", "no"), ("CASCADE__TIERS__SHM__PRE-FAULT", "no"),
        ]));

    [Fact]
    public void All_errors_of_all_layers_are_shown_at_once() => Assert.Equal(
        [
            "user.conf:2:13: unknown key 'cascade.tiers.shm.capcity'; did you mean 'cascade.tiers.shm.capacity'?",
            "user.conf:3:3: unknown key 'cascade.shm'; did you mean 'cascade.tiers.shm'?",
            "user.conf:7:1: unknown key 'other'; the keys are listed in reference.conf.",
            "environment variable CASCADE__NODE__IDD: no such key; did you mean 'CASCADE__NODE__ID'?",
            "--set cascade.leases.maxx = 1:1:16: unknown key 'cascade.leases.maxx'; did you mean 'cascade.leases.max'?",
            "--set cascade.x:1:10: expected '=', ':', '+=' or '{' after the key 'cascade.x', found the end of the text.",
            "user.conf:4:9: 'cascade.put' is a section; expected an object in braces, found 5.",
            "environment variable CASCADE__NODE__ID: cascade.node.id = \"x\": expected a whole number from 0 to 2147483647.",
            "user.conf:5:23: cascade.leases.duration = \"2 h\": expected 1 s to 1 h.",
        ],
        ConfigurationTesting.Errors(
            """
            cascade {
              tiers.shm.capcity = 1
              shm { capacity = 1 }
              put = 5
              leases { duration = 2 h }
            }
            other = 1
            """,
            [("CASCADE__NODE__IDD", "1"), ("CASCADE__NODE__ID", "x")],
            "cascade.leases.maxx = 1",
            "cascade.x"));

    [Theory]
    [InlineData("cluster.name = Big", "1:24: cascade.cluster.name = \"Big\": expected 1 to 32 of a-z, 0-9 and '-'.")]
    [InlineData("cluster.name = \"\"", "1:24: cascade.cluster.name = \"\": expected 1 to 32 of a-z, 0-9 and '-'.")]
    [InlineData("cluster.digest = md5", "1:26: cascade.cluster.digest = \"md5\": expected one of blake3, sha256.")]
    [InlineData("node.id = 2147483648", "1:19: cascade.node.id = 2147483648: expected a whole number from 0 to 2147483647.")]
    [InlineData("node.id = 1.5", "1:19: cascade.node.id = 1.5: expected a whole number from 0 to 2147483647.")]
    [InlineData("node.id = 1 K", "1:19: cascade.node.id = \"1 K\": expected a whole number from 0 to 2147483647.")]
    [InlineData("node.id = null", "1:19: cascade.node.id: expected a whole number from 0 to 2147483647, found null.")]
    [InlineData("node.id { a = 1 }", "1:17: cascade.node.id: expected a whole number from 0 to 2147483647, found an object.")]
    [InlineData("leases.duration = 30 sec", "1:27: cascade.leases.duration = \"30 sec\": 'sec' is not a unit of time (units are lower-case); expected a duration such as 250, 100ms, 30 s or 2 minutes.")]
    [InlineData("put.deadline = [1]", "1:24: cascade.put.deadline: expected a duration such as 250, 100ms, 30 s or 2 minutes, found an array.")]
    [InlineData("tiers.shm.capacity = 1 KiB", "1:30: cascade.tiers.shm.capacity = \"1 KiB\": expected 1 MiB to 1 PiB.")]
    [InlineData("tiers.shm.capacity = 2000000", "1:30: cascade.tiers.shm.capacity: expected a multiple of 4 KiB; the next is 2002944.")]
    [InlineData("tiers.shm.max-block = 1GiB", "1:31: cascade.tiers.shm.max-block: a block of 1073741824 bytes does not fit the capacity of 268435456; lower max-block or raise capacity.")]
    [InlineData("tiers.shm.directory = shm", "1:31: cascade.tiers.shm.directory = \"shm\": expected an absolute path.")]
    [InlineData("tiers.shm.mode = \"0400\"", "1:26: cascade.tiers.shm.mode = \"0400\": expected octal permissions such as \"0600\", the owner allowed to read and write.")]
    [InlineData("tiers.shm.mode = \"1777\"", "1:26: cascade.tiers.shm.mode = \"1777\": expected octal permissions such as \"0600\", the owner allowed to read and write.")]
    [InlineData("tiers.shm.pre-fault = maybe", "1:31: cascade.tiers.shm.pre-fault = \"maybe\": expected true, yes, on, false, no or off.")]
    [InlineData("tiers.cold.directory = cold", "1:32: cascade.tiers.cold.directory = \"cold\": expected an absolute path, or \"\" for no cold tier.")]
    [InlineData("tiers.cold.capacity = 1000MiB", "1:31: cascade.tiers.cold.capacity: 1048576000 bytes are less than 4 files of 268435456; raise capacity to 1073741824 or lower file-size.")]
    [InlineData("tiers.cold.capacity = 4KiB", "1:31: cascade.tiers.cold.capacity = \"4KiB\": expected 32 KiB to 1 PiB.")]
    [InlineData("tiers.cold.file-size = 4KiB", "1:32: cascade.tiers.cold.file-size = \"4KiB\": expected 8 KiB to 16 GiB.")]
    [InlineData("tiers.cold.file-size = 8193", "1:32: cascade.tiers.cold.file-size: expected a multiple of 4 KiB; the next is 12288.")]
    [InlineData("tiers.cold { capacity = 1GiB, max-block = 256MiB }", "1:51: cascade.tiers.cold.max-block: a block of 268435456 bytes takes more than a quarter of the capacity of 1073741824; lower max-block to 268431360 or raise capacity.")]
    [InlineData("tiers.cold.threads = 0", "1:30: cascade.tiers.cold.threads = 0: expected a whole number from 1 to 256.")]
    [InlineData("tiers.cold.group-delay = 1m", "1:34: cascade.tiers.cold.group-delay = \"1m\": expected 0 s to 10 s.")]
    [InlineData("tiers.cold.admit-reads = 4", "1:34: cascade.tiers.cold.admit-reads = 4: expected a whole number from 0 to 3.")]
    [InlineData("tiers.cold.verify-every = 0", "1:35: cascade.tiers.cold.verify-every = 0: expected a whole number from 1 to 1000000.")]
    [InlineData("tiers.cold.headroom = 0.6", "1:31: cascade.tiers.cold.headroom = 0.6: expected a share from 0 to 0.5 such as 0.25.")]
    [InlineData("tiers.cold.stripe-count = 0", "1:35: cascade.tiers.cold.stripe-count: expected 1 to 2000, or -1 for all targets.")]
    [InlineData("tiers.cold.stripe-size = 65537", "1:34: cascade.tiers.cold.stripe-size: expected a multiple of 64 KiB; the next is 131072.")]
    [InlineData("eviction.policy = s3fifo", "1:27: cascade.eviction.policy = \"s3fifo\": expected one of hazard, lru, s3-fifo, w-tinylfu.")]
    [InlineData("eviction.policy = w-tinylfu\ncascade.tiers.shm.max-blocks = 50000001", "1:27: cascade.eviction.policy: w-tinylfu follows 50000000 blocks at most, and memory is to describe 50000001; choose another, or lower cascade.tiers.shm.max-blocks.")]
    [InlineData("protection.quota-share = 1.01", "1:34: cascade.protection.quota-share = 1.01: expected a share from 0 to 1 such as 0.5.")]
    [InlineData("logging.level = Loud", "1:25: cascade.logging.level = \"Loud\": expected one of Trace, Debug, Information, Warning, Error, Critical, None.")]
    public void Wrong_values_say_what_is_expected(string setting, string error) =>
        Assert.Equal([$"user.conf:{error}"], ConfigurationTesting.Errors($"cascade.{setting}"));

    [Theory]
    [InlineData("cascade.node.ids = ${?UNSET}", "user.conf:1:14: unknown key 'cascade.node.ids'; did you mean 'cascade.node.id'?")]
    [InlineData("cascade.node = ${cascade.protection}", "reference.conf:SHARE: unknown key 'cascade.node.quota-share'; did you mean 'cascade.protection.quota-share'?")]
    [InlineData("cascade.node.id = ${nothing}", "user.conf:1:19: ${nothing} is not defined: neither a key of that path nor an environment variable of that name; define it, or write ${?nothing}.")]
    [InlineData("cascade.node.id = @", "user.conf:1:19: the character '@' is reserved here; put the text in double quotes.")]
    public void Unset_copied_undefined_and_malformed_settings_are_errors(string text, string error)
    {
        var share = ConfigurationTesting.Reference().Find(["cascade", "protection", "quota-share"])!.KeyOrigin;
        Assert.Equal([error.Replace("SHARE", $"{share.Line}:{share.Column}", StringComparison.Ordinal)], ConfigurationTesting.Errors(text));
    }

    [Fact]
    public void Errors_beyond_a_hundred_are_counted()
    {
        var errors = ConfigurationTesting.Errors(string.Concat(Enumerable.Range(0, 5_000).Select(i => $"unknown-{i} = 1\n")));
        Assert.Equal((101, "... and 4900 more errors."), (errors.Length, errors[^1]));
    }

    [Fact]
    public void Example_for_a_laptop_loads()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "../../../../../hocon/local.conf");
        var options = CascadeConfiguration.Load(new ConfigurationSources { FilePath = path }).Options;
        Assert.Equal(("laptop", 512L << 20, false), (options.Cluster.Name, options.Tiers.Shm.CapacityBytes, options.Tiers.Shm.PreFault));
    }

    [Fact]
    public void File_that_does_not_exist_is_an_error()
    {
        var exception = Assert.Throws<ConfigurationException>(() => CascadeConfiguration.Load(new ConfigurationSources { FilePath = "/nonexistent/x.conf" }));
        Assert.Equal(["/nonexistent/x.conf:1:1: the file does not exist; check --config."], exception.Messages);
    }
}

using Cascade.Core.Membership;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Tests.Configuration;

namespace Cascade.Hosting.Tests.Security;

public sealed class RemotingOptionsTests
{
    private const string Files = "cascade.remoting.tls { certificate = /c.pem, key = /c.key, ca = /ca.pem }";

    [Fact]
    public void Node_listens_on_loopback_alone_by_default()
    {
        var remoting = Load();
        Assert.Equal(("127.0.0.1", 0, false, false), (remoting.Host, remoting.Port, remoting.Insecure, remoting.Tls.IsPresent));
    }

    [Fact]
    public void Every_key_has_its_property()
    {
        var remoting = Load("cascade.remoting { host = gpu0, port = 7400, advertise = gpu0-ib, bulk-port = 7401, seeds = [], insecure = yes }", Files);
        Assert.Equal(
            new RemotingOptions
            {
                Host = "gpu0",
                Port = 7400,
                Advertise = "gpu0-ib",
                BulkPort = 7401,
                Seeds = new ValueList<NodeAddress>([]),
                Insecure = true,
                Tls = new() { Certificate = "/c.pem", PrivateKey = "/c.key", Authority = "/ca.pem" },
            },
            remoting);
        Assert.True(remoting.Tls.IsPresent);
    }

    [Theory]
    [InlineData("[\"a:1\", \"[::1]:7400\"]", "a:1 [::1]:7400")]
    [InlineData("\"a:1, b:65535\"", "a:1 b:65535")]
    [InlineData("\"\"", "")]
    [InlineData("[]", "")]
    public void Seeds_are_an_array_or_a_text_with_commas(string value, string seeds) =>
        Assert.Equal(seeds, string.Join(' ', (IEnumerable<NodeAddress>)Load($"cascade.remoting.seeds = {value}").Seeds));

    [Theory]
    [InlineData("[\"a\"]")]
    [InlineData("\"a:1, b:65536\"")]
    [InlineData("[[\"a:1\"]]")]
    public void A_seed_without_a_port_is_an_error(string value)
    {
        var faults = Assert.Throws<ConfigurationException>(() => Load($"cascade.remoting.seeds = {value}")).Messages;
        Assert.Contains("expected host:port of each seed", Assert.Single(faults), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.3.2.1")]
    [InlineData("::1")]
    [InlineData("localhost")]
    public void Loopback_needs_no_TLS(string host) => Assert.Equal(host, Load($"cascade.remoting.host = \"{host}\"").Host);

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("10.0.0.7")]
    [InlineData("gpu0")]
    [InlineData("localhost.example.org")]
    public void Anything_but_loopback_needs_TLS_or_leave(string host)
    {
        var setting = $"cascade.remoting.host = \"{host}\"";
        Assert.Equal(
            $"--set {setting}:1:25: cascade.remoting.host: '{host}' can be reached by other machines, and without TLS a node listens on loopback only; "
            + "set cascade.remoting.tls ('cascade certs DIR' makes the files), or host = 127.0.0.1, or, in a network that all may trust, cascade.remoting.insecure = true.",
            Assert.Single(ConfigurationTesting.Errors(null, null, setting)));
        Assert.Equal(host, Load(setting, Files).Host);
        Assert.Equal(host, Load(setting, "cascade.remoting.insecure = true").Host);
    }

    [Theory]
    [InlineData("certificate", "key", "ca")]
    [InlineData("key", "certificate", "ca")]
    [InlineData("ca", "certificate", "key")]
    public void One_file_alone_is_told_which_others_are_missing(string given, params string[] missing)
    {
        var errors = ConfigurationTesting.Errors(null, null, $"cascade.remoting.tls.{given} = /file", "cascade.remoting.host = gpu0");
        Assert.Equal(2, errors.Length);
        foreach (var (error, key) in errors.Zip(missing))
            Assert.EndsWith(
                $"cascade.remoting.tls.{key}: expected a path, because TLS needs certificate, key and ca; name all three, or none for no TLS.",
                error,
                StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tls.ca = ca.pem", "cascade.remoting.tls.ca = \"ca.pem\": expected an absolute path, or \"\" for no TLS.")]
    [InlineData("host = \"a b\"", "cascade.remoting.host = \"a b\": expected an IP address or a host name.")]
    [InlineData("host = \"\"", "cascade.remoting.host = \"\": expected an IP address or a host name.")]
    [InlineData("port = 65536", "cascade.remoting.port = 65536: expected a whole number from 0 to 65535.")]
    [InlineData("port = -1", "cascade.remoting.port = -1: expected a whole number from 0 to 65535.")]
    public void Wrong_value_is_told(string setting, string error) =>
        Assert.EndsWith(error, Assert.Single(ConfigurationTesting.Errors(null, null, $"cascade.remoting.{setting}")), StringComparison.Ordinal);

    private static RemotingOptions Load(params string[] settings) => ConfigurationTesting.Load(null, null, settings).Options.Remoting;
}

using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Cli.Verbs;
using Cascade.Hosting.Security;
using Cascade.Hosting.Tests.Configuration;
using Cascade.Hosting.Tests.Security;

namespace Cascade.Hosting.Tests.Cli;

public sealed class CertsTests : IDisposable
{
    private readonly StringWriter _out = new(), _error = new();
    private readonly ManualTime _time = new();
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"cascade-certs-{Guid.NewGuid():N}");

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
        if (Directory.Exists(_root))
            Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Help_has_the_options_and_examples()
    {
        Assert.Equal(0, await RunAsync("certs", "--help"));
        foreach (var text in (string[])["<DIR>", "--nodes <N>", "--host <NAME>", "--days <N>", "--json", "Exit code 2: ", "Examples:\n  cascade certs ./certs\n"])
            Assert.Contains(text, _out.ToString(), StringComparison.Ordinal);
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public async Task Table_says_what_was_made_and_kept_until_when_and_the_settings()
    {
        Assert.Equal(0, await RunAsync("certs", _root, "--nodes", "1"));
        _out.GetStringBuilder().Clear();
        _time.Now += TimeSpan.FromDays(1);
        Assert.Equal(0, await RunAsync("certs", _root, "--nodes", "2", "--days", "10"));
        Assert.Equal(
            """
            @
            certificate key            valid until
            ca.pem      ca.key    kept 2040-05-14 12:30 UTC
            node0.pem   node0.key kept 2031-05-17 12:30 UTC
            node1.pem   node1.key made 2030-05-28 12:30 UTC

            Settings for all nodes, each with its own cascade.node.id; copy ca.pem and the node's own two files to its machine:
            cascade.remoting {
              host = "0.0.0.0"
              tls {
                certificate = "@/node"${cascade.node.id}".pem"
                key = "@/node"${cascade.node.id}".key"
                ca = "@/ca.pem"
              }
            }

            """,
            string.Join('\n', _out.ToString().Replace(_root, "@", StringComparison.Ordinal).Split('\n').Select(line => line.TrimEnd())));
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public async Task Document_has_exactly_the_published_fields()
    {
        Assert.Equal(0, await RunAsync("certs", _root, "--nodes", "1", "--json"));
        Assert.Equal(
            """
            {"directory":"@",
            "authority":{"name":"ca","certificate":"@/ca.pem","key":"@/ca.key","made":true,"valid_until":"2040-05-14T12:30:00+00:00"},
            "nodes":[{"name":"node0","certificate":"@/node0.pem","key":"@/node0.key","made":true,"valid_until":"2031-05-17T12:30:00+00:00"}],
            "settings":"cascade.remoting {\n  host = \u00220.0.0.0\u0022\n  tls {\n    certificate = \u0022@/node\u0022${cascade.node.id}\u0022.pem\u0022\n
                key = \u0022@/node\u0022${cascade.node.id}\u0022.key\u0022\n    ca = \u0022@/ca.pem\u0022\n  }\n}"}

            """.Replace("\\n\n", "\\n", StringComparison.Ordinal).Replace(",\n", ",", StringComparison.Ordinal),
            _out.ToString().Replace(_root, "@", StringComparison.Ordinal));
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public async Task Settings_that_are_printed_load_and_their_files_too()
    {
        Assert.Equal(0, await RunAsync("certs", _root, "--nodes", "12", "--json"));
        using var document = JsonDocument.Parse(_out.ToString());
        var options = ConfigurationTesting.Load(document.RootElement.GetProperty("settings").GetString(), null, "cascade.node.id = 11").Options.Remoting;
        Assert.Equal(TlsFolder.Options(Path.Combine(_root, "node11.pem"), Path.Combine(_root, "node11.key"), Path.Combine(_root, "ca.pem")), options.Tls);
        using var tls = ClusterTls.Load(options.Tls, _time);
        Assert.Empty(tls!.Warnings);
    }

    [Fact]
    public async Task Certificates_name_the_hosts_and_loopback()
    {
        Assert.Equal(0, await RunAsync("certs", _root, "--nodes", "1", "--host", "gpu0", "--host", "10.0.0.7", "--host=::1"));
        Assert.Equal("gpu0, localhost, 10.0.0.7, ::1, 127.0.0.1", NamesOf("node0.pem"));
    }

    [Fact]
    public async Task Certificates_name_this_machine_unless_hosts_are_given()
    {
        Assert.Equal(0, await RunAsync("certs", _root));
        Assert.Equal(
            ["ca.key", "ca.pem", "node0.key", "node0.pem", "node1.key", "node1.pem", "node2.key", "node2.pem"],
            Directory.GetFiles(_root).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Assert.Equal($"{Environment.MachineName}, localhost, 127.0.0.1, ::1", NamesOf("node2.pem"));
    }

    [Theory]
    [InlineData("Required argument 'DIR' missing for command: 'certs'.")]
    [InlineData("'' is not good for DIR: expected a directory.", "")]
    [InlineData("'0' is not good for --nodes: expected a whole number from 1 to 1024.", "dir", "--nodes", "0")]
    [InlineData("'3651' is not good for --days: expected a whole number from 1 to 3650.", "dir", "--days", "3651")]
    [InlineData("'a b' is not good for --host: expected a host name or an IP address.", "dir", "--host", "a b")]
    [InlineData("'gpü0' is not good for --host: expected a host name or an IP address.", "dir", "--host", "gpü0")]
    [InlineData("There is no option '--node' here; did you mean '--nodes'?", "dir", "--node", "1")]
    public async Task Wrong_command_line_is_told(string fault, params string[] arguments)
    {
        Assert.Equal(2, await RunAsync(["certs", .. arguments]));
        Assert.StartsWith($"cascade: {fault}\n", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_out.ToString());
    }

    [Fact]
    public async Task Host_with_a_label_that_no_name_may_have_is_told()
    {
        var label = new string('a', 64);
        Assert.Equal(2, await RunAsync("certs", _root, "--host", label));
        Assert.StartsWith($"cascade: '{label}' is not good for --host: expected a host name or an IP address.\n", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_many_hosts_are_told()
    {
        Assert.Equal(2, await RunAsync(["certs", _root, .. Enumerable.Range(0, 65).SelectMany(i => (string[])["--host", $"gpu{i}"])]));
        Assert.StartsWith("cascade: --host is given 65 times: 64 names are the most.\n", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Folder_that_cannot_be_used_is_a_usage_error_with_a_line_for_each_fault()
    {
        Assert.Equal(0, await RunAsync("certs", _root, "--nodes", "2"));
        _out.GetStringBuilder().Clear();
        File.Delete(Path.Combine(_root, "node0.key"));
        File.Delete(Path.Combine(_root, "node1.pem"));
        Assert.Equal(2, await RunAsync("certs", _root));
        Assert.Equal(
            """
            cascade: '@/node0.pem' is there without '@/node0.key'; put that back, or move '@/node0.pem' away to have both made
            cascade: '@/node1.key' is there without '@/node1.pem'; put that back, or move '@/node1.key' away to have both made

            """,
            _error.ToString().Replace(_root, "@", StringComparison.Ordinal));
        Assert.Empty(_out.ToString());
    }

    [Fact]
    public async Task Folder_that_cannot_be_written_is_a_failure()
    {
        Directory.CreateDirectory(_root);
        await File.WriteAllTextAsync(Path.Combine(_root, "file"), "");
        Assert.Equal(1, await RunAsync("certs", Path.Combine(_root, "file", "sub")));
        Assert.StartsWith($"cascade: '{_root}/file/sub' cannot be filled: ", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_out.ToString());
    }

    private Task<int> RunAsync(params string[] arguments)
    {
        var console = new CliConsole(_out, _error, errorIsTerminal: false, _time);
        return new CascadeCli(console, CertsVerb.Create(console)).RunAsync(arguments, CancellationToken.None);
    }

    private string NamesOf(string file)
    {
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(_root, file));
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        return string.Join(", ", names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString())));
    }
}

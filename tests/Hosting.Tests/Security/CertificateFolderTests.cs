using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cascade.Hosting.Security;

namespace Cascade.Hosting.Tests.Security;

/// <summary>What is made in a folder, and what is told of one that cannot be used; <c>@</c> stands for it.</summary>
public sealed class CertificateFolderTests : IDisposable
{
    private static readonly string[] Hosts = ["gpu0", "10.0.0.7", "localhost", "127.0.0.1", "::1"];

    private readonly ManualTime _time = new();
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"cascade-certs-{Guid.NewGuid():N}");

    public void Dispose()
    {
        if (Directory.Exists(_root))
            Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void Empty_folder_gets_an_authority_and_the_nodes()
    {
        var all = Fill(2);
        Assert.Equal(["ca.key", "ca.pem", "node0.key", "node0.pem", "node1.key", "node1.pem"], Names());
        Assert.Equal(
            [
                new("ca", In("ca.pem"), In("ca.key"), true, _time.Now.AddDays(3650)),
                new("node0", In("node0.pem"), In("node0.key"), true, _time.Now.AddDays(30)),
                new("node1", In("node1.pem"), In("node1.key"), true, _time.Now.AddDays(30)),
            ],
            all);
    }

    [Fact]
    public void Keys_are_for_their_owner_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs Unix permissions");
        Fill(1);
        if (OperatingSystem.IsWindows())
            return;
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(_root));
        foreach (var name in Names())
            Assert.Equal(name.EndsWith(".key", StringComparison.Ordinal) ? Owner : Owner | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(In(name)));
    }

    [Fact]
    public void Authority_may_sign_nodes_and_nothing_else()
    {
        Fill(1);
        using var authority = X509Certificate2.CreateFromPemFile(In("ca.pem"), In("ca.key"));
        var basic = Assert.Single(authority.Extensions.OfType<X509BasicConstraintsExtension>());
        Assert.Equal((true, true, true, 0), (basic.Critical, basic.CertificateAuthority, basic.HasPathLengthConstraint, basic.PathLengthConstraint));
        var usage = Assert.Single(authority.Extensions.OfType<X509KeyUsageExtension>());
        Assert.Equal((true, X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign), (usage.Critical, usage.KeyUsages));
        Assert.Equal(authority.Subject, authority.Issuer);
        Assert.Matches("^CN=Cascade authority [0-9a-f]{8}$", authority.Subject);
        Assert.StartsWith("-----BEGIN PRIVATE KEY-----\n", File.ReadAllText(In("ca.key")), StringComparison.Ordinal);
        Assert.Equal(_time.Now.AddHours(-1), new DateTimeOffset(authority.NotBefore));
    }

    [Fact]
    public void Node_has_its_names_and_is_good_for_both_sides()
    {
        Fill(1);
        using var node = X509Certificate2.CreateFromPemFile(In("node0.pem"), In("node0.key"));
        using var authority = X509CertificateLoader.LoadCertificateFromFile(In("ca.pem"));
        Assert.Equal(("CN=node0", authority.Subject), (node.Subject, node.Issuer));
        Assert.Equal(ECCurve.NamedCurves.nistP256.Oid.Value, node.GetECDsaPublicKey()!.ExportParameters(false).Curve.Oid.Value);
        var names = Assert.Single(node.Extensions.OfType<X509SubjectAlternativeNameExtension>());
        Assert.Equal(["gpu0", "localhost"], names.EnumerateDnsNames());
        Assert.Equal(["10.0.0.7", "127.0.0.1", "::1"], names.EnumerateIPAddresses().Select(address => address.ToString()));
        var uses = Assert.Single(node.Extensions.OfType<X509EnhancedKeyUsageExtension>()).EnhancedKeyUsages;
        Assert.Equal([TlsFolder.ServerUse, TlsFolder.ClientUse], uses.Cast<Oid>().Select(use => use.Value));
        Assert.Equal(X509KeyUsageFlags.DigitalSignature, Assert.Single(node.Extensions.OfType<X509KeyUsageExtension>()).KeyUsages);
        Assert.False(Assert.Single(node.Extensions.OfType<X509BasicConstraintsExtension>()).CertificateAuthority);
        Assert.StartsWith("-----BEGIN PRIVATE KEY-----\n", File.ReadAllText(In("node0.key")), StringComparison.Ordinal);
    }

    [Fact]
    public void Serial_numbers_are_random_and_positive()
    {
        Fill(8);
        var serials = Names().Where(name => name.EndsWith(".pem", StringComparison.Ordinal)).Select(name =>
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(In(name));
            return certificate.SerialNumberBytes.ToArray();
        }).ToList();
        Assert.All(serials, serial => Assert.Equal((16, 0x40), (serial.Length, serial[0] & 0xC0)));
        Assert.Equal(9, serials.Select(serial => Convert.ToHexString(serial)).Distinct().Count());
    }

    [Fact]
    public void Second_run_keeps_every_byte()
    {
        Fill(2);
        var before = Contents();
        _time.Now += TimeSpan.FromDays(1);
        var all = Fill(2);
        Assert.Equal(before, Contents());
        Assert.DoesNotContain(all, files => files.Made);
        Assert.Equal(_time.Now.AddDays(29), all[2].ValidUntil);
    }

    [Fact]
    public void Further_nodes_are_signed_by_the_authority_that_is_there()
    {
        Fill(1);
        var before = Contents();
        _time.Now += TimeSpan.FromDays(1);
        var all = Fill(3);
        Assert.Equal([false, false, true, true], all.Select(files => files.Made));
        Assert.Equal(before, Contents().Where(pair => before.ContainsKey(pair.Key)).ToDictionary());
        ClusterCredentials.Load(TlsFolder.Options(In("node2.pem"), In("node2.key"), In("ca.pem")), _time).Dispose();
    }

    [Fact]
    public void Node_ends_with_its_authority_at_the_latest()
    {
        Fill(1);
        _time.Now += TimeSpan.FromDays(3640);
        File.Delete(In("node0.pem"));
        File.Delete(In("node0.key"));
        var all = Fill(1);
        Assert.Equal(all[0].ValidUntil, all[1].ValidUntil);
        Assert.Equal(_time.Now.AddDays(10), all[1].ValidUntil);
    }

    [Fact]
    public void Files_of_others_are_left_alone()
    {
        Directory.CreateDirectory(_root);
        File.WriteAllText(In("notes.txt"), "mine");
        Fill(1);
        Assert.Equal("mine", File.ReadAllText(In("notes.txt")));
    }

    [Fact]
    public void File_in_place_of_the_folder_is_told()
    {
        File.WriteAllText(_root, "");
        Assert.Equal(["'@' is a file; name a directory"], Faults(1));
        File.Delete(_root);
    }

    [Fact]
    public void Folder_that_cannot_be_made_is_told()
    {
        Directory.CreateDirectory(_root);
        File.WriteAllText(In("file"), "");
        using var folder = CertificateFolder.Open(In("file/sub"), 1, _time);
        var error = Assert.Throws<CertificateException>(() => folder.Fill(Hosts, TimeSpan.FromDays(1))).Message.Replace(_root, "@", StringComparison.Ordinal);
        Assert.StartsWith("'@/file/sub' cannot be filled: ", error, StringComparison.Ordinal);
        Assert.EndsWith("; make it writable and run this again, or name another directory", error, StringComparison.Ordinal);
    }

    [Fact]
    public void File_that_came_meanwhile_is_not_overwritten_and_no_key_is_left_without_its_certificate()
    {
        Fill(1);
        using var folder = CertificateFolder.Open(_root, 2, _time);
        File.WriteAllText(In("node1.pem"), "somebody else's");
        Assert.Throws<CertificateException>(() => folder.Fill(Hosts, TimeSpan.FromDays(1)));
        Assert.Equal("somebody else's", File.ReadAllText(In("node1.pem")));
        Assert.False(File.Exists(In("node1.key")));
    }

    [Theory]
    [InlineData("ca.key")]
    [InlineData("ca.pem")]
    public void Half_an_authority_is_told(string missing)
    {
        Fill(1);
        File.Delete(In(missing));
        Assert.Equal([$"'@/{missing}' is not there, and without it nothing can be signed; put it back beside the other one, or name an empty directory"], Faults(2));
    }

    [Fact]
    public void Nodes_without_their_authority_are_told()
    {
        Fill(2);
        File.Delete(In("ca.key"));
        File.Delete(In("ca.pem"));
        Assert.Equal(["'@/node0.pem' is there without the '@/ca.pem' that signed it; put ca.pem and ca.key back, or name an empty directory"], Faults(2));
    }

    [Fact]
    public void Half_nodes_are_all_told()
    {
        Fill(2);
        File.Delete(In("node0.key"));
        File.Delete(In("node1.pem"));
        Assert.Equal(
            [
                "'@/node0.pem' is there without '@/node0.key'; put that back, or move '@/node0.pem' away to have both made",
                "'@/node1.key' is there without '@/node1.pem'; put that back, or move '@/node1.key' away to have both made",
            ],
            Faults(3));
    }

    [Fact]
    public void Authority_that_cannot_be_read_is_told()
    {
        Fill(1);
        File.WriteAllText(In("ca.key"), "");
        Assert.Equal(["'@/ca.key' holds no private key: expected PEM with a line -----BEGIN PRIVATE KEY-----, found no PEM"], Faults(2));
        File.Copy(In("node0.key"), In("ca.key"), overwrite: true);
        Assert.StartsWith("'@/ca.key' is not the key of '@/ca.pem' (CN=Cascade authority ", Assert.Single(Faults(2)), StringComparison.Ordinal);
        File.Copy(In("node0.pem"), In("ca.pem"), overwrite: true);
        Assert.Equal(["'@/ca.pem' holds a certificate, CN=node0, that may not sign others; name the authority's that signed the nodes' certificates"], Faults(2));
    }

    [Fact]
    public void Authority_that_expired_is_told()
    {
        Fill(1);
        _time.Now += TimeSpan.FromDays(3650);
        Assert.Equal(["'@/ca.pem': the authority expired at 2040-05-14 12:30 UTC, and all that it signed with it; make all anew in an empty directory"], Faults(2));
    }

    [Fact]
    public void Node_files_that_cannot_be_used_are_all_told_and_nothing_is_made()
    {
        Fill(3);
        File.WriteAllText(In("node0.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        File.Copy(In("node2.key"), In("node1.key"), overwrite: true);
        using (var other = CertificateFolder.Open(In("other"), 1, _time))
            other.Fill(Hosts, TimeSpan.FromDays(1));
        File.Copy(In("other/node0.pem"), In("node2.pem"), overwrite: true);
        var before = Contents();

        var faults = Faults(4);
        Assert.Equal(3, faults.Length);
        Assert.StartsWith("'@/node0.pem' holds a damaged certificate (", faults[0], StringComparison.Ordinal);
        Assert.Equal("'@/node1.key' is not the key of '@/node1.pem' (CN=node1); name the two files that were made together", faults[1]);
        Assert.StartsWith("'@/node2.pem': the certificate CN=node0 is not signed by the cluster's authority CN=Cascade authority ", faults[2], StringComparison.Ordinal);
        Assert.EndsWith(", or move it and '@/node2.key' away to have both made", faults[2], StringComparison.Ordinal);
        Assert.Equal(before, Contents());
    }

    [Fact]
    public void Node_that_expired_is_told()
    {
        Fill(1);
        _time.Now += TimeSpan.FromDays(30);
        Assert.Equal(
            ["'@/node0.pem': the certificate CN=node0 expired at 2030-06-16 12:30 UTC; make a new one, or move it and '@/node0.key' away to have both made"],
            Faults(2));
    }

    private IReadOnlyList<CertificateFiles> Fill(int nodes)
    {
        using var folder = CertificateFolder.Open(_root, nodes, _time);
        return folder.Fill(Hosts, TimeSpan.FromDays(30));
    }

    private string[] Faults(int nodes) =>
        Assert.Throws<CertificateException>(() => CertificateFolder.Open(_root, nodes, _time)).Message.Replace(_root, "@", StringComparison.Ordinal).Split('\n');

    private string In(string name) => Path.Combine(_root, name);

    private string[] Names() => [.. Directory.GetFiles(_root).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private Dictionary<string, string> Contents() => Names().ToDictionary(
        name => name,
        name => string.Create(CultureInfo.InvariantCulture, $"{File.GetLastWriteTimeUtc(In(name)).Ticks} {File.ReadAllText(In(name))}"));
}

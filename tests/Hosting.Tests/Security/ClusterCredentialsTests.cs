using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Security;

namespace Cascade.Hosting.Tests.Security;

/// <summary>What a node says about the files of <c>cascade.remoting.tls</c>; <c>@</c> stands for their folder.</summary>
public sealed class ClusterCredentialsTests : IDisposable
{
    private const string Both = "extended key usage names both server and client authentication";

    private readonly ManualTime _time = new();
    private readonly TlsFolder _folder;

    public ClusterCredentialsTests() => _folder = new TlsFolder(_time);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_that_are_right_are_loaded_without_a_word()
    {
        using var credentials = ClusterCredentials.Load(_folder.OptionsOf(1), _time);
        Assert.Equal(("CN=node1", true), (credentials.Own.Subject, credentials.Own.HasPrivateKey));
        Assert.Equal(_folder.Authority.Thumbprint, Assert.Single(credentials.Authorities).Thumbprint);
        Assert.Empty(credentials.Intermediates);
        Assert.Empty(credentials.Warnings);
    }

    [Fact]
    public void Files_that_are_missing_are_all_told() => Assert.Equal(
        [
            "cascade.remoting.tls.certificate: '@/a.pem' is not there; check the path, or make it with 'cascade certs DIR'.",
            "cascade.remoting.tls.key: '@/a.key' is not there; check the path, or make it with 'cascade certs DIR'.",
            "cascade.remoting.tls.ca: '@/none/ca.pem' is not there; check the path, or make it with 'cascade certs DIR'.",
        ],
        Errors(TlsFolder.Options(_folder.In("a.pem"), _folder.In("a.key"), _folder.In("none/ca.pem"))));

    [Fact]
    public void Directories_and_files_of_other_kinds_are_told() => Assert.Equal(
        [
            "cascade.remoting.tls.certificate: '@/node0.key' holds no certificate: expected PEM with a line -----BEGIN CERTIFICATE-----, found PRIVATE KEY.",
            "cascade.remoting.tls.key: '@/node0.pem' holds no private key: expected PEM with a line -----BEGIN PRIVATE KEY-----, found CERTIFICATE.",
            "cascade.remoting.tls.ca: '@/directory' is a directory; name the file in it.",
        ],
        Errors(TlsFolder.Options(_folder.In("node0.key"), _folder.In("node0.pem"), Directory.CreateDirectory(_folder.In("directory")).FullName)));

    [Fact]
    public void Files_that_are_no_PEM_or_too_large_are_told() => Assert.Equal(
        [
            "cascade.remoting.tls.certificate: '@/text' holds no certificate: expected PEM with a line -----BEGIN CERTIFICATE-----, found no PEM.",
            "cascade.remoting.tls.key: '@/large' is larger than 1 MiB, so it is no certificate or key in PEM; check the path.",
            "cascade.remoting.tls.ca: '@/empty' holds no certificate: expected PEM with a line -----BEGIN CERTIFICATE-----, found no PEM.",
        ],
        Errors(TlsFolder.Options(_folder.Write("text", "a certificate"), _folder.Write("large", new string('x', PemFile.BytesMax + 1)), _folder.Write("empty", ""))));

    [Fact]
    public void Damaged_certificate_is_told()
    {
        var damaged = _folder.Write("damaged.pem", PemEncoding.WriteString("CERTIFICATE", [1, 2, 3, 4]));
        var error = Assert.Single(Errors(_folder.OptionsOf(0) with { Certificate = damaged }));
        Assert.StartsWith("cascade.remoting.tls.certificate: '@/damaged.pem' holds a damaged certificate (", error, StringComparison.Ordinal);
        Assert.EndsWith("); copy it again from where it was made.", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_key_is_told()
    {
        var damaged = _folder.Write("damaged.key", PemEncoding.WriteString("PRIVATE KEY", [1, 2, 3, 4]));
        var error = Assert.Single(Errors(_folder.OptionsOf(0) with { PrivateKey = damaged }));
        Assert.StartsWith("cascade.remoting.tls.key: '@/damaged.key' holds a damaged key, or one that is neither ECDSA nor RSA (", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Encrypted_key_is_told()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var parameters = new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1000);
        var encrypted = _folder.Write("encrypted.key", key.ExportEncryptedPkcs8PrivateKeyPem("word", parameters));
        Assert.Equal(
            "cascade.remoting.tls.key: '@/encrypted.key' holds an encrypted key, and a node starts without a person to ask; "
            + "decrypt it with 'openssl pkey -in ... -out ...', mode 0600.",
            Assert.Single(Errors(_folder.OptionsOf(0) with { PrivateKey = encrypted })));
    }

    [Fact]
    public void Key_of_another_certificate_is_told() => Assert.Equal(
        "cascade.remoting.tls.key: '@/node1.key' is not the key of '@/node0.pem' (CN=node0); name the two files that were made together.",
        Assert.Single(Errors(_folder.OptionsOf(0) with { PrivateKey = _folder.In("node1.key") })));

    [Fact]
    public void Key_of_another_kind_is_told()
    {
        using var rsa = RSA.Create(2048);
        Assert.Equal(
            "cascade.remoting.tls.key: '@/rsa.key' is not the key of '@/node0.pem' (CN=node0); name the two files that were made together.",
            Assert.Single(Errors(_folder.OptionsOf(0) with { PrivateKey = _folder.Write("rsa.key", rsa.ExportPkcs8PrivateKeyPem()) })));
    }

    [Fact]
    public void Certificate_that_expired_is_told()
    {
        _time.Now += TimeSpan.FromDays(30);
        Assert.Equal(
            "cascade.remoting.tls.certificate: '@/node0.pem': the certificate CN=node0 expired at 2030-06-16 12:30 UTC; make a new one.",
            Assert.Single(Errors(_folder.OptionsOf(0))));
    }

    [Fact]
    public void Certificate_is_good_to_its_last_second()
    {
        _time.Now += TimeSpan.FromDays(30) - TimeSpan.FromSeconds(1);
        using var credentials = ClusterCredentials.Load(_folder.OptionsOf(0), _time);
        Assert.StartsWith(
            "cascade.remoting.tls.certificate: '@/node0.pem' or its authority expires at 2030-06-16 12:30 UTC; make a new one before,",
            Shown(Assert.Single(credentials.Warnings)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Certificate_that_is_not_valid_yet_is_told()
    {
        _time.Now -= TimeSpan.FromHours(2);
        Assert.Equal(
            "cascade.remoting.tls.certificate: '@/node0.pem': the certificate CN=node0 is not valid before 2030-05-17 11:30 UTC, and here it is 2030-05-17 10:30 UTC; "
            + "set the clocks right, or wait.",
            Assert.Single(Errors(_folder.OptionsOf(0))));
    }

    [Fact]
    public void Authority_that_expired_is_told()
    {
        var root = _folder.Make("CN=Root", [], isAuthority: true, end: TimeSpan.FromDays(1));
        var options = _folder.Save("far", _folder.Make("CN=far", [TlsFolder.ServerUse, TlsFolder.ClientUse], root));
        _folder.Write("root.pem", root.ExportCertificatePem());
        _time.Now += TimeSpan.FromDays(1);
        Assert.Equal(
            "cascade.remoting.tls.certificate: '@/far.pem': the certificate is signed by one that cannot be used: CN=Root expired at 2030-05-18 12:30 UTC; make a new one.",
            Assert.Single(Errors(options with { Authority = _folder.In("root.pem") })));
    }

    [Fact]
    public void Certificate_of_another_authority_is_told()
    {
        var other = _folder.Make("CN=Other", [], isAuthority: true);
        var options = _folder.OptionsOf(0) with { Authority = _folder.Write("other.pem", other.ExportCertificatePem()) };
        Assert.Equal(
            $"cascade.remoting.tls.certificate: '@/node0.pem': the certificate CN=node0 is not signed by the cluster's authority CN=Other, but by {_folder.Authority.Subject}; "
            + "have it signed by the authority that all nodes name as cascade.remoting.tls.ca.",
            Assert.Single(Errors(options)));
    }

    [Fact]
    public void Authority_that_may_not_sign_is_told() => Assert.Equal(
        "cascade.remoting.tls.ca: '@/node1.pem' holds a certificate, CN=node1, that may not sign others; name the authority's that signed the nodes' certificates.",
        Assert.Single(Errors(_folder.OptionsOf(0) with { Authority = _folder.In("node1.pem") })));

    [Theory]
    [InlineData(TlsFolder.ServerUse, "client")]
    [InlineData(TlsFolder.ClientUse, "server")]
    public void Certificate_for_one_side_alone_is_told(string use, string missing) => Assert.Equal(
        $"cascade.remoting.tls.certificate: '@/half.pem': the certificate CN=half is not made for a TLS {missing}; make one whose {Both}.",
        Assert.Single(Errors(_folder.Save("half", _folder.Make("CN=half", [use])))));

    [Theory]
    [InlineData(UnixFileMode.GroupRead, "0640")]
    [InlineData(UnixFileMode.OtherRead, "0604")]
    [InlineData(UnixFileMode.OtherWrite, "0602")]
    public void Key_that_others_can_use_is_warned_of(UnixFileMode others, string mode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs Unix permissions");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder.In("node0.key"), UnixFileMode.UserRead | UnixFileMode.UserWrite | others);
        using var tls = _folder.Load(0);
        Assert.Equal(
            $"cascade.remoting.tls.key: '@/node0.key' has mode {mode}, so others can read or change the key; run 'chmod 600' on it",
            Shown(Assert.Single(tls.Warnings)));
    }

    [Fact]
    public void RSA_certificates_are_taken_too()
    {
        using var rsa = RSA.Create(2048);
        var request = new CertificateRequest("CN=rsa", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(CertificateCheck.Usages, false));
        using var signed = request.Create(
            _folder.Authority.SubjectName, X509SignatureGenerator.CreateForECDsa(_folder.Authority.GetECDsaPrivateKey()!), _time.Now, _time.Now.AddDays(20), [1]);
        var options = TlsFolder.Options(_folder.Write("rsa.pem", signed.ExportCertificatePem()), _folder.Write("rsa.key", rsa.ExportRSAPrivateKeyPem()), _folder.In("ca.pem"));
        using var credentials = ClusterCredentials.Load(options, _time);
        Assert.True(credentials.Own.HasPrivateKey);
    }

    private string[] Errors(RemotingTlsOptions options) =>
        [.. Assert.Throws<ConfigurationException>(() => ClusterCredentials.Load(options, _time)).Messages.Select(Shown)];

    private string Shown(string message) => message.Replace(_folder.Root, "@", StringComparison.Ordinal);
}

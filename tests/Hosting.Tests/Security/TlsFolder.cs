using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Security;

namespace Cascade.Hosting.Tests.Security;

/// <summary>A folder with an authority and nodes 0 and 1, and further certificates that a test makes as it needs them.</summary>
internal sealed class TlsFolder : IDisposable
{
    public const string ServerUse = "1.3.6.1.5.5.7.3.1";
    public const string ClientUse = "1.3.6.1.5.5.7.3.2";

    private readonly List<IDisposable> _owned = [];

    public TlsFolder(ManualTime time)
    {
        Time = time;
        using var folder = CertificateFolder.Open(Root, 2, time);
        folder.Fill(["localhost"], TimeSpan.FromDays(30));
        Authority = Own(X509Certificate2.CreateFromPemFile(In("ca.pem"), In("ca.key")));
    }

    public string Root { get; } = Path.Combine(Path.GetTempPath(), $"cascade-certs-{Guid.NewGuid():N}");

    public ManualTime Time { get; }

    /// <summary>With its key.</summary>
    public X509Certificate2 Authority { get; }

    public static RemotingTlsOptions Options(string certificate, string key, string authority) =>
        new() { Certificate = certificate, PrivateKey = key, Authority = authority };

    public string In(string name) => Path.Combine(Root, name);

    public RemotingTlsOptions OptionsOf(int node) => Options(In($"node{node}.pem"), In($"node{node}.key"), In("ca.pem"));

    public ClusterTls Load(int node) => Own(ClusterTls.Load(OptionsOf(node), Time)!);

    public string Write(string name, string text)
    {
        File.WriteAllText(In(name), text);
        return In(name);
    }

    /// <summary>A certificate with its key; signed by the authority of this folder unless another is given.</summary>
    public X509Certificate2 Make(
        string name, string[] uses, X509Certificate2? by = null, TimeSpan begin = default, TimeSpan? end = null, bool isAuthority = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName(name), key, HashAlgorithmName.SHA256);
        if (isAuthority)
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        if (uses.Length > 0)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(OidsOf(uses), false));
        var (first, last) = (Time.Now + begin, Time.Now + (end ?? TimeSpan.FromDays(20)));
        if (by == null && isAuthority)
            return Own(request.CreateSelfSigned(first, last));

        // By its parts: the whole one is not let outlive its authority.
        var signer = by ?? Authority;
        using var signed = request.Create(
            signer.SubjectName, X509SignatureGenerator.CreateForECDsa(signer.GetECDsaPrivateKey()!), first, last, RandomNumberGenerator.GetBytes(8));
        return Own(signed.CopyWithPrivateKey(key));
    }

    /// <summary>Writes a certificate, those behind it, and its key.</summary>
    public RemotingTlsOptions Save(string name, X509Certificate2 certificate, params X509Certificate2[] behind)
    {
        var path = Write($"{name}.pem", string.Join('\n', behind.Prepend(certificate).Select(one => one.ExportCertificatePem())));
        var key = Write($"{name}.key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return Options(path, key, In("ca.pem"));
    }

    private static OidCollection OidsOf(string[] uses)
    {
        var oids = new OidCollection();
        foreach (var use in uses)
            oids.Add(new Oid(use));
        return oids;
    }

    public T Own<T>(T disposable)
        where T : IDisposable
    {
        _owned.Add(disposable);
        return disposable;
    }

    public void Dispose()
    {
        _owned.ForEach(one => one.Dispose());
        Directory.Delete(Root, recursive: true);
    }
}

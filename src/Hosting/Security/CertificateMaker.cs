using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cascade.Hosting.Security;

/// <summary>A certificate and its key, as they go into files.</summary>
/// <param name="CertificatePem">The certificate.</param>
/// <param name="KeyPem">Its key: PKCS#8, not encrypted.</param>
/// <param name="ValidUntil">When its life ends: from then on it is refused.</param>
internal sealed record MadeCertificate(string CertificatePem, string KeyPem, DateTimeOffset ValidUntil);

/// <summary>Makes an authority and certificates that it signs, all with ECDSA over P-256.</summary>
internal static class CertificateMaker
{
    /// <summary>What the standard asks for at least is 64 bits; 127 never meet.</summary>
    private const int SerialBytes = 16;

    /// <summary>The machines that look at a certificate at once may have clocks that are behind.</summary>
    private static readonly TimeSpan Backdating = TimeSpan.FromHours(1);

    /// <summary>Makes an authority, whose name is different each time, so that two of them are told apart.</summary>
    public static MadeCertificate MakeAuthority(DateTimeOffset now, TimeSpan validity)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var serial = Serial();
        var request = Request($"Cascade authority {Convert.ToHexStringLower(serial.AsSpan(^4))}", key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        using var certificate = request.Create(
            request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), now - Backdating, now + validity, serial);
        return Made(certificate, key);
    }

    /// <summary>Makes a node's certificate, good for both sides of a connection. It ends with the authority at the latest.</summary>
    /// <param name="authority">Signs it; with its key, and valid now.</param>
    /// <param name="name">What the node is called.</param>
    /// <param name="hosts">Host names and IP addresses at which it is reached.</param>
    /// <param name="now">When it is made.</param>
    /// <param name="validity">For how long it is made.</param>
    public static MadeCertificate MakeNode(X509Certificate2 authority, string name, IEnumerable<string> hosts, DateTimeOffset now, TimeSpan validity)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(name, key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(CertificateCheck.Usages, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        request.CertificateExtensions.Add(AlternativeNames(hosts));
        var (first, last) = (new DateTimeOffset(authority.NotBefore.ToUniversalTime()), CertificateCheck.EndOf(authority));
        var begin = now - Backdating > first ? now - Backdating : first;
        var end = now + validity < last ? now + validity : last;
        using var certificate = request.Create(authority, begin, end, Serial());
        return Made(certificate, key);
    }

    private static CertificateRequest Request(string commonName, ECDsa key)
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(commonName);
        var request = new CertificateRequest(name.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request;
    }

    private static X509Extension AlternativeNames(IEnumerable<string> hosts)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            if (IPAddress.TryParse(host, out var address))
                names.AddIpAddress(address);
            else
                names.AddDnsName(host);
        }
        return names.Build();
    }

    /// <summary>Random and positive: in the file's format the first bit is the sign, and the first byte may not be zero.</summary>
    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        return serial;
    }

    private static MadeCertificate Made(X509Certificate2 certificate, ECDsa key) =>
        new(certificate.ExportCertificatePem() + '\n', key.ExportPkcs8PrivateKeyPem() + '\n', CertificateCheck.EndOf(certificate));
}

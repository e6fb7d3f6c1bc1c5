using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cascade.Hosting.Security;

/// <summary>What a certificate has to be good for.</summary>
internal enum CertificateUse
{
    /// <summary>For the side that listens.</summary>
    Server,

    /// <summary>For the side that connects.</summary>
    Client,
}

/// <summary>
/// Decides whether a certificate belongs to the cluster: signed by its authority, valid now, and made for the use. Neither the system's
/// authorities nor revocation nor names count, and nothing is fetched. Safe to use from several threads at one time.
/// </summary>
/// <param name="authorities">The cluster's authority; more than one while one takes over from the other. They stay the caller's.</param>
/// <param name="time">Says what now is.</param>
internal sealed class CertificateCheck(X509Certificate2Collection authorities, TimeProvider time)
{
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    private const X509ChainStatusFlags Untrusted =
        X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotSignatureValid;

    /// <summary>The usages that a node's certificate must name.</summary>
    public static OidCollection Usages { get; } = [new Oid(ServerUsage), new Oid(ClientUsage)];

    /// <summary>Null for a certificate of the cluster; else what is wrong with it and the cure, to follow the word "certificate".</summary>
    /// <param name="certificate">Whose owner has to be known.</param>
    /// <param name="intermediates">What may stand between it and the authority.</param>
    /// <param name="use">What it has to be good for.</param>
    public string? FaultOf(X509Certificate2 certificate, X509Certificate2Collection intermediates, CertificateUse use)
    {
        var now = time.GetUtcNow();
        using var chain = new X509Chain();
        chain.ChainPolicy = Policy(intermediates, now);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(UsageOf(use)));
        try
        {
            // Who signed it comes first: what an unknown certificate says of itself means nothing.
            var isWhole = chain.Build(certificate);
            var status = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
            if ((status & Untrusted) != 0)
                return $"{Naming.Of(certificate)} is not signed by the cluster's authority {Authorities()}, but by {Naming.IssuerOf(certificate)}; "
                    + "have it signed by the authority that all nodes name as cascade.remoting.tls.ca";
            if (FaultOfTime(certificate, now) is { } fault)
                return fault;
            if (!isWhole && FaultOfTimeAbove(chain, now) is { } above)
                return above;
            if (!IsFor(certificate, use))
                return $"{Naming.Of(certificate)} is not made for a TLS {(use == CertificateUse.Server ? "server" : "client")}; "
                    + "make one whose extended key usage names both server and client authentication";
            return isWhole ? null : $"{Naming.Of(certificate)} is refused ({status}); make a new one";
        }
        finally
        {
            foreach (var element in chain.ChainElements)
                element.Certificate.Dispose();
        }
    }

    /// <summary>The fault of a node's certificate, which has to be good for both sides, because a node listens and connects.</summary>
    /// <param name="chain">It, and what may stand between it and the authority.</param>
    public string? FaultOfNode(X509Certificate2Collection chain) =>
        FaultOf(chain[0], chain, CertificateUse.Server) ?? FaultOf(chain[0], chain, CertificateUse.Client);

    /// <summary>What .NET is to do by itself before it asks: look no further than the authority, and fetch nothing.</summary>
    public X509ChainPolicy PolicyOfStream() => Policy([], time.GetUtcNow());

    /// <summary>When a certificate's life ends: from then on it is refused.</summary>
    public static DateTimeOffset EndOf(X509Certificate2 certificate) => new(certificate.NotAfter.ToUniversalTime());

    private X509ChainPolicy Policy(X509Certificate2Collection intermediates, DateTimeOffset now)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = now.UtcDateTime,
        };
        policy.CustomTrustStore.AddRange(authorities);
        policy.ExtraStore.AddRange(intermediates);
        return policy;
    }

    private static string? FaultOfTime(X509Certificate2 certificate, DateTimeOffset now)
    {
        if (now >= EndOf(certificate))
            return $"{Naming.Of(certificate)} expired at {Naming.Of(EndOf(certificate))}; make a new one";
        var begin = new DateTimeOffset(certificate.NotBefore.ToUniversalTime());
        return now < begin
            ? $"{Naming.Of(certificate)} is not valid before {Naming.Of(begin)}, and here it is {Naming.Of(now)}; set the clocks right, or wait"
            : null;
    }

    private static string? FaultOfTimeAbove(X509Chain chain, DateTimeOffset now)
    {
        foreach (var element in chain.ChainElements.Skip(1))
        {
            if (FaultOfTime(element.Certificate, now) is { } fault)
                return $"is signed by one that cannot be used: {fault}";
        }
        return null;
    }

    /// <summary>One that names no usage is good for all by the standard, but was not made for this.</summary>
    private static bool IsFor(X509Certificate2 certificate, CertificateUse use) => certificate.Extensions
        .OfType<X509EnhancedKeyUsageExtension>()
        .Any(extension => extension.EnhancedKeyUsages[UsageOf(use)] is not null);

    private static string UsageOf(CertificateUse use) => use == CertificateUse.Server ? ServerUsage : ClientUsage;

    private string Authorities() => string.Join(" or ", authorities.Take(3).Select(Naming.Of));
}

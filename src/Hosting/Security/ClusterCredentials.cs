using System.Security.Cryptography.X509Certificates;
using Cascade.Hosting.Configuration;

namespace Cascade.Hosting.Security;

/// <summary>The three files of <c>cascade.remoting.tls</c>, read and checked against each other.</summary>
internal sealed class ClusterCredentials : IDisposable
{
    private const string Section = "cascade.remoting.tls.";

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>A week leaves time to act, and does not nag for most of a certificate's life.</summary>
    private static readonly TimeSpan EndIsNear = TimeSpan.FromDays(7);

    private readonly List<string> _warnings = [];

    private ClusterCredentials(X509Certificate2 own, X509Certificate2Collection intermediates, X509Certificate2Collection authorities)
    {
        Own = own;
        Intermediates = intermediates;
        Authorities = authorities;
    }

    /// <summary>This node's certificate, with its key.</summary>
    public X509Certificate2 Own { get; }

    /// <summary>What stands between it and the authority; mostly nothing.</summary>
    public X509Certificate2Collection Intermediates { get; }

    /// <summary>The cluster's authority; at least one.</summary>
    public X509Certificate2Collection Authorities { get; }

    /// <summary>What should be changed, though the node works; lines for the log.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Reads and checks the files.</summary>
    /// <param name="options">Names all three.</param>
    /// <param name="time">Says which certificates are valid now.</param>
    /// <exception cref="ConfigurationException">All that is wrong with them, each with the setting, the file and the cure.</exception>
    public static ClusterCredentials Load(RemotingTlsOptions options, TimeProvider time)
    {
        var errors = new ConfigurationErrors();
        var chain = Try(RemotingTlsOptions.CertificateKey, errors, () => PemFile.ReadCertificates(options.Certificate));
        var keyText = Try(RemotingTlsOptions.PrivateKeyKey, errors, () => PemFile.ReadKeyText(options.PrivateKey));
        var authorities = Try(RemotingTlsOptions.AuthorityKey, errors, () => ReadAuthorities(options.Authority));
        var own = chain is null || keyText is null
            ? null
            : Try(RemotingTlsOptions.PrivateKeyKey, errors, () => PemFile.Join(chain[0], options.Certificate, keyText, options.PrivateKey));
        if (chain is not null && authorities is not null)
            CheckOwn(options, chain, new CertificateCheck(authorities, time), errors);
        if (errors.Any)
        {
            own?.Dispose();
            PemFile.Dispose(chain ?? []);
            PemFile.Dispose(authorities ?? []);
        }
        errors.ThrowIfAny();

        // The first has been copied, with its key.
        chain![0].Dispose();
        chain.RemoveAt(0);
        var credentials = new ClusterCredentials(own!, chain, authorities!);
        credentials.Warn(options, time.GetUtcNow());
        return credentials;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Own.Dispose();
        PemFile.Dispose(Intermediates);
        PemFile.Dispose(Authorities);
    }

    /// <summary>The certificates of an authority, each of which may sign others.</summary>
    /// <exception cref="CertificateException">The file cannot be read, or holds a certificate that may not sign.</exception>
    public static X509Certificate2Collection ReadAuthorities(string path)
    {
        var authorities = PemFile.ReadCertificates(path);
        var other = authorities.FirstOrDefault(one => !one.Extensions.OfType<X509BasicConstraintsExtension>().Any(basic => basic.CertificateAuthority));
        if (other is null)
            return authorities;
        var name = Naming.Of(other);
        PemFile.Dispose(authorities);
        throw new CertificateException(
            $"'{path}' holds a certificate, {name}, that may not sign others; name the authority's that signed the nodes' certificates");
    }

    /// <summary>What its peers would refuse it for is found here, at the start.</summary>
    private static void CheckOwn(RemotingTlsOptions options, X509Certificate2Collection chain, CertificateCheck check, ConfigurationErrors errors)
    {
        if (check.FaultOfNode(chain) is { } fault)
            errors.Add($"{Section}{RemotingTlsOptions.CertificateKey}: '{options.Certificate}': the certificate {fault}.");
    }

    private static T? Try<T>(string key, ConfigurationErrors errors, Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (CertificateException e)
        {
            errors.Add($"{Section}{key}: {e.Message}.");
            return null;
        }
    }

    private void Warn(RemotingTlsOptions options, DateTimeOffset now)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(options.PrivateKey) & Others) is not 0)
        {
            var mode = Convert.ToString((int)File.GetUnixFileMode(options.PrivateKey), 8);
            _warnings.Add(
                $"{Section}{RemotingTlsOptions.PrivateKeyKey}: '{options.PrivateKey}' has mode {mode.PadLeft(4, '0')}, so others can read or change the key; "
                + "run 'chmod 600' on it");
        }

        var end = Authorities.Append(Own).Min(CertificateCheck.EndOf);
        if (end - now < EndIsNear)
            _warnings.Add(
                $"{Section}{RemotingTlsOptions.CertificateKey}: '{options.Certificate}' or its authority expires at {Naming.Of(end)}; make a new one before, or "
                + "no node will let this one in");
    }
}

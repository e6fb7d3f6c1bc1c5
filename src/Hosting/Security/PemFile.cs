using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Cascade.Hosting.Security;

/// <summary>Reads certificates and keys from PEM files. Its errors name the file, what is wrong with it, and the cure.</summary>
internal static class PemFile
{
    /// <summary>A certificate takes two kilobytes: this is room for hundreds, and keeps a wrong path from filling memory.</summary>
    public const int BytesMax = 1 << 20;

    private const string CertificateLabel = "CERTIFICATE";
    private const string EncryptedKeyLabel = "ENCRYPTED PRIVATE KEY";
    private const string KeyLabelEnd = "PRIVATE KEY";

    /// <summary>All certificates of a file, in their order; at least one. The caller disposes of them.</summary>
    /// <exception cref="CertificateException">The file is not there, cannot be read, or holds no certificates.</exception>
    public static X509Certificate2Collection ReadCertificates(string path)
    {
        var text = ReadText(path);
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(text);
        }
        catch (CryptographicException e)
        {
            Dispose(certificates);
            throw new CertificateException($"'{path}' holds a damaged certificate ({Line(e)}); copy it again from where it was made", e);
        }
        return certificates.Count > 0
            ? certificates
            : throw new CertificateException($"'{path}' holds no certificate: expected PEM with a line -----BEGIN {CertificateLabel}-----{Found(text)}");
    }

    /// <summary>The text of a file that holds a private key, which has not been looked into.</summary>
    /// <exception cref="CertificateException">The file is not there, cannot be read, or holds no key, or an encrypted one.</exception>
    public static string ReadKeyText(string path)
    {
        var text = ReadText(path);
        var labels = Labels(text);
        if (labels.Contains(EncryptedKeyLabel))
            throw new CertificateException(
                $"'{path}' holds an encrypted key, and a node starts without a person to ask; decrypt it with 'openssl pkey -in ... -out ...', mode 0600");
        return labels.Any(label => label.EndsWith(KeyLabelEnd, StringComparison.Ordinal))
            ? text
            : throw new CertificateException($"'{path}' holds no private key: expected PEM with a line -----BEGIN {KeyLabelEnd}-----{Found(text)}");
    }

    /// <summary>The certificate with its key; the caller disposes of it.</summary>
    /// <param name="certificate">Without its key.</param>
    /// <param name="certificatePath">Where it came from, for the message.</param>
    /// <param name="keyText">What <see cref="ReadKeyText"/> gave.</param>
    /// <param name="keyPath">Where that came from, for the message.</param>
    /// <exception cref="CertificateException">The key is damaged, of a kind that is not known, or another certificate's.</exception>
    public static X509Certificate2 Join(X509Certificate2 certificate, string certificatePath, string keyText, string keyPath)
    {
        try
        {
            return X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), keyText);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new CertificateException(
                IsKey(keyText)
                    ? $"'{keyPath}' is not the key of '{certificatePath}' ({Naming.Of(certificate)}); name the two files that were made together"
                    : $"'{keyPath}' holds a damaged key, or one that is neither ECDSA nor RSA ({Line(e)}); copy it again from where it was made",
                e);
        }
    }

    /// <summary>Disposes of all of them.</summary>
    public static void Dispose(X509Certificate2Collection certificates)
    {
        foreach (var certificate in certificates)
            certificate.Dispose();
    }

    private static string ReadText(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            var bytes = new byte[BytesMax + 1];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length <= BytesMax
                ? Encoding.UTF8.GetString(bytes.AsSpan(0, length))
                : throw new CertificateException($"'{path}' is larger than 1 MiB, so it is no certificate or key in PEM; check the path");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CertificateException($"'{path}' is not there; check the path, or make it with 'cascade certs DIR'", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException(
                Directory.Exists(path)
                    ? $"'{path}' is a directory; name the file in it"
                    : $"'{path}' cannot be read ({Line(e)}); let the user of the node read it",
                e);
        }
    }

    private static bool IsKey(string text) => IsKeyOf(ECDsa.Create, text) || IsKeyOf(RSA.Create, text);

    private static bool IsKeyOf(Func<AsymmetricAlgorithm> create, string text)
    {
        using var algorithm = create();
        try
        {
            algorithm.ImportFromPem(text);
            return true;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    private static string Found(string text) => Labels(text) is { Count: > 0 } labels ? $", found {string.Join(", ", labels.Distinct().Take(3))}" : ", found no PEM";

    private static List<string> Labels(string text)
    {
        var labels = new List<string>();
        var rest = text.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            labels.Add(rest[fields.Label].ToString());
            rest = rest[fields.Location.End..];
        }
        return labels;
    }

    private static string Line(Exception e) => e.Message.ReplaceLineEndings(" ").TrimEnd('.');
}

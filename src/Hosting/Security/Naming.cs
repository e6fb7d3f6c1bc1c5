using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace Cascade.Hosting.Security;

/// <summary>Says who a certificate is for, in words that may go into a log whoever made the certificate.</summary>
internal static class Naming
{
    private const int LengthMax = 100;

    /// <summary>The subject of a certificate.</summary>
    public static string Of(X509Certificate2 certificate) => Clean(certificate.Subject, "no name");

    /// <summary>Who says to have signed it.</summary>
    public static string IssuerOf(X509Certificate2 certificate) => Clean(certificate.Issuer, "no name");

    /// <summary>A time as the messages show it: to the minute, in UTC.</summary>
    public static string Of(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>A name comes from whoever made the certificate: it must not break the line, nor fill the log.</summary>
    private static string Clean(string name, string nothing)
    {
        if (name.Length == 0)
            return nothing;
        var shown = name.Length <= LengthMax ? name : $"{name[..LengthMax]}...";
        return string.Concat(shown.Select(c => char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' ? '?' : c));
    }
}

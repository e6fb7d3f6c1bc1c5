using System.Globalization;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Sources;
using Cascade.Hosting.Security;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>The certificates between nodes: readable, belonging together, signed by the authority, valid, and for how long.</summary>
internal sealed class CertificatesCheck(Machine machine) : ICheck
{
    private static readonly TimeSpan EndIsNear = TimeSpan.FromDays(30);

    /// <inheritdoc/>
    public string Name => "certificates";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        var remoting = options.Remoting;
        if (!remoting.Tls.IsPresent)
            return remoting.Insecure
                ? Finding.Note(
                    "no certificates, and cascade.remoting.insecure is true",
                    "whoever reaches the node can read the cache",
                    "set cascade.remoting.tls ('cascade certs DIR' makes files for a try-out), unless nobody else is in the network")
                : Finding.Ok("no certificates are configured", "listens on loopback only, without TLS");
        try
        {
            using var credentials = ClusterCredentials.Load(remoting.Tls, machine.Time);
            return Judge(credentials);
        }
        catch (ConfigurationException e)
        {
            return Finding.Problem(string.Join("; ", e.Messages), "the node refuses to start", "as each message says; all three files of cascade.remoting.tls belong together");
        }
    }

    private Finding Judge(ClusterCredentials credentials)
    {
        var end = credentials.Authorities.Concat(credentials.Intermediates).Append(credentials.Own).Min(CertificateCheck.EndOf);
        var left = end - machine.Time.GetUtcNow();
        var draft = new FindingDraft();
        draft.Found(Naming.Of(credentials.Own));
        draft.Found($"signed by {Naming.IssuerOf(credentials.Own)}");
        draft.Found(string.Create(CultureInfo.InvariantCulture, $"valid until {Naming.Of(end)}, {Math.Floor(left.TotalDays):0} days"));
        foreach (var warning in credentials.Warnings)
        {
            var (fault, cure) = warning.LastIndexOf("; ", StringComparison.Ordinal) is > 0 and var at ? (warning[..at], warning[(at + 2)..]) : (warning, "see above");
            draft.Note(fault, cure);
        }

        if (left < EndIsNear && !credentials.Warnings.Any(warning => warning.Contains(Naming.Of(end), StringComparison.Ordinal)))
            draft.Note("no node lets this one in when the certificate or its authority has expired", "make new ones in time, and restart the nodes one after the other");
        return draft.End("encrypts connections between nodes, and both sides prove who they are");
    }
}

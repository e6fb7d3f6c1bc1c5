using System.Net;
using Cascade.Core.Membership;

namespace Cascade.Hosting.Configuration;

/// <summary>Settings of the connections between nodes.</summary>
public sealed record RemotingOptions
{
    private const string Localhost = "localhost";

    /// <summary>IP address or host name that the node listens on.</summary>
    public required string Host { get; init; }

    /// <summary>TCP port that the node listens on; 0 for any that is free.</summary>
    public required int Port { get; init; }

    /// <summary>
    /// IP address or host name by which other nodes reach this one; empty for <see cref="Host"/>, and for the machine's name when that is all addresses.
    /// </summary>
    public required string Advertise { get; init; }

    /// <summary>TCP port on which blocks are served to other machines; 0 for any that is free.</summary>
    public required int BulkPort { get; init; }

    /// <summary>Nodes that are asked for entry to the cluster; none for a node that founds one.</summary>
    public required ValueList<NodeAddress> Seeds { get; init; }

    /// <summary>Whether the node may listen beyond loopback without certificates.</summary>
    public required bool Insecure { get; init; }

    /// <summary><c>cascade.remoting.tls</c></summary>
    public required RemotingTlsOptions Tls { get; init; }

    internal static RemotingOptions Read(OptionsReader reader)
    {
        var host = reader.Text("host", "an IP address or a host name", IsHost);
        var insecure = reader.Boolean("insecure");
        var tls = RemotingTlsOptions.Read(reader.Section("tls"), out var isGiven);
        if (!string.IsNullOrEmpty(host) && !isGiven && !insecure && !IsLoopback(host))
            reader.Fail(
                "host",
                $"'{host}' can be reached by other machines, and without TLS a node listens on loopback only; set cascade.remoting.tls "
                + "('cascade certs DIR' makes the files), or host = 127.0.0.1, or, in a network that all may trust, cascade.remoting.insecure = true");
        return new()
        {
            Host = host,
            Port = reader.Integer("port", 0, ushort.MaxValue),
            Advertise = reader.Text("advertise", "an IP address or a host name, or \"\"", static text => text.Length == 0 || IsHost(text)),
            BulkPort = reader.Integer("bulk-port", 0, ushort.MaxValue),
            Seeds = new(reader.Texts("seeds", "host:port of each seed, such as [\"10.0.0.7:7400\"]", IsAddress).Select(static seed => new NodeAddress(seed))),
            Insecure = insecure,
            Tls = tls,
        };
    }

    private static bool IsAddress(string text)
    {
        try
        {
            return new NodeAddress(text).Port > 0;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>A name other than localhost may stand for any address: only the address itself says that it is loopback.</summary>
    private static bool IsLoopback(string host) =>
        IPAddress.TryParse(host, out var address) ? IPAddress.IsLoopback(address) : host.Equals(Localhost, StringComparison.OrdinalIgnoreCase);

    private static bool IsHost(string text) => Uri.CheckHostName(text) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6;
}

/// <summary>The files of mutual TLS between nodes: all three, or none.</summary>
public sealed record RemotingTlsOptions
{
    internal const string CertificateKey = "certificate";
    internal const string PrivateKeyKey = "key";
    internal const string AuthorityKey = "ca";

    private static readonly string[] Keys = [CertificateKey, PrivateKeyKey, AuthorityKey];

    /// <summary>True when connections are encrypted and both sides show a certificate.</summary>
    public bool IsPresent => Certificate.Length > 0;

    /// <summary>Absolute path of this node's certificate, in PEM; empty for no TLS.</summary>
    public required string Certificate { get; init; }

    /// <summary>Absolute path of the certificate's private key, in PEM; empty for no TLS.</summary>
    public required string PrivateKey { get; init; }

    /// <summary>Absolute path of the certificates of the cluster's authority, in PEM; empty for no TLS.</summary>
    public required string Authority { get; init; }

    /// <param name="reader">Reads this section.</param>
    /// <param name="isGiven">True when any of the files is named, rightly or wrongly: then the lack of TLS is not the fault to tell.</param>
    internal static RemotingTlsOptions Read(OptionsReader reader, out bool isGiven)
    {
        // The reader gives null for what it refused.
        (string Key, string? Path)[] files = [.. Keys.Select(key => (key, (string?)reader.Text(key, "an absolute path, or \"\" for no TLS", IsFile)))];
        isGiven = files.Any(file => file.Path != "");
        if (isGiven && files.All(file => file.Path is not null))
        {
            foreach (var (key, _) in files.Where(file => file.Path == ""))
                reader.Fail(key, "expected a path, because TLS needs certificate, key and ca; name all three, or none for no TLS");
        }
        return new() { Certificate = files[0].Path ?? "", PrivateKey = files[1].Path ?? "", Authority = files[2].Path ?? "" };
    }

    private static bool IsFile(string text) => text.Length == 0 || OptionsReader.IsAbsolutePath(text);
}

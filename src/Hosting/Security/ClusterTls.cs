using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Cascade.Hosting.Configuration;

namespace Cascade.Hosting.Security;

/// <summary>
/// Mutual TLS between the nodes of a cluster: whoever has a valid certificate of its authority is let in, others are refused with a reason.
/// Safe to use from several threads at one time; disposed of when no connection needs it any more.
/// </summary>
internal sealed class ClusterTls : IDisposable
{
    /// <summary>No name is looked up or compared by it, but a client has to say one.</summary>
    private const string AnyNode = "cascade";

    private const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    private readonly ClusterCredentials _credentials;
    private readonly CertificateCheck _check;
    private readonly SslStreamCertificateContext _own;

    private ClusterTls(ClusterCredentials credentials, TimeProvider time)
    {
        _credentials = credentials;
        _check = new CertificateCheck(credentials.Authorities, time);
        _own = SslStreamCertificateContext.Create(credentials.Own, credentials.Intermediates, offline: true);
    }

    /// <summary>What should be changed, though the node works; lines for the log of the start.</summary>
    public IReadOnlyList<string> Warnings => _credentials.Warnings;

    /// <summary>Reads the files; null when the settings name none, so that there is no TLS.</summary>
    /// <param name="options">Where the files are.</param>
    /// <param name="time">Says which certificates are valid: at this call, and later at each handshake.</param>
    /// <exception cref="ConfigurationException">All that is wrong with the files, each with the setting, the file and the cure.</exception>
    public static ClusterTls? Load(RemotingTlsOptions options, TimeProvider time) =>
        options.IsPresent ? new ClusterTls(ClusterCredentials.Load(options, time), time) : null;

    /// <summary>Options of the side that listens, for one connection or for many.</summary>
    /// <param name="refused">Told why a peer is refused, in one line for a log, before its handshake fails. Must not throw.</param>
    public SslServerAuthenticationOptions ServerOptions(Action<string> refused) => new()
    {
        ServerCertificateContext = _own,
        ClientCertificateRequired = true,
        EnabledSslProtocols = Protocols,

        // Nodes stay connected for long: resuming saves nothing, and each connection is to show its certificates in full.
        AllowTlsResume = false,
        AllowRenegotiation = false,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = _check.PolicyOfStream(),
        RemoteCertificateValidationCallback = Validate(CertificateUse.Client, refused),
    };

    /// <summary>
    /// Options of the side that connects, for one connection or for many. In TLS 1.3 its handshake ends before the other side has looked at
    /// the certificate: a refusal shows at the first read, as the end of the stream or an error.
    /// </summary>
    /// <param name="refused">Told why a peer is refused, in one line for a log, before its handshake fails. Must not throw.</param>
    public SslClientAuthenticationOptions ClientOptions(Action<string> refused) => new()
    {
        TargetHost = AnyNode,
        ClientCertificateContext = _own,
        EnabledSslProtocols = Protocols,
        AllowTlsResume = false,
        AllowRenegotiation = false,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = _check.PolicyOfStream(),
        RemoteCertificateValidationCallback = Validate(CertificateUse.Server, refused),
    };

    /// <summary>
    /// Shakes hands with a peer that has connected. The stream is closed on failure, else with the result. Blocks until then: whoever bounds it
    /// closes the connection.
    /// </summary>
    /// <param name="connection">The bare connection.</param>
    /// <exception cref="PeerRefusedException">The peer does not belong to the cluster, or speaks no TLS; says why.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public SslStream Accept(Stream connection)
    {
        string? reason = null;
        var options = ServerOptions(text => reason = text);
        return ShakeHands(connection, stream => stream.AuthenticateAsServer(options), () => reason);
    }

    /// <summary>
    /// Shakes hands with a peer that was connected to, as <see cref="Accept"/> does. Whether the peer accepts this node shows at the first
    /// read, which is the end of the stream, or an error, if not.
    /// </summary>
    /// <param name="connection">The bare connection.</param>
    /// <exception cref="PeerRefusedException">The peer does not belong to the cluster, or speaks no TLS; says why.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public SslStream Connect(Stream connection)
    {
        string? reason = null;
        var options = ClientOptions(text => reason = text);
        return ShakeHands(connection, stream => stream.AuthenticateAsClient(options), () => reason);
    }

    /// <inheritdoc/>
    public void Dispose() => _credentials.Dispose();

    private static SslStream ShakeHands(Stream connection, Action<SslStream> shakeHands, Func<string?> reason)
    {
        var stream = new SslStream(connection);
        try
        {
            shakeHands(stream);
            return stream;
        }
        catch (AuthenticationException e)
        {
            stream.Dispose();
            var inner = (e.InnerException ?? e).Message.ReplaceLineEndings(" ");
            throw new PeerRefusedException(
                reason() ?? $"the peer does not speak TLS, or refuses this node ({inner}); its log says more, and all nodes need cascade.remoting.tls", e);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The verdict of the system counts for nothing: it knows other authorities and compares names.</summary>
    private RemoteCertificateValidationCallback Validate(CertificateUse use, Action<string> refused) => (_, certificate, chain, _) =>
    {
        var reason = certificate is not X509Certificate2 peer
            ? "the peer sent no certificate; give it cascade.remoting.tls with one that the cluster's authority signed"
            : _check.FaultOf(peer, chain?.ChainPolicy.ExtraStore ?? [], use) is { } fault ? $"the peer's certificate {fault}" : null;
        if (reason is not null)
            refused(reason);
        return reason is null;
    };
}

/// <summary>The other side of a connection does not belong to the cluster; the message is a line for the log.</summary>
/// <param name="message">Why, and what to do.</param>
/// <param name="inner">What .NET says.</param>
internal sealed class PeerRefusedException(string message, Exception inner) : Exception(message, inner);

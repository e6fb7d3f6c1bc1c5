using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Cascade.Actors.Remoting.Tcp;

/// <summary>Connections by TCP, encrypted when <paramref name="tls"/> is given. Only a shell: it moves bytes and decides nothing.</summary>
/// <param name="tls">Encryption and proof of identity; null for none.</param>
/// <param name="insecure">Allows other hosts than this one without <paramref name="tls"/>: for networks that are closed by other means.</param>
public sealed class TcpTransport(RemoteTls? tls = null, bool insecure = false) : IRemoteTransport
{
    private const int Backlog = 512;
    /// <summary>The association gives up before; this only frees the socket.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(50);

    private TcpListener? _listener;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The host is not this machine's loopback, and neither TLS nor insecure operation was chosen.</exception>
    public int Listen(string host, int port, Func<IRemoteConnection, IRemoteConnectionHandler?> accept)
    {
        // Once, while the node starts; nothing else waits for it.
        var address = AddressOf(host, CancellationToken.None).GetAwaiter().GetResult();
        if (!IsAllowed(address))
            throw new InvalidOperationException($"{host} can be reached from other machines: give the remoting certificates, or say that it may be insecure.");
        var listener = new TcpListener(address, port);
        listener.Start(Backlog);
        _listener = listener;
        _ = AcceptAll(listener, accept);
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <inheritdoc/>
    public void Dial(string host, int port, IRemoteConnectionHandler handler) => _ = Connect(host, port, handler);

    /// <inheritdoc/>
    public void StopListening() => _listener?.Stop();

    /// <summary>Of the addresses that a name has the one to use: the first of IPv4, else the first of IPv6.</summary>
    internal static IPAddress Choose(string host, IReadOnlyList<IPAddress> known) =>
        known.FirstOrDefault(static address => address.AddressFamily == AddressFamily.InterNetwork)
        ?? known.FirstOrDefault(static address => address.AddressFamily == AddressFamily.InterNetworkV6)
        ?? throw new InvalidOperationException($"{host} has no IP address");

    private static async Task<IPAddress> AddressOf(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(Bare(host), out var address)) return address;
        if (host == "localhost") return IPAddress.Loopback;
        return Choose(host, await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false));
    }

    private static string Bare(string host) => host.Trim('[', ']');

    private bool IsAllowed(IPAddress address) => tls is not null || insecure || IPAddress.IsLoopback(address);

    private async Task AcceptAll(TcpListener listener, Func<IRemoteConnection, IRemoteConnectionHandler?> accept)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (true)
        {
            TcpClient client;
            try
            {
                client = await listener.AcceptTcpClientAsync().ConfigureAwait(false);
            }
            catch (SocketException cause) when (cause.SocketErrorCode is SocketError.ConnectionReset or SocketError.TooManyOpenSockets)
            {
                // One caller left before it was taken, or there is no descriptor for it: the next may fare better.
                await Task.Delay(AcceptPause, TimeProvider.System).ConfigureAwait(false);
                continue;
            }
            catch (Exception cause) when (cause is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            _ = Serve(client, accept);
        }
    }

    private async Task Serve(TcpClient client, Func<IRemoteConnection, IRemoteConnectionHandler?> accept)
    {
#pragma warning disable RS0030 // This is the shell that sockets are allowed in; here one only tells where the caller is.
        var connection = new TcpConnection(client, client.Client.RemoteEndPoint?.ToString() ?? "?");
#pragma warning restore RS0030
        if (accept(connection) is not { } handler)
        {
            connection.Close();
            return;
        }

        connection.Join(handler);
        try
        {
            Stream stream = client.GetStream();
            if (tls is not null)
            {
                var encrypted = new SslStream(stream, leaveInnerStreamOpen: false);
                stream = encrypted;
                await encrypted.AuthenticateAsServerAsync(tls.Server()).ConfigureAwait(false);
            }

            await connection.Run(stream).ConfigureAwait(false);
        }
        catch (Exception cause)
        {
            connection.End(cause.Message);
        }
    }

    private async Task Connect(string host, int port, IRemoteConnectionHandler handler)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        TcpConnection? connection = null;
        try
        {
            using var limit = new CancellationTokenSource(ConnectLimit, TimeProvider.System);
            var address = await AddressOf(host, limit.Token).ConfigureAwait(false);
            if (!IsAllowed(address)) throw new InvalidOperationException($"{host} is another machine and the remoting has no certificates");
            var client = new TcpClient(address.AddressFamily);
            connection = new TcpConnection(client, host);
            connection.Join(handler);
            await client.ConnectAsync(address, port, limit.Token).ConfigureAwait(false);
            Stream stream = client.GetStream();
            if (tls is not null)
            {
                var encrypted = new SslStream(stream, leaveInnerStreamOpen: false);
                stream = encrypted;
                await encrypted.AuthenticateAsClientAsync(tls.Client(Bare(host)), limit.Token).ConfigureAwait(false);
            }

            connection.Use(stream);
            handler.OnOpened(connection);
            await connection.Run(stream).ConfigureAwait(false);
        }
        catch (Exception cause)
        {
            if (connection is null) handler.OnClosed(cause.Message);
            else connection.End(cause.Message);
        }
    }
}

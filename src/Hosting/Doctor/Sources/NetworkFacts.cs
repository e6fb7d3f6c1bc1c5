using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Cascade.Hosting.Doctor.Sources;

/// <summary>The network of this machine.</summary>
internal sealed class NetworkFacts : INetworkFacts
{
    /// <inheritdoc/>
    public string MachineName => Environment.MachineName;

    /// <inheritdoc/>
    public IReadOnlyList<IPAddress> OwnAddresses() =>
        [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(one => one.GetIPProperties().UnicastAddresses).Select(one => one.Address)];

    /// <inheritdoc/>
    public IReadOnlyList<IPAddress> Resolve(string host)
    {
        try
        {
            return IPAddress.TryParse(host, out var address) ? [address] : Dns.GetHostAddresses(host);
        }
        catch (SocketException)
        {
            return [];
        }
    }

    /// <inheritdoc/>
    public string? FaultOfListening(IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return null;
        }
        catch (SocketException e)
        {
            return e.Message;
        }
    }
}

using System.Net;

namespace Cascade.Hosting.Doctor.Sources;

/// <summary>The network of a machine.</summary>
internal interface INetworkFacts
{
    /// <summary>The machine's name.</summary>
    string MachineName { get; }

    /// <summary>The addresses of its interfaces.</summary>
    IReadOnlyList<IPAddress> OwnAddresses();

    /// <summary>The addresses of a host; none when the name is not known.</summary>
    IReadOnlyList<IPAddress> Resolve(string host);

    /// <summary>Listens on a port for a moment; null when that went well, else why not.</summary>
    string? FaultOfListening(IPAddress address, int port);
}

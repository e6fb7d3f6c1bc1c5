using System.Globalization;
using System.Net;
using Cascade.Actors;
using Cascade.Actors.Remoting;
using Cascade.Actors.Remoting.Tcp;
using Cascade.Core.Membership;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Security;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Node;

/// <summary>The network of real nodes: the actor engine's remoting over TCP, with TLS where there are certificates.</summary>
internal sealed class RemotingNetwork : INodeNetwork
{
    private readonly ActorSystem _system;
    private readonly RemoteSystem _remote;

    private RemotingNetwork(ActorSystem system, RemoteSystem remote, NodeAddress address)
    {
        (_system, _remote, Address) = (system, remote, address);
        remote.Connected += peer => Connected?.Invoke(NodeAddressOf(peer));
        remote.Lost += peer => Lost?.Invoke(NodeAddressOf(peer));
    }

    /// <inheritdoc/>
    public event Action<NodeAddress>? Connected;

    /// <inheritdoc/>
    public event Action<NodeAddress>? Lost;

    /// <inheritdoc/>
    public NodeAddress Address { get; }

    /// <summary>Begins to listen.</summary>
    /// <param name="options">The node's settings.</param>
    /// <param name="system">The node's actors.</param>
    /// <param name="tls">Encryption and proof of identity; null for none.</param>
    /// <param name="incarnation">This life of the node.</param>
    /// <param name="logger">Told of peers that were refused or lost.</param>
    /// <param name="codec">The table of messages; null for that of nodes.</param>
    /// <exception cref="NodeRefusedException">The address cannot be listened on; the message says why and what to do.</exception>
    public static RemotingNetwork Listen(CascadeOptions options, ActorSystem system, ClusterTls? tls, ulong incarnation, ILogger logger, IMessageCodec? codec = null)
    {
        var remoting = options.Remoting;
        var settings = new RemoteSettings
        {
            ClusterName = options.Cluster.Name,
            Host = AdvertisedHost(remoting),
            BindHost = remoting.Host,
            Port = remoting.Port,
            Incarnation = incarnation,
        };
        void Refused(string reason) => NodeLog.PeerRefused(logger, reason);
        var encryption = tls is null ? null : new RemoteTls(() => tls.ServerOptions(Refused), _ => tls.ClientOptions(Refused));
        try
        {
            var remote = RemoteSystem.Start(system, settings, codec ?? new WireMessages(), new TcpTransport(encryption, remoting.Insecure));
            return new RemotingNetwork(system, remote, NodeAddressOf(remote.Address));
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or InvalidOperationException)
        {
            throw new NodeRefusedException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The node cannot listen on {remoting.Host}:{remoting.Port}: {e.Message}. Set cascade.remoting.port to a free one (0 takes any), or cascade.remoting.host to an address of this machine."),
                e);
        }
    }

    /// <summary>Joins a system by a transport that is given.</summary>
    /// <param name="system">The node's actors.</param>
    /// <param name="settings">Who the node is.</param>
    /// <param name="codec">The table of messages.</param>
    /// <param name="transport">What carries the bytes.</param>
    public static RemotingNetwork Over(ActorSystem system, RemoteSettings settings, IMessageCodec codec, IRemoteTransport transport)
    {
        var remote = RemoteSystem.Start(system, settings, codec, transport);
        return new RemotingNetwork(system, remote, NodeAddressOf(remote.Address));
    }

    /// <inheritdoc/>
    public IActorRef Resolve(NodeAddress address, string path) => Resolve(address, path, incarnation: 0);

    /// <inheritdoc/>
    public IActorRef Resolve(Member member, string path) => Resolve(member.Address, path, member.Start.Value);

    private IActorRef Resolve(NodeAddress address, string path, ulong incarnation)
    {
        try
        {
            return _remote.Resolve(AddressOf(address), path, incarnation);
        }
        catch (InvalidOperationException)
        {
            // Too many peers, or the remoting has ended: as a node that does not answer.
            return ActorRefs.Nobody;
        }
    }

    /// <inheritdoc/>
    public void BeginLife(Member self) => _remote.BeginLife(self.Start.Value);

    /// <inheritdoc/>
    public void MarkDown(Member member) => _remote.MarkDown(AddressOf(member.Address), member.Start.Value);

    /// <inheritdoc/>
    public void MarkLost(Member member) => _remote.MarkLost(AddressOf(member.Address), member.Start.Value);

    /// <inheritdoc/>
    public void MarkUp(Member member) => _remote.MarkUp(AddressOf(member.Address), member.Start.Value);

    private static string AdvertisedHost(RemotingOptions remoting) =>
        remoting.Advertise.Length > 0 ? remoting.Advertise
        : IPAddress.TryParse(remoting.Host, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)) ? Environment.MachineName
        : remoting.Host;

    private static NodeAddress NodeAddressOf(Address address) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{Bracketed(address.Host!)}:{address.Port}"));

    private static string Bracketed(string host) => host.Contains(':', StringComparison.Ordinal) && host[0] != '[' ? $"[{host}]" : host;

    private Address AddressOf(NodeAddress address) => new(_remote.Address.Protocol, _system.Name, address.Host, address.Port);
}

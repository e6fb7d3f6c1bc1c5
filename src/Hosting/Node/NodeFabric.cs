using System.Globalization;
using System.Net;
using Cascade.Core.Fabric;
using Cascade.Core.Ports;
using Cascade.Hosting.Security;
using Cascade.Tiers.Fabric;
using Cascade.Tiers.Payload;
using Cascade.Tiers.Remote;

namespace Cascade.Hosting.Node;

/// <summary>By what ways block bytes come from other nodes, and go to them.</summary>
internal sealed class NodeFabric : IAsyncDisposable
{
    /// <summary>Label by which a node tells where it serves bulk reads.</summary>
    public const string BulkLabel = "bulk";

    /// <summary>Label by which a node tells which machine it runs on.</summary>
    public const string MachineLabel = "machine";

    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    private readonly BulkServer? _server;
    private readonly BulkClient? _client;

    private NodeFabric(FabricRouter router, SameHostFabric? mapping, BulkClient? client, BulkServer? server)
    {
        (Router, Mapping, _client, _server) = (router, mapping, client, server);
        Peers = new FabricPeers(router, mapping, client);
    }

    /// <summary>Chooses among the ways.</summary>
    public FabricRouter Router { get; }

    /// <summary>Maps arenas of this machine; null where that is off.</summary>
    public SameHostFabric? Mapping { get; }

    /// <summary>The ways, as they are told of nodes that come and go.</summary>
    public FabricPeers Peers { get; }

    /// <summary>What this node tells of itself, so that others reach its bytes.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; private init; } = [];

    /// <summary>The ways of a simulated node.</summary>
    public static NodeFabric Of(IPayloadFabric simulated, TimeProvider time) =>
        new(new FabricRouter(new FabricChooserSettings(), time, simulated), null, null, null);

    /// <summary>Begins to serve this node's arena, and to find others.</summary>
    /// <exception cref="NodeRefusedException">The port cannot be listened on; the message says why and what to do.</exception>
    public static NodeFabric Open(NodeGround ground, ClusterParts cluster, PayloadWriter writer, ClusterTls? tls)
    {
        var (options, view, machine) = (ground.Options, cluster.View, MachineName());
        BulkStreamWrapper? wrapper = tls is null ? null : (raw, isServer) => isServer ? tls.Accept(raw) : tls.Connect(raw);
        var server = Serve(ground, wrapper);
        var mapping = ground.Startup.WithoutMapping ? null : new SameHostFabric(
            new SameHostOptions
            {
                ClusterName = options.Cluster.Name,
                Directory = options.Tiers.Shm.Directory,
                DigestAlgorithm = options.Cluster.Digest,
                IsHere = peer => view.Current.Members.Find(peer)?.Metadata[MachineLabel] == machine,
            },
            ground.Time,
            writer);
        var client = new BulkClient(
            new BulkClientOptions
            {
                ClusterName = options.Cluster.Name,
                Node = ground.Self,
                DigestAlgorithm = options.Cluster.Digest,
                Locate = peer => EndPointOf(view.Current.Members.Find(peer)?.Metadata[BulkLabel]),
                Wrapper = wrapper,
            },
            ground.Time);
        var router = mapping is null
            ? new FabricRouter(new FabricChooserSettings(), ground.Time, client)
            : new FabricRouter(new FabricChooserSettings(), ground.Time, mapping, client);
        return new NodeFabric(router, mapping, client, server)
        {
            Labels =
            [
                new(BulkLabel, string.Create(CultureInfo.InvariantCulture, $"{cluster.Address.Host}:{server.EndPoint.Port}")),
                new(MachineLabel, machine),
            ],
        };
    }

    /// <summary>Stops serving and pulling; after it nothing touches the arena.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _client?.Dispose();
        Mapping?.Dispose();
    }

    private static BulkServer Serve(NodeGround ground, BulkStreamWrapper? wrapper)
    {
        var remoting = ground.Options.Remoting;
        try
        {
            return BulkServer.Start(
                new BulkServerOptions
                {
                    ClusterName = ground.Options.Cluster.Name,
                    Node = ground.Self,
                    EndPoint = new IPEndPoint(AddressOf(remoting.Host), remoting.BulkPort),
                    Wrapper = wrapper,
                    OnFault = (from, reason, fault) => NodeLog.BulkClosed(ground.Logger, from, reason, fault?.Message),
                },
                ground.Arena.Directory,
                ground.Time);
        }
        catch (IOException e)
        {
            throw new NodeRefusedException($"{e.Message} The setting is cascade.remoting.bulk-port; 0 takes any free port.", e);
        }
    }

    private static IPAddress AddressOf(string host) =>
        IPAddress.TryParse(host.Trim('[', ']'), out var address) ? address
        : host == "localhost" ? IPAddress.Loopback
        : Dns.GetHostAddresses(host).FirstOrDefault() ?? IPAddress.Any;

    private static EndPoint? EndPointOf(string? label)
    {
        if (label is null || label.LastIndexOf(':') is var colon && colon < 1 || !ushort.TryParse(label.AsSpan(colon + 1), CultureInfo.InvariantCulture, out var port))
            return null;
        var host = label[..colon].Trim('[', ']');
        return IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);
    }

    /// <summary>Names the running system: memory that is shared is shared within it.</summary>
    private static string MachineName() =>
        File.Exists(BootIdFile) ? File.ReadAllText(BootIdFile).Trim() : Environment.MachineName;
}

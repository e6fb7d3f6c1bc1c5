using System.Globalization;
using System.Net;
using Cascade.Core.Clocks;
using Cascade.Core.Fabric;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;
using Cascade.Hosting.Security;
using Cascade.Tiers.Fabric;
using Cascade.Tiers.Mpi;
using Cascade.Tiers.Payload;
using Cascade.Tiers.Remote;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Node;

/// <summary>By what ways block bytes come from other nodes, and go to them.</summary>
internal sealed class NodeFabric
{
    /// <summary>Label by which a node tells where it serves bulk reads.</summary>
    public const string BulkLabel = "bulk";

    /// <summary>Label by which a node tells which machine it runs on.</summary>
    public const string MachineLabel = "machine";

    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    private readonly BulkServer? _server;
    private readonly BulkClient? _client;
    private readonly MpiFabric? _mpi;
    private readonly ILogger? _logger;

    private NodeFabric(FabricRouter router, SameHostFabric? mapping, MpiFabric? mpi, BulkClient? client, BulkServer? server, ILogger? logger)
    {
        (Router, Mapping, _mpi, _client, _server, _logger) = (router, mapping, mpi, client, server, logger);
        Peers = new FabricPeers(router, mapping, client, mpi);
    }

    /// <summary>Chooses among the ways.</summary>
    public FabricRouter Router { get; }

    /// <summary>Maps arenas of this machine; null where that is off.</summary>
    public SameHostFabric? Mapping { get; }

    /// <summary>Reads by MPI; null where that is not used.</summary>
    public MpiFabric? Mpi => _mpi;

    /// <summary>The ways, as they are told of nodes that come and go.</summary>
    public FabricPeers Peers { get; }

    /// <summary>What this node tells of itself, so that others reach its bytes.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; private init; } = [];

    /// <summary>The ways of a simulated node.</summary>
    public static NodeFabric Of(IPayloadFabric simulated, TimeProvider time) =>
        new(new FabricRouter(new FabricChooserSettings(), time, simulated), null, null, null, null, null);

    /// <summary>Begins to serve this node's arena, and to find others. Blocks while MPI starts, where it is used.</summary>
    /// <exception cref="NodeRefusedException">The port cannot be listened on, or MPI cannot be used as it is set; the message says why and what to do.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static NodeFabric Open(
        NodeGround ground, ClusterParts cluster, PayloadWriter writer, ClusterTls? tls, HybridTimestamp start, CancellationToken cancellation)
    {
        var (settings, machine) = (ground.Options.Fabric, MachineName());
        BulkStreamWrapper? wrapper = tls is null ? null : (raw, isServer) => isServer ? tls.Accept(raw) : tls.Connect(raw);
        var mapping = settings.Ways.Contains(FabricKind.Mapping) ? Map(ground, cluster.View, writer, machine) : null;
        var mpi = settings.Ways.Contains(FabricKind.Mpi) ? NodeMpi.Start(ground, start, cancellation) : null;
        if (mpi is not null)
            cluster.OnDied(mpi.MarkDead);
        BulkServer server;
        try
        {
            server = Serve(ground, wrapper);
        }
        catch
        {
            mpi?.Dispose();
            throw;
        }

        var client = Pull(ground, cluster.View, wrapper);
        IPayloadFabric?[] all = [mapping, mpi, client];
        var router = new FabricRouter(
            new FabricChooserSettings { BySpeed = settings.IsAuto },
            ground.Time,
            [.. settings.Ways.Select(kind => Array.Find(all, fabric => fabric?.Kind == kind)).OfType<IPayloadFabric>()]);
        return new NodeFabric(router, mapping, mpi, client, server, ground.Logger)
        {
            Labels =
            [
                new(BulkLabel, string.Create(CultureInfo.InvariantCulture, $"{cluster.Address.Host}:{server.EndPoint.Port}")),
                new(MachineLabel, machine),
            ],
        };
    }

    /// <summary>Stops serving and pulling; after it nothing touches the arena.</summary>
    /// <param name="ranksWithin">
    /// How long other ranks of MPI are given to stop as well, so that it ends in order. Nothing here waits for them longer than about twice that.
    /// </param>
    public async Task EndAsync(TimeSpan ranksWithin)
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _client?.Dispose();
        Mapping?.Dispose();
        if (_mpi is not null && await Task.Run(() => _mpi.Stop(ranksWithin)) == MpiEnd.LeftOpen && _mpi.Size > 1)
            NodeLog.MpiLeftOpen(_logger!);
    }

    private static SameHostFabric Map(NodeGround ground, ClusterView view, PayloadWriter writer, string machine) => new(
        new SameHostOptions
        {
            ClusterName = ground.Options.Cluster.Name,
            Directory = ground.Options.Tiers.Shm.Directory,
            DigestAlgorithm = ground.Options.Cluster.Digest,
            IsHere = peer => view.Current.Members.Find(peer)?.Metadata[MachineLabel] == machine,
        },
        ground.Time,
        writer);

    private static BulkClient Pull(NodeGround ground, ClusterView view, BulkStreamWrapper? wrapper) => new(
        new BulkClientOptions
        {
            ClusterName = ground.Options.Cluster.Name,
            Node = ground.Self,
            DigestAlgorithm = ground.Options.Cluster.Digest,
            Locate = peer => EndPointOf(view.Current.Members.Find(peer)?.Metadata[BulkLabel]),
            Wrapper = wrapper,
        },
        ground.Time);

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

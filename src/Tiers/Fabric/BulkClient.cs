using System.Diagnostics.CodeAnalysis;
using System.Net;
using Cascade.Core.Fabric;
using Cascade.Core.Identity;
using Cascade.Core.Ports;

namespace Cascade.Tiers.Fabric;

/// <summary>Pulls over TCP from the bulk servers of peers, from the socket to the target's memory. Thread-safe.</summary>
public sealed class BulkClient : IPayloadFabric, IDisposable
{
    private readonly BulkClientOptions _options;
    private readonly TimeProvider _time;
    private readonly BulkSecurity _security;
    private readonly PullGate _gate;
    private readonly BulkThreads _threads = new();
    private readonly Lock _turn = new();
    private readonly Dictionary<NodeId, Peer> _peers = [];
    private readonly CancellationTokenSource _closing = new();
    private bool _disposed;

    /// <summary>Starts with no connections.</summary>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public BulkClient(BulkClientOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        (_options, _time) = (options, time);
        _security = new BulkSecurity(options.ClusterName, options.Token);
        _gate = new PullGate(options.MaxPullsInFlight);
    }

    /// <inheritdoc/>
    public FabricKind Kind => FabricKind.Tcp;

    /// <summary>Pulls in flight now.</summary>
    public int PullsInFlight => _gate.Inside;

    /// <inheritdoc/>
    /// <remarks>True when the peer's address is known.</remarks>
    public bool CanReach(NodeId peer) => _options.Locate(peer) is not null;

    /// <inheritdoc/>
    public Task<PullResult> PullAsync(PullRequest request, CancellationToken cancellation = default)
    {
        request.Validate();
        if (!_gate.TryEnter())
            return Task.FromResult(PullResult.Busy);
        return RunAsync(request, cancellation);
    }

    /// <summary>Closes the connections to a peer that has left.</summary>
    public void Forget(NodeId peer)
    {
        lock (_turn)
        {
            if (_peers.Remove(peer, out var forgotten))
                forgotten.Dispose();
        }
    }

    /// <summary>Ends pulls in flight, with <see cref="PullOutcome.Unreachable"/>, and closes all connections.</summary>
    public void Dispose()
    {
        lock (_turn)
        {
            if (_disposed)
                return;
            _disposed = true;
            foreach (var peer in _peers.Values)
                peer.Dispose();
            _peers.Clear();
        }

        _closing.Cancel();
        _closing.Dispose();
        _threads.Dispose();
    }

    private async Task<PullResult> RunAsync(PullRequest request, CancellationToken cancellation)
    {
        try
        {
            if (request.Source.Tier != TierKind.Shm)
                return PullResult.Unreachable($"the copy is in the tier {request.Source.Tier} of {request.Source.Node}, which is not served over TCP");
            if (!TryFindLane(request, out var lane, out var closing, out var reason))
                return PullResult.Unreachable(reason);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, closing);
            using var transfer = new BulkTransfer(request, lane, _options, _time, either.Token);
            var result = await transfer.RunAsync(_threads);
            return result.Outcome == PullOutcome.Cancelled && !cancellation.IsCancellationRequested
                ? PullResult.Unreachable("the fabric is closed")
                : result;
        }
        catch (Exception failure)
        {
            return PullResult.Unreachable(failure.ToString());
        }
        finally
        {
            _gate.Exit();
        }
    }

    private bool TryFindLane(
        in PullRequest request, [NotNullWhen(true)] out BulkLane? lane, out CancellationToken closing, [NotNullWhen(false)] out string? reason)
    {
        (lane, closing) = (null, default);
        var node = request.Source.Node;
        var endPoint = _options.Locate(node);
        lock (_turn)
        {
            reason = _disposed ? "the fabric is closed" : endPoint is null ? $"no address is known at which {node} serves bulk reads" : null;
            if (reason is not null)
                return false;
            if (_peers.TryGetValue(node, out var peer) && !peer.EndPoint.Equals(endPoint))
            {
                _peers.Remove(node);
                peer.Dispose();
                peer = null;
            }

            if (peer is null)
            {
                reason = $"connections to {_options.MaxPeers} peers are kept already: set the fabric up for more, or forget some";
                if (_peers.Count >= _options.MaxPeers)
                    return false;
                peer = new Peer(endPoint!, Lane(node, endPoint!, _options.SmallConnectionsPerPeer), Lane(node, endPoint!, _options.LargeConnectionsPerPeer));
                _peers.Add(node, peer);
            }

            lane = request.Target.LengthBytes <= _options.SmallBytes ? peer.Small : peer.Large;
            closing = _closing.Token;
            reason = null;
            return true;
        }
    }

    private BulkLane Lane(NodeId node, EndPoint endPoint, int limit) => new(_options, _security, _time, node, endPoint, limit);

    private sealed record Peer(EndPoint EndPoint, BulkLane Small, BulkLane Large) : IDisposable
    {
        public void Dispose()
        {
            Small.Dispose();
            Large.Dispose();
        }
    }
}

using Cascade.Hosting.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Node;

/// <summary>Starts a node with its host and drains it at the host's stop. A node that is asked to drain stops its host, as a signal does.</summary>
internal sealed class HostedNode(
    CascadeHostOptions host, CascadeOptions options, ILoggerFactory logging, IHostApplicationLifetime lifetime) : IHostedService, IAsyncDisposable
{
    private CascadeNode? _node;

    /// <summary>The node.</summary>
    /// <exception cref="CascadeUnavailableException">The host has not started it yet.</exception>
    public CascadeNode Running =>
        _node ?? throw new CascadeUnavailableException("The node is not running yet: it starts with the host (IHost.StartAsync).");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var startup = new NodeStartup { Logging = logging, Reset = host.Reset, KeepArena = host.KeepArena };
        var node = _node = host.JoinWithin is { } timeout
            ? await ClusterClient.JoinAsync(options, startup, timeout, cancellationToken)
            : await CascadeNode.StartAsync(options, startup, cancellationToken);
        _ = StopHostWhenAskedAsync(node);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_node is not null)
            await _node.DisposeAsync();
    }

    public ValueTask DisposeAsync() => _node?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task StopHostWhenAskedAsync(CascadeNode node)
    {
        await node.DrainAsked;
        NodeLog.DrainAsked(logging.CreateLogger("Cascade.Node"));
        lifetime.StopApplication();
    }
}

using System.Threading.Channels;
using Cascade.Hosting.Node;

namespace Cascade.Hosting.Cli.Fleet;

/// <summary>
/// Nodes of one cluster as processes of this program on this machine. They drain when this process ends, however it ends: only what is
/// stopped by a signal lives on until it may go on. Each line that a node says goes to <c>say</c> behind its number. Thread-safe.
/// </summary>
internal sealed class NodeFleet : IAsyncDisposable
{
    /// <summary>Most nodes of a fleet.</summary>
    public const int NodesMax = 64;

    /// <summary>Ends that may wait to be read; of more, the newest are lost.</summary>
    private const int EndsMax = 1024;

    private readonly FleetSettings _settings;
    private readonly Action<string> _say;
    private readonly CancellationTokenSource _closing = new();
    private readonly Channel<NodeEnd> _ends =
        Channel.CreateBounded<NodeEnd>(new BoundedChannelOptions(EndsMax) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Lock _once = new();
    private FleetNode[] _nodes = [];
    private string[] _ownArenas = [];
    private Task<bool>? _drained;

    /// <param name="settings">What the nodes have in common.</param>
    /// <param name="say">Takes lines for a person, from any thread; must not block.</param>
    public NodeFleet(FleetSettings settings, Action<string> say)
    {
        _settings = settings;
        _say = say;
    }

    /// <summary>The nodes, by their numbers; none before the start.</summary>
    public IReadOnlyList<FleetNode> Nodes => Volatile.Read(ref _nodes);

    /// <summary>The nodes that ended without being told to by this fleet, as they do.</summary>
    public ChannelReader<NodeEnd> Ends => _ends.Reader;

    /// <summary>
    /// Starts nodes 0 to <paramref name="count"/> - 1, all at once, and returns when all serve. When one of them does not, the others stay
    /// as they are until the fleet is disposed of.
    /// </summary>
    /// <param name="count">Number of nodes, 1 to <see cref="NodesMax"/>.</param>
    /// <param name="cancellationToken">Gives the start up.</param>
    /// <exception cref="CliException">A node did not come to serve; the message has the last lines that it said.</exception>
    /// <exception cref="InvalidOperationException">The fleet was started or drained before.</exception>
    public async Task StartAsync(int count, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, NodesMax);
        lock (_once)
        {
            if (_nodes.Length > 0 || _drained is not null)
                throw new InvalidOperationException("A fleet is started once.");
            var ports = FreePorts.Take(count);
            _ownArenas = [.. Enumerable.Range(0, count).Select(_settings.ArenaPath).Where(path => _settings.Reset || !File.Exists(path))];
            Volatile.Write(ref _nodes, [.. Enumerable.Range(0, count).Select(id => new FleetNode(_settings, id, ports, _say, _ends.Writer))]);
        }

        using var givingUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        Task[] starts = [.. _nodes.Select(node => StartOrGiveUpAsync(node, _settings.Reset, givingUp))];
        await Task.WhenAll(starts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // The one that failed says more than those that were given up for it.
        await (starts.FirstOrDefault(start => start.IsFaulted) ?? Task.WhenAll(starts));
    }

    /// <summary>Ends a node as a crash does; returns when it is gone.</summary>
    public Task KillAsync(int node) => _nodes[node].KillAsync();

    /// <summary>Drains a node; one that takes too long is killed, and that is said. True when it ended well.</summary>
    public Task<bool> StopAsync(int node) => _nodes[node].StopAsync();

    /// <summary>Starts a node again with its number, port and arena; one that runs is drained before. Returns when it serves.</summary>
    /// <param name="node">The node's number.</param>
    /// <param name="cancellationToken">Gives the start up.</param>
    /// <exception cref="CliException">It did not come to serve; it is dead then.</exception>
    public async Task RestartAsync(int node, CancellationToken cancellationToken)
    {
        using var givingUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        await _nodes[node].RestartAsync(givingUp.Token);
    }

    /// <summary>Stops a node where it is, by SIGSTOP, as one that hangs.</summary>
    public Task PauseAsync(int node) => _nodes[node].PauseAsync();

    /// <summary>Lets a node that was paused go on, by SIGCONT.</summary>
    public Task ResumeAsync(int node) => _nodes[node].ResumeAsync();

    /// <summary>
    /// Drains all nodes at once, for a bounded time; then removes their arenas, unless they are to be kept or were there before. Repeating
    /// it waits for the same end. True when all that still ran ended well.
    /// </summary>
    public Task<bool> DrainAsync()
    {
        lock (_once)
            return _drained ??= DrainOnceAsync();
    }

    /// <summary>The same as <see cref="DrainAsync"/>.</summary>
    public async ValueTask DisposeAsync() => await DrainAsync();

    private static async Task StartOrGiveUpAsync(FleetNode node, bool reset, CancellationTokenSource givingUp)
    {
        // Starting a process takes milliseconds: the next need not wait for it.
        await Task.Yield();
        try
        {
            await node.StartAsync(reset, givingUp.Token);
        }
        catch
        {
            await givingUp.CancelAsync();
            throw;
        }
    }

    private async Task<bool> DrainOnceAsync()
    {
        await _closing.CancelAsync();
        var outcomes = await Task.WhenAll(_nodes.Select(node => node.StopAsync()));
        foreach (var node in _nodes)
            node.Dispose();
        _closing.Dispose();
        _ends.Writer.TryComplete();
        if (!_settings.KeepArenas)
            RemoveOwnArenas();
        return outcomes.All(isWell => isWell);
    }

    private void RemoveOwnArenas()
    {
        // A node that was killed leaves its address as well.
        foreach (var path in _ownArenas.Concat(_ownArenas.Select(static arena => $"{arena}.address")).Where(File.Exists))
        {
            try
            {
                // Opened for itself alone, which takes the lock that the node of an arena holds: what another process serves is not removed.
                using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                {
                    // What a killed node told of its address goes with it.
                    File.Delete(AddressFile.Beside(path));
                    File.Delete(path);
                }
            }
            catch (FileNotFoundException)
            {
                // Somebody else was quicker.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _say($"'{path}' could not be removed: {e.Message}; remove it by hand");
            }
        }
    }
}

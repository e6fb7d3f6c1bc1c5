using System.Globalization;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Cli.Fleet;

namespace Cascade.Hosting.Replay;

/// <summary>
/// Kills a node of a fleet now and then, as a crash does, and starts it again at once on what it left. One node at a time: the next kill waits
/// until the node serves. Not thread-safe.
/// </summary>
/// <param name="fleet">The fleet.</param>
/// <param name="every">Time between two kills, from one to the next; also before the first.</param>
/// <param name="seed">From which the nodes are drawn.</param>
/// <param name="time">The clock.</param>
/// <param name="say">Takes lines for a person.</param>
internal sealed class NodeKiller(FleetHosts fleet, TimeSpan every, ulong seed, TimeProvider time, Action<string> say) : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly List<string> _problems = [];
    private SplitMix64 _random = new(seed);
    private NodeFigures _dead;
    private long _kills;
    private Task? _running;

    /// <summary>How often a node was killed. Any thread.</summary>
    public long Kills => Volatile.Read(ref _kills);

    /// <summary>What the processes that were killed had counted just before. To be read after the end, or before the start.</summary>
    public NodeFigures FiguresOfTheDead => _dead;

    /// <summary>Nodes that did not come back, and why. To be read after the end.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Begins; once.</summary>
    /// <param name="interrupt">Ends it at once, also while a node starts.</param>
    public void Start(CancellationToken interrupt) => _running = RunAsync(interrupt);

    /// <summary>Kills no more; returns when the last node serves again, or did not come back. May be repeated.</summary>
    public async Task StopAsync()
    {
        await _ending.CancelAsync();
        if (_running is { } running)
            await running;
    }

    /// <summary>The same as <see cref="StopAsync"/>, and the end.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _ending.Dispose();
    }

    private async Task RunAsync(CancellationToken interrupt)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token, interrupt);
        try
        {
            for (var due = every; ;)
            {
                await Task.Delay(due, time, either.Token);
                var started = time.GetTimestamp();
                await KillAsync((int)_random.Below((ulong)fleet.Caches.Count), interrupt);
                due = every - time.GetElapsedTime(started);
                due = due > TimeSpan.Zero ? due : TimeSpan.Zero;
            }
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested || interrupt.IsCancellationRequested)
        {
            // The replay has ended. What is linked to the two may be told later than who threw this.
        }
    }

    private async Task KillAsync(int node, CancellationToken interrupt)
    {
        var figures = await FiguresOfAsync(node);
        Volatile.Write(ref _kills, _kills + 1);
        say(string.Create(CultureInfo.InvariantCulture, $"replay: kill {_kills}: node {node} (process {fleet.Fleet.Nodes[node].ProcessId})"));
        await fleet.Fleet.KillAsync(node);
        _dead = _dead.With(figures);
        try
        {
            await fleet.Fleet.RestartAsync(node, interrupt);
        }
        catch (CliException e)
        {
            _problems.Add(e.Message);
        }
    }

    /// <summary>What nobody can tell any more counts as nothing.</summary>
    private async Task<NodeFigures> FiguresOfAsync(int node)
    {
        try
        {
            return NodeFigures.Of(await fleet.ReportAsync(node));
        }
        catch (CascadeUnavailableException)
        {
            return default;
        }
    }
}

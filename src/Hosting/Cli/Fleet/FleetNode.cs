using System.Threading.Channels;

namespace Cascade.Hosting.Cli.Fleet;

/// <summary>A node that ended without being told to by its fleet.</summary>
/// <param name="Node">The node's number.</param>
/// <param name="ProcessId">The number that its process had.</param>
/// <param name="ExitCode">How it ended; 128 and more is a signal.</param>
internal readonly record struct NodeEnd(int Node, int ProcessId, int ExitCode)
{
    private const int SignalBase = 128;

    /// <summary>How it ended, for a person.</summary>
    public static string Describe(int exitCode) =>
        exitCode > SignalBase ? $"was ended by signal {exitCode - SignalBase}" : $"ended with exit code {exitCode}";

    /// <inheritdoc/>
    public override string ToString() => $"node {Node} (process {ProcessId}) {Describe(ExitCode)}";
}

/// <summary>One node of a fleet through the lives of its processes. Operations wait for each other; thread-safe.</summary>
/// <param name="settings">What all nodes share.</param>
/// <param name="id">The node's number.</param>
/// <param name="ports">The ports of all nodes, by their numbers; this node changes its own.</param>
/// <param name="say">Takes lines for a person; must not block.</param>
/// <param name="ends">Is told when the node ends by itself.</param>
internal sealed class FleetNode(FleetSettings settings, int id, int[] ports, Action<string> say, ChannelWriter<NodeEnd> ends) : IDisposable
{
    /// <summary>A process that was killed is gone within milliseconds, on a busy machine too.</summary>
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _operation = new(1);
    private NodeProcess? _process;
    private bool _isPaused;

    /// <summary>The node's number.</summary>
    public int Id => id;

    /// <summary>The port that it was last told to listen on.</summary>
    public int Port => Volatile.Read(ref ports[id]);

    /// <summary>Number of its last process; 0 before the first.</summary>
    public int ProcessId => Volatile.Read(ref _process)?.Id ?? 0;

    /// <summary>True while it has a process.</summary>
    public bool IsRunning => Volatile.Read(ref _process) is { Ended.IsCompleted: false };

    /// <summary>Starts it and waits until it serves. If its port was taken, once more with another one.</summary>
    /// <param name="reset">Discard the arena that is there.</param>
    /// <param name="cancellationToken">Gives the wait up; the process stays.</param>
    /// <exception cref="CliException">It did not come to serve; it is dead then.</exception>
    public Task StartAsync(bool reset, CancellationToken cancellationToken) => InTurnAsync(() => StartProcessAsync(reset, cancellationToken), cancellationToken);

    /// <summary>Drains it if it runs, and starts it with its number, port and arena.</summary>
    /// <param name="cancellationToken">Gives the wait up; the process stays.</param>
    /// <exception cref="CliException">It did not come to serve; it is dead then.</exception>
    public Task RestartAsync(CancellationToken cancellationToken) => InTurnAsync(
        async () =>
        {
            await StopProcessAsync();
            await StartProcessAsync(reset: false, cancellationToken);
            return true;
        },
        cancellationToken);

    /// <summary>Drains it; one that takes too long is killed, and that is said. True when nothing had to be killed and the exit code is 0.</summary>
    public Task<bool> StopAsync() => InTurnAsync(StopProcessAsync, CancellationToken.None);

    /// <summary>Ends it as a crash does; returns when it is gone.</summary>
    public Task KillAsync() => InTurnAsync(KillProcessAsync, CancellationToken.None);

    /// <summary>Stops its process where it is, as one that hangs, until <see cref="ResumeAsync"/>.</summary>
    /// <exception cref="InvalidOperationException">It has no process.</exception>
    public Task PauseAsync() => InTurnAsync(() => SignalAsync("STOP", isPaused: true), CancellationToken.None);

    /// <summary>Lets a process that was paused go on.</summary>
    /// <exception cref="InvalidOperationException">It has no process.</exception>
    public Task ResumeAsync() => InTurnAsync(() => SignalAsync("CONT", isPaused: false), CancellationToken.None);

    /// <inheritdoc/>
    public void Dispose()
    {
        _process?.Dispose();
        _operation.Dispose();
    }

    private async Task<T> InTurnAsync<T>(Func<Task<T>> operation, CancellationToken cancellationToken)
    {
        await _operation.WaitAsync(cancellationToken);
        try
        {
            return await operation();
        }
        finally
        {
            _operation.Release();
        }
    }

    private async Task<bool> StartProcessAsync(bool reset, CancellationToken cancellationToken)
    {
        if (IsRunning)
            throw new InvalidOperationException($"Node {id} runs already.");
        if (await TryServeAsync(reset, cancellationToken) is not { } first)
            return true;
        if (!await IsPortTakenAsync(first))
            throw NotServing($"it {NodeEnd.Describe(await first.Ended)}", first);
        say($"[node {id}] port {Port} was taken meanwhile: starting again with another");
        Volatile.Write(ref ports[id], FreePorts.Take(1)[0]);
        return await TryServeAsync(reset, cancellationToken) is { } second
            ? throw NotServing($"it {NodeEnd.Describe(await second.Ended)}", second)
            : true;
    }

    /// <summary>Null when it serves; the process when that has ended before.</summary>
    private async Task<NodeProcess?> TryServeAsync(bool reset, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var process = NodeProcess.Start(
            settings.Program, NodeArguments.Of(settings, id, ports, reset), line => say($"[node {id}] {line}"), settings.Time);
        Interlocked.Exchange(ref _process, process)?.Dispose();
        _isPaused = false;
        _ = WatchAsync(process);
        try
        {
            return await process.Serving.WaitAsync(settings.StartPatience, settings.Time, cancellationToken) ? null : process;
        }
        catch (TimeoutException)
        {
            await KillProcessAsync();
            throw NotServing($"it did not serve within {settings.StartPatience.TotalSeconds:0.###} s and was killed", process);
        }
    }

    /// <summary>A process that never served is told of by who waits for its start.</summary>
    private async Task WatchAsync(NodeProcess process)
    {
        var exitCode = await process.Ended;
        if (!process.IsStopping && await process.Serving)
            ends.TryWrite(new NodeEnd(id, process.Id, exitCode));
    }

    private async Task<bool> StopProcessAsync()
    {
        if (_process is not { Ended.IsCompleted: false } process)
            return true;
        process.BeginStop();
        try
        {
            if (_isPaused)
                await SignalAsync("CONT", isPaused: false);
            return await process.Ended.WaitAsync(settings.StopPatience, settings.Time) == ExitCode.Ok;
        }
        catch (TimeoutException)
        {
            say($"[node {id}] did not drain within {settings.StopPatience.TotalSeconds:0.###} s: killed");
        }
        catch (InvalidOperationException) when (process.Ended.IsCompleted)
        {
            return false;
        }

        await KillProcessAsync();
        return false;
    }

    /// <exception cref="TimeoutException">The system does not end it, as with a process that waits for a broken disk.</exception>
    private async Task<bool> KillProcessAsync()
    {
        if (_process is not { Ended.IsCompleted: false } process)
            return false;
        process.Kill();
        await process.Ended.WaitAsync(KillPatience, settings.Time);
        return true;
    }

    private async Task<bool> SignalAsync(string name, bool isPaused)
    {
        if (_process is not { } process)
            throw new InvalidOperationException($"Node {id} was not started.");
        await process.SignalAsync(name);
        _isPaused = isPaused;
        return true;
    }

    private static async Task<bool> IsPortTakenAsync(NodeProcess process) =>
        await process.Ended == ExitCode.Unavailable
        && process.LastLines.Any(line => line.Contains("address already in use", StringComparison.OrdinalIgnoreCase));

    private CliException NotServing(string how, NodeProcess process) => new(
        ExitCode.Unavailable, string.Join('\n', [$"node {id} did not start: {how}; the last that it said:", .. process.LastLines.Select(line => $"  {line}")]));
}

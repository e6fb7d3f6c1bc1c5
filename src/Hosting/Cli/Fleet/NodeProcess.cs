using System.ComponentModel;
using System.Diagnostics;
using Cascade.Hosting.Node;

namespace Cascade.Hosting.Cli.Fleet;

/// <summary>
/// A node in a process of its own, from its start to its end. The process drains when this one ends, however it ends: its standard input
/// is a pipe that this process alone holds. Thread-safe.
/// </summary>
internal sealed class NodeProcess : IDisposable
{
    /// <summary>What a node says when it serves.</summary>
    public const string ServingLine = "node: serving";

    private const int LastLinesMax = 12;
    private const int BufferCharacters = 4096;

    /// <summary>A pipe that some other process holds as well does not end with the node; nobody waits for it longer.</summary>
    private static readonly TimeSpan OutputPatience = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly Action<string> _say;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Queue<string> _lastLines = new();
    private readonly TaskCompletionSource<bool> _serving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isStopping;

    private NodeProcess(Process process, Action<string> say, TimeProvider time)
    {
        _process = process;
        _say = say;
        _time = time;
        Id = process.Id;
        Ended = EndAsync();
    }

    /// <summary>Number of the process.</summary>
    public int Id { get; }

    /// <summary>True when the node serves, false when it has ended before.</summary>
    public Task<bool> Serving => _serving.Task;

    /// <summary>Completes with the exit code when the process has ended and its output is read; 128 and more is a signal.</summary>
    public Task<int> Ended { get; }

    /// <summary>True when the process was told to end, or killed, by this side.</summary>
    public bool IsStopping => Volatile.Read(ref _isStopping);

    /// <summary>The last lines that the node said, oldest first.</summary>
    public IReadOnlyList<string> LastLines
    {
        get
        {
            lock (_gate)
                return [.. _lastLines];
        }
    }

    /// <summary>Starts a process.</summary>
    /// <param name="program">What to run.</param>
    /// <param name="arguments">The node's arguments.</param>
    /// <param name="say">Takes each line that it says; called from one thread of each of its two streams, and must not block.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="CliException">The program cannot be run.</exception>
    public static NodeProcess Start(FleetProgram program, IReadOnlyList<string> arguments, Action<string> say, TimeProvider time)
    {
        var start = new ProcessStartInfo(program.FileName, [.. program.Arguments, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["NO_COLOR"] = "1";

        // It is no rank of the job that this process may be one of.
        foreach (var variable in NodeMpi.LauncherVariables)
            start.Environment.Remove(variable);
        try
        {
            return new NodeProcess(Process.Start(start)!, say, time);
        }
        catch (Win32Exception e)
        {
            throw new CliException(ExitCode.Unavailable, $"a node cannot be started: {e.Message}", e);
        }
    }

    /// <summary>Tells the node to drain and end.</summary>
    public void BeginStop()
    {
        Volatile.Write(ref _isStopping, true);
        _process.StandardInput.Close();
    }

    /// <summary>Ends the process as a crash does.</summary>
    public void Kill()
    {
        Volatile.Write(ref _isStopping, true);
        _process.Kill();
    }

    /// <summary>Sends a signal that neither ends the process nor is handled by it, by its name, such as STOP.</summary>
    /// <exception cref="InvalidOperationException">The process has ended, or the signal could not be sent.</exception>
    public async Task SignalAsync(string name)
    {
        if (_process.HasExited)
            throw new InvalidOperationException($"Process {Id} has ended.");
        using var kill = Process.Start("/bin/sh", ["-c", "kill -s \"$1\" \"$2\"", "kill", name, $"{Id}"]);
        await kill.WaitForExitAsync();
        if (kill.ExitCode != 0)
            throw new InvalidOperationException($"The signal {name} could not be sent to process {Id}.");
    }

    /// <summary>Lets go of a process that has ended.</summary>
    public void Dispose() => _process.Dispose();

    private async Task<int> EndAsync()
    {
        var output = Task.WhenAll(PumpAsync(_process.StandardOutput), PumpAsync(_process.StandardError));
        await _process.WaitForExitAsync();
        try
        {
            await output.WaitAsync(OutputPatience, _time);
        }
        catch (TimeoutException)
        {
            Take($"(the output of process {Id} is held open by another process: no more of it is shown)");
        }

        _serving.TrySetResult(false);
        return _process.ExitCode;
    }

    private async Task PumpAsync(StreamReader stream)
    {
        var lines = new LineCutter(Take);
        var buffer = new char[BufferCharacters];
        try
        {
            while (await stream.ReadAsync(buffer) is > 0 and var length)
                lines.Add(buffer.AsSpan(0, length));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Take($"(the output of process {Id} cannot be read: {e.Message})");
        }

        lines.End();
    }

    private void Take(string line)
    {
        lock (_gate)
        {
            if (_lastLines.Count == LastLinesMax)
                _lastLines.Dequeue();
            _lastLines.Enqueue(line);
        }

        _say(line);
        if (line.StartsWith(ServingLine, StringComparison.Ordinal))
            _serving.TrySetResult(true);
    }
}

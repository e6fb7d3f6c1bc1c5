using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Cascade.EndToEnd;

/// <summary>A node in a process of its own that tells what it promises until it is killed.</summary>
internal sealed class VictimProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Promises _promised;
    private readonly Task<string> _error;
    private readonly StringBuilder _said = new();
    private Task _pump = Task.CompletedTask;

    private VictimProcess(Process process, Promises promised)
    {
        _process = process;
        _promised = promised;
        _error = process.StandardError.ReadToEndAsync();
        Ready = AwaitReadyAsync();
    }

    /// <summary>Completes when the node serves.</summary>
    public Task Ready { get; }

    /// <summary>Waits until the node has acknowledged so many durable puts since it serves.</summary>
    public Task AwaitPutsAsync(int count) => Until.TrueAsync(
        () => _process.HasExited || Said().Split('\n')[..^1].Count(static line => line.StartsWith("put ", StringComparison.Ordinal)) >= count,
        () => $"{count} puts were not acknowledged: {Said()}");

    public static VictimProcess Start(int seed, Promises promised, string[] settings)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        string[] arguments =
        [
            "exec", Path.Combine(AppContext.BaseDirectory, "cascade-victim.dll"), seed.ToString(CultureInfo.InvariantCulture),
            promised.NextNumber.ToString(CultureInfo.InvariantCulture), .. settings,
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        foreach (var number in promised.Durable)
            process.StandardInput.WriteLine(number.ToString(CultureInfo.InvariantCulture));
        process.StandardInput.Close();
        return new VictimProcess(process, promised);
    }

    /// <summary>Ends the process as a crash does and notes all that it said until then.</summary>
    public async Task KillAsync()
    {
        Assert.False(_process.HasExited, $"The node ended by itself: {(_process.HasExited ? await _error : "")}");
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        await _pump;
        _promised.Note(Said());
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private async Task AwaitReadyAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        Assert.True(line == "ready", $"The node did not start: {line} {(line is null ? await _error : "")}");
        _pump = PumpAsync();
    }

    private async Task PumpAsync()
    {
        var buffer = new char[4096];
        while (await _process.StandardOutput.ReadAsync(buffer) is > 0 and var length)
        {
            lock (_said)
                _said.Append(buffer, 0, length);
        }
    }

    private string Said()
    {
        lock (_said)
            return _said.ToString();
    }
}

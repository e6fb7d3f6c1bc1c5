using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Cascade.EndToEnd;

/// <summary>The program, run as users run it: its own process, its streams, its exit code.</summary>
internal sealed class CascadeProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly StringBuilder _error = new();
    private readonly TaskCompletionSource _said = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<string> _output;
    private readonly Task _errorPump;

    private CascadeProcess(
        string? awaitedWord, string[] arguments, string program = "cascade.dll", byte[]? input = null, params ReadOnlySpan<string> launcher)
    {
        string[] command = [.. launcher, Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet"];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, program));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        if (input is not null)
            _process.StandardInput.BaseStream.Write(input);
        _process.StandardInput.Close();
        _output = _process.StandardOutput.ReadToEndAsync();
        _errorPump = PumpErrorAsync(awaitedWord);
    }

    /// <summary>Number of the process.</summary>
    public int Id => _process.Id;

    /// <summary>Completes when the awaited word has been said on the error stream, or the stream has ended.</summary>
    public Task Said => _said.Task.WaitAsync(Patience);

    /// <summary>Starts the program; <see cref="Said"/> waits for <paramref name="awaitedWord"/>.</summary>
    public static CascadeProcess Start(string awaitedWord, params string[] arguments) => new(awaitedWord, arguments);

    /// <summary>The same of another program that lies beside this one.</summary>
    public static CascadeProcess StartOther(string program, string awaitedWord, params string[] arguments) => new(awaitedWord, arguments, program);

    /// <summary>The same in a network namespace.</summary>
    public static CascadeProcess StartIn(string networkNamespace, string awaitedWord, params string[] arguments) =>
        new(awaitedWord, arguments, launcher: ["ip", "netns", "exec", networkNamespace]);

    /// <summary>Runs the program to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var process = new CascadeProcess(null, arguments);
        return await process.EndAsync();
    }

    /// <summary>Runs the program to its end with this on its standard input: not more than a pipe takes.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunWithInputAsync(byte[] input, params string[] arguments)
    {
        using var process = new CascadeProcess(null, arguments, input: input);
        return await process.EndAsync();
    }

    /// <summary>Runs another program that lies beside this one to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunOtherAsync(string program, params string[] arguments)
    {
        using var process = new CascadeProcess(null, arguments, program);
        return await process.EndAsync();
    }

    /// <summary>Waits for the end of the program.</summary>
    public async Task<(int ExitCode, string Output, string Error)> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        await _errorPump;
        return (_process.ExitCode, await _output, _error.ToString());
    }

    /// <summary>Ends the process as a crash does: nothing of it runs any more.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>Waits for the awaited word, sends a signal by name such as TERM, and waits for the end of the program.</summary>
    public async Task<(int ExitCode, string Output, string Error)> EndBySignalAsync(string name)
    {
        await Said;
        Signal(name);
        return await EndAsync();
    }

    /// <summary>Waits until something has been said on the error stream.</summary>
    public Task WaitForAsync(string words) =>
        Until.TrueAsync(() => AllSaid().Contains(words, StringComparison.Ordinal), () => $"'{words}' was not said; what was: {AllSaid()}");

    /// <summary>Sends a signal by name, such as TERM.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>What has been said on the error stream.</summary>
    public string AllSaid()
    {
        lock (_error)
            return _error.ToString();
    }

    private async Task PumpErrorAsync(string? awaitedWord)
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_error)
                _error.AppendLine(line);
            if (awaitedWord is not null && line.Contains(awaitedWord, StringComparison.Ordinal))
                _said.TrySetResult();
        }

        _said.TrySetResult();
    }
}

using System.Threading.Channels;

namespace Cascade.Hosting.Cli.Fleet;

/// <summary>
/// Brings lines to the console without ever holding up who has them, so that a terminal that is stopped stops no node. A line that finds
/// <see cref="LinesMax"/> waiting is left out, and how many were is said. Thread-safe.
/// </summary>
internal sealed class LineForwarder : IAsyncDisposable
{
    /// <summary>Lines that may wait for the console: 8 MiB at their longest.</summary>
    public const int LinesMax = 1024;

    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    private readonly CliConsole _console;
    private readonly Channel<string> _lines;
    private readonly Task _writer;
    private long _leftOut;

    public LineForwarder(CliConsole console)
    {
        _console = console;
        _lines = Channel.CreateBounded<string>(
            new BoundedChannelOptions(LinesMax) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true },
            _ => Interlocked.Increment(ref _leftOut));
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Takes a line; it is lost after the end.</summary>
    public void Say(string line) => _lines.Writer.TryWrite(line);

    /// <summary>Writes what waits, for a bounded time.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writer.WaitAsync(EndPatience, _console.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task WriteAsync()
    {
        await foreach (var line in _lines.Reader.ReadAllAsync())
        {
            _console.Say(line);
            if (Interlocked.Exchange(ref _leftOut, 0) is > 0 and var leftOut)
                _console.Say($"({HumanText.Count(leftOut)} lines of the nodes left out: they came faster than they could be shown)");
        }
    }
}

using Cascade.Hosting.Cli;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Node;

/// <summary>Writes log lines where the program talks, so that they and a progress bar do not run into each other.</summary>
internal sealed class ConsoleLogProvider(CliConsole console) : ILoggerProvider
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new ConsoleLogger(console);

    /// <inheritdoc/>
    public void Dispose()
    {
        // The console is the program's.
    }

    private sealed class ConsoleLogger(CliConsole console) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var level = logLevel switch
            {
                LogLevel.Information => "info",
                LogLevel.Warning => "warn",
                _ => logLevel.ToString().ToLowerInvariant(),
            };
            console.Say($"{level}: {formatter(state, exception)}{(exception is null ? "" : $"\n{exception}")}");
        }
    }
}

using Microsoft.Extensions.Logging;

namespace Cascade.Simulation.World;

/// <summary>What a node logs, told to the world's log with the moment and the node.</summary>
internal sealed class NodeLogger(SimWorld world, SimNode node) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => world.Log is not null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        world.Log?.Invoke(FormattableString.Invariant(
            $"{world.Time.Elapsed.TotalSeconds,8:0.000} n{node.Index} {logLevel}: {formatter(state, exception)} {exception}").TrimEnd());
}

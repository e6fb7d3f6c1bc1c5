using System.Globalization;

namespace Cascade.Hosting.Replay;

/// <summary>A line of a trace is not a request.</summary>
internal sealed class TraceFormatException(string trace, long line, string problem)
    : Exception(string.Create(CultureInfo.InvariantCulture, $"{trace}:{line}: {problem}"))
{
    /// <summary>The line, counted from 1.</summary>
    public long Line { get; } = line;
}

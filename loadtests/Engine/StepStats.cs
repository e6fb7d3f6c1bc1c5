using System.Collections.Concurrent;

namespace Cascade.LoadTests.Engine;

/// <summary>What became of one step, or of whole runs. Thread-safe; recording takes no lock once a reason is known.</summary>
internal sealed class StepStats(string name)
{
    /// <summary>Reasons that are told apart; further ones are counted as <see cref="OtherReason"/>.</summary>
    private const int ReasonsMax = 64;

    private const string OtherReason = "other";

    private readonly LatencyHistogram _latency = new();
    private readonly ConcurrentDictionary<(bool IsError, string Code), Tally> _tallies = new();
    private long _bytes;
    private long _errors;

    /// <summary>Name of the step.</summary>
    public string Name { get; } = name;

    /// <summary>Counts an outcome. The time of an error is not in the latencies: it is not one of an answer.</summary>
    public void Record<T>(Response<T> response, long nanoseconds)
    {
        TallyOf(response.IsError, response.StatusCode, response.Message).Add();
        if (response.IsError)
        {
            Interlocked.Increment(ref _errors);
            return;
        }

        Interlocked.Add(ref _bytes, response.SizeBytes);
        _latency.Record(nanoseconds);
    }

    /// <summary>What was recorded until now.</summary>
    public StepSnapshot Snapshot()
    {
        var (bytes, errors) = (Interlocked.Read(ref _bytes), Interlocked.Read(ref _errors));
        var tallies = _tallies
            .Select(pair => new StatusCount(pair.Key.IsError, pair.Key.Code, pair.Value.Count, pair.Value.Message))
            .Where(status => status.Code.Length > 0)
            .OrderByDescending(status => status.Count).ThenBy(status => status.Code, StringComparer.Ordinal);
        return new StepSnapshot(Name, _latency.Snapshot(), bytes, errors, [.. tallies]);
    }

    private Tally TallyOf(bool isError, string code, string message)
    {
        if (_tallies.TryGetValue((isError, code), out var tally))
            return tally;
        var key = _tallies.Count < ReasonsMax ? code : OtherReason;
        return _tallies.GetOrAdd((isError, key), _ => new Tally(message));
    }

    private sealed class Tally(string message)
    {
        private long _count;

        public long Count => Interlocked.Read(ref _count);

        public string Message { get; } = message;

        public void Add() => Interlocked.Increment(ref _count);
    }
}

/// <summary>How often a status was answered.</summary>
/// <param name="IsError">True for the reason of an error.</param>
/// <param name="Code">The status.</param>
/// <param name="Count">How often.</param>
/// <param name="Message">The first message that came with it.</param>
internal sealed record StatusCount(bool IsError, string Code, long Count, string Message);

/// <summary>What was recorded of a step until one moment.</summary>
/// <param name="Name">The step.</param>
/// <param name="Latency">Times of good answers.</param>
/// <param name="Bytes">Bytes moved.</param>
/// <param name="Errors">Not done.</param>
/// <param name="Statuses">Both by status, the most frequent first; plain good answers have none.</param>
internal sealed record StepSnapshot(string Name, HistogramSnapshot Latency, long Bytes, long Errors, IReadOnlyList<StatusCount> Statuses)
{
    /// <summary>Good answers.</summary>
    public long Ok => Latency.Count;

    /// <summary>Nothing recorded yet.</summary>
    public static StepSnapshot Nothing(string name) => new(name, HistogramSnapshot.Empty, 0, 0, []);
}

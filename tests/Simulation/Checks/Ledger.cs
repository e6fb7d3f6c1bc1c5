using Cascade.Cluster.Tests.Simulation;

namespace Cascade.Simulation.Checks;

/// <summary>What was put under each key, what was promised of it, and every promise that was broken.</summary>
internal sealed class Ledger(int keys, Func<TimeSpan> now)
{
    private readonly KeyBook[] _keys = [.. Enumerable.Range(0, keys).Select(static _ => new KeyBook())];

    /// <summary>The first violation; the run ends with it.</summary>
    public string? Violation { get; private set; }

    public EffectTrace Trace { get; } = new();

    /// <summary>How calls ended, for people.</summary>
    public SortedDictionary<string, int> Outcomes { get; } = new(StringComparer.Ordinal);

    public KeyBook this[int key] => _keys[key];

    public int Keys => keys;

    public void Fail(string violation) => Violation ??= $"at {now().TotalSeconds:0.000} s: {violation}";

    public void Check(bool holds, string violation)
    {
        if (!holds)
            Fail(violation);
    }

    public void Ended(string call, string outcome, params ReadOnlySpan<long> words)
    {
        var name = $"{call} {outcome}";
        Outcomes[name] = Outcomes.GetValueOrDefault(name) + 1;
        Trace.Add(name, now().Ticks);
        Trace.Add("", words);
    }
}

/// <summary>What is known of a key for sure.</summary>
internal enum KeyTruth
{
    /// <summary>Writes overlapped or failed: either may be.</summary>
    Unknown,
    Present,
    Absent,
}

/// <summary>The writes of one key.</summary>
internal sealed class KeyBook
{
    private int _writers;

    /// <summary>Contents that some put, ended or not, gave the key.</summary>
    public HashSet<int> Written { get; } = [];

    /// <summary>Changes with every write that begins.</summary>
    public int Version { get; private set; }

    public KeyTruth Truth { get; private set; } = KeyTruth.Absent;

    /// <summary>What the key names, while it is present for sure.</summary>
    public int Content { get; private set; } = -1;

    public bool HasPutAcknowledged { get; private set; }

    /// <summary>A write failed, and may have left a copy under the key in an arena that the index was never told of.</summary>
    public bool HasFailure { get; private set; }

    /// <summary>What was acknowledged, and how many arenas had been lost when the put began.</summary>
    public List<(int Machines, int LostArenas)> Promises { get; } = [];

    public bool HasDeletion { get; private set; }

    /// <summary>A write begins; what it is to be ended with.</summary>
    public int Begin(int? content)
    {
        if (content is { } put)
            Written.Add(put);
        else
            HasDeletion = true;
        Truth = KeyTruth.Unknown;
        Version++;
        return _writers++ == 0 ? Version : -1;
    }

    /// <summary>A write ended.</summary>
    /// <param name="write">What its begin gave.</param>
    /// <param name="truth">What it makes true when no other overlapped it.</param>
    /// <param name="content">What the key then names.</param>
    public void End(int write, KeyTruth truth, int content = -1)
    {
        _writers--;
        HasPutAcknowledged |= truth == KeyTruth.Present;
        HasFailure |= truth == KeyTruth.Unknown;
        if (write == Version)
            (Truth, Content) = (truth, content);
    }
}

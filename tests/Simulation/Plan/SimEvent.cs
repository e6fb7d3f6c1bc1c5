namespace Cascade.Simulation.Plan;

/// <summary>What a client calls.</summary>
internal enum CallKind
{
    Put,
    Get,
    GetMany,
    PutMany,
    LongestPrefix,
    Protect,
    Unprotect,
    Delete,
}

/// <summary>What breaks, and what mends it.</summary>
internal enum FaultKind
{
    CrashKeepingArena,
    CrashLosingArena,
    Silence,
    Restart,
    Leave,
    CutConnection,
    BlockOneWay,
    Divide,
    Heal,
    SlowDown,
    FillDisk,
    BreakDisk,
}

/// <summary>Something that the world does at a moment, complete in itself: any of them can be left out without changing the others.</summary>
/// <param name="Index">Its place in the plan.</param>
/// <param name="Gap">How long after the one before.</param>
internal abstract record SimEvent(int Index, TimeSpan Gap);

/// <summary>A client's call at a node.</summary>
internal sealed record CallEvent(int Index, TimeSpan Gap, CallKind Kind, int Node, int Key, int Count, int Content, TimeSpan Hold) : SimEvent(Index, Gap)
{
    /// <summary>Stands for the disk in <see cref="Machines"/>.</summary>
    public const int Durable = -1;

    /// <summary>Machines that a put has to reach: 0 for the memory of one, <see cref="Durable"/> for a disk.</summary>
    public int Machines { get; init; }

    public override string ToString() => Kind switch
    {
        CallKind.Put => $"#{Index} +{Gap.TotalMilliseconds:0}ms n{Node} Put k{Key}=c{Content}{Where}",
        CallKind.Get => $"#{Index} +{Gap.TotalMilliseconds:0}ms n{Node} Get k{Key}, held {Hold.TotalMilliseconds:0}ms",
        CallKind.PutMany => $"#{Index} +{Gap.TotalMilliseconds:0}ms n{Node} PutMany k{Key}..k{Key + Count - 1}{Where}",
        CallKind.GetMany or CallKind.LongestPrefix => $"#{Index} +{Gap.TotalMilliseconds:0}ms n{Node} {Kind} k{Key}..k{Key + Count - 1}",
        _ => $"#{Index} +{Gap.TotalMilliseconds:0}ms n{Node} {Kind} k{Key}",
    };

    private string Where => Machines == Durable ? " durable" : Machines > 1 ? $" on {Machines}" : "";
}

/// <summary>A fault.</summary>
internal sealed record FaultEvent(int Index, TimeSpan Gap, FaultKind Kind, int Node, int Other, ulong Side) : SimEvent(Index, Gap)
{
    public override string ToString() => Kind switch
    {
        FaultKind.CutConnection or FaultKind.BlockOneWay => $"#{Index} +{Gap.TotalMilliseconds:0}ms {Kind} n{Node}->n{Other}",
        FaultKind.Divide => $"#{Index} +{Gap.TotalMilliseconds:0}ms {Kind} by {Side:x}",
        FaultKind.Heal => $"#{Index} +{Gap.TotalMilliseconds:0}ms {Kind}",
        _ => $"#{Index} +{Gap.TotalMilliseconds:0}ms {Kind} n{Node}",
    };
}

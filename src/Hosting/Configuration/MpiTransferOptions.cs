namespace Cascade.Hosting.Configuration;

/// <summary>Settings of transfers by MPI: the section <c>cascade.mpi</c>.</summary>
public sealed record MpiTransferOptions
{
    /// <summary>How long the nodes of a job may take to find each other.</summary>
    public required TimeSpan StartWithin { get; init; }

    /// <summary>Whether a thread polls MPI, so that other nodes can read this one's memory at any time.</summary>
    public required bool Progress { get; init; }

    /// <summary>How long that thread rests when there was nothing to do.</summary>
    public required TimeSpan ProgressRest { get; init; }

    /// <summary>A poll that took longer had work to do.</summary>
    public required TimeSpan ProgressBusyAbove { get; init; }

    /// <summary>Polls without a rest after one that had work to do.</summary>
    public required int ProgressPolls { get; init; }

    /// <summary>Bytes of one read.</summary>
    public required int PieceBytes { get; init; }

    /// <summary>Reads that one transfer has under way.</summary>
    public required int PiecesInFlight { get; init; }

    /// <summary>Threads that read large blocks.</summary>
    public required int Threads { get; init; }

    internal static MpiTransferOptions Read(OptionsReader reader) => new()
    {
        StartWithin = reader.Duration("start-within", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        Progress = reader.Boolean("progress"),
        ProgressRest = reader.Duration("progress-rest", TimeSpan.Zero, TimeSpan.FromSeconds(1)),
        ProgressBusyAbove = reader.Duration("progress-busy-above", TimeSpan.Zero, TimeSpan.FromSeconds(1)),
        ProgressPolls = reader.Integer("progress-polls", 0, 1_000_000_000),
        PieceBytes = (int)reader.SizeBytes("piece-size", 64 << 10, 64 << 20),
        PiecesInFlight = reader.Integer("pieces-in-flight", 1, 64),
        Threads = reader.Integer("threads", 1, 16),
    };
}

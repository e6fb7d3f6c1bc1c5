using Cascade.Actors.Simulation;

namespace Cascade.Simulation.Plan;

/// <summary>The cold tier that each storing node has over a simulated disk.</summary>
internal sealed record DiskConfig
{
    /// <summary>Pages of 4 KiB that all files of a node may take.</summary>
    public required int CapacityPages { get; init; }

    public required int FilePages { get; init; }

    /// <summary>Nothing that was flushed is ever dropped for room.</summary>
    public required bool IsRoomy { get; init; }

    public required TimeSpan DelayMax { get; init; }

    public required TimeSpan GroupDelay { get; init; }

    public required int AdmitReads { get; init; }

    public required bool ReadsAhead { get; init; }

    public required double WriteError { get; init; }

    public required double ReadError { get; init; }

    public required double FlushError { get; init; }

    public static DiskConfig Draw(SplitMix64 random, bool isCalm)
    {
        var isRoomy = isCalm || random.Next(2) == 0;
        var isFailing = !isCalm && random.Next(2) == 0;
        var filePages = isRoomy ? 64 : 8 + random.Next(8);
        return new DiskConfig
        {
            CapacityPages = isRoomy ? 4096 : filePages * (4 + random.Next(6)),
            FilePages = filePages,
            IsRoomy = isRoomy,
            DelayMax = TimeSpan.FromMilliseconds(random.Next(4) == 0 ? 50 : 2),
            GroupDelay = TimeSpan.FromMilliseconds(random.Next(10)),
            AdmitReads = random.Next(2),
            ReadsAhead = random.Next(2) == 0,
            WriteError = isFailing ? 0.05 * random.NextDouble() : 0,
            ReadError = isFailing ? 0.05 * random.NextDouble() : 0,
            FlushError = isFailing ? 0.05 * random.NextDouble() : 0,
        };
    }
}

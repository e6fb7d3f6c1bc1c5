using System.Text.Json.Serialization;
using Cascade.Actors.Simulation;

namespace Cascade.Simulation.Plan;

/// <summary>What a world is like; drawn from its seed before anything else.</summary>
internal sealed record SimConfig
{
    public const int Granule = 4096;

    public const int NodesMax = 40;

    public required ulong Seed { get; init; }

    /// <summary>Machines; each has a node for most of the time.</summary>
    public required int Nodes { get; init; }

    /// <summary>Nothing breaks and there is room for everything: every call has to succeed.</summary>
    public required bool IsCalm { get; init; }

    /// <summary>There is room for all contents on every node, so that nothing is ever evicted.</summary>
    public required bool IsRoomy { get; init; }

    public required long CapacityBlocks { get; init; }

    public required int Slots { get; init; }

    public required int Keys { get; init; }

    public required int Contents { get; init; }

    /// <summary>A key may name another content later; otherwise its content is fixed, as with prefix hashes.</summary>
    public required bool Rebinds { get; init; }

    public required bool Deletes { get; init; }

    public required bool Protects { get; init; }

    public required int Events { get; init; }

    public required TimeSpan EventGapMax { get; init; }

    /// <summary>Share of events that are faults.</summary>
    public required double FaultShare { get; init; }

    public required IReadOnlyList<FaultKind> Faults { get; init; }

    public required TimeSpan DelayMax { get; init; }

    public required bool IsGossipUnreliable { get; init; }

    public required double GossipLoss { get; init; }

    public required double GossipTwice { get; init; }

    public required double GossipLate { get; init; }

    public required double FabricCorrupts { get; init; }

    public required int PullsMax { get; init; }

    public required IReadOnlyList<int> DriftPerMillion { get; init; }

    public required IReadOnlyList<TimeSpan> ClockOffset { get; init; }

    public required TimeSpan SlowStart { get; init; }

    /// <summary>The first lives of nodes start slowly too: the cluster as it forms moves each shard several times.</summary>
    public bool FirstLivesSlow { get; init; } = true;

    /// <summary>Calls begin while the nodes still find each other.</summary>
    public bool IsHasty { get; init; }

    public required TimeSpan AskTimeout { get; init; }

    public required TimeSpan PutDeadline { get; init; }

    public required TimeSpan PassivateAfter { get; init; }

    public required int LeasesMax { get; init; }

    /// <summary>The cold tier of nodes; null for none.</summary>
    public DiskConfig? Disk { get; init; }

    /// <summary>The last so many nodes store nothing.</summary>
    public int Clients { get; init; }

    /// <summary>Share of puts that are to be on several machines, or on a disk where there is one.</summary>
    public double StrongPuts { get; init; }

    /// <summary>Nodes that store.</summary>
    [JsonIgnore]
    public int Stores => Nodes - Clients;

    public static SimConfig Draw(ulong seed, SplitMix64 random, int? nodes, int? steps)
    {
        var isCalm = random.Next(5) == 0;
        var isRoomy = isCalm || random.Next(2) == 0;
        var isWide = random.Next(20) == 0;
        var count = 3 + random.Next(isWide ? 14 : 4);
        if (random.Next(300) == 0)
            count = NodesMax;
        count = nodes ?? count;
        var keys = 4 + random.Next(20);
        var disk = random.Next(3) == 0 ? DiskConfig.Draw(random.Split(), isCalm) : null;
        var faults = Enum.GetValues<FaultKind>()
            .Where(_ => random.Next(3) > 0)
            .Where(kind => disk is not null || kind is not (FaultKind.FillDisk or FaultKind.BreakDisk)).ToArray();
        var drifts = !isCalm && random.Next(3) == 0;
        var offset = !isCalm && (drifts || random.Next(3) == 0);
        return new SimConfig
        {
            Seed = seed,
            Nodes = count,
            IsCalm = isCalm,
            IsRoomy = isRoomy,
            CapacityBlocks = isRoomy ? 96 : 8 + random.Next(24),
            Slots = isRoomy ? 160 : 8 + random.Next(24),
            Keys = keys,
            Contents = Math.Max(2, keys * (1 + random.Next(3)) / 3),
            Rebinds = random.Next(4) == 0,
            Deletes = random.Next(2) == 0,
            Protects = random.Next(2) == 0,
            Events = steps ?? 60 + random.Next(160),
            EventGapMax = TimeSpan.FromMilliseconds(20 + random.Next(180)),
            FaultShare = isCalm || faults.Length == 0 ? 0 : 0.02 + (0.13 * random.NextDouble()),
            Faults = faults,
            DelayMax = TimeSpan.FromMilliseconds(random.Next(4) == 0 ? 20 : 1),
            IsGossipUnreliable = !isCalm && random.Next(2) == 0,
            GossipLoss = 0.05 * random.NextDouble(),
            GossipTwice = 0.2 * random.NextDouble(),
            GossipLate = 0.2 * random.NextDouble(),
            FabricCorrupts = isCalm || random.Next(2) == 0 ? 0 : 0.1 * random.NextDouble(),
            PullsMax = isCalm ? 64 : 2 + random.Next(30),
            DriftPerMillion = [.. Enumerable.Range(0, count).Select(_ => drifts ? random.Next(20_000) - 10_000 : 0)],
            ClockOffset = [.. Enumerable.Range(0, count).Select(_ => TimeSpan.FromMilliseconds(offset ? random.Next(400) - 200 : 0))],
            SlowStart = random.Next(2) == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(2),
            FirstLivesSlow = count <= 8 && random.Next(8) == 0,
            IsHasty = !isCalm && random.Next(4) == 0,
            AskTimeout = TimeSpan.FromSeconds(1 + random.Next(3)),
            PutDeadline = TimeSpan.FromMilliseconds((isCalm ? 2000 : 300) + random.Next(2000)),
            PassivateAfter = TimeSpan.FromSeconds(1 + random.Next(4)),
            Disk = disk,
            Clients = count > 3 && random.Next(4) == 0 ? 1 + random.Next(Math.Min(2, count - 3)) : 0,
            StrongPuts = random.Next(2) == 0 ? 0 : 0.4 * random.NextDouble(),
            LeasesMax = isCalm ? 256 : 8 + random.Next(100),
        };
    }
}

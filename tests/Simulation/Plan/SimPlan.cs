using Cascade.Actors.Simulation;

namespace Cascade.Simulation.Plan;

/// <summary>A world and all that is to happen in it. The same seed, the same plan.</summary>
internal sealed record SimPlan(SimConfig Config, IReadOnlyList<SimEvent> Events)
{
    private const int GroupMax = 5;

    /// <summary>Draws the plan of a seed.</summary>
    /// <param name="seed">What everything is drawn from.</param>
    /// <param name="nodes">Machines; null draws them.</param>
    /// <param name="steps">Events; null draws them.</param>
    public static SimPlan Draw(ulong seed, int? nodes = null, int? steps = null)
    {
        var random = new SplitMix64(seed);
        var config = SimConfig.Draw(seed, random.Split(), nodes, steps);
        var events = new List<SimEvent>(config.Events);
        var draws = random.Split();
        for (var i = 0; i < config.Events; i++)
        {
            var gap = config.EventGapMax * draws.NextDouble();
            events.Add(draws.NextDouble() < config.FaultShare ? DrawFault(i, gap, config, draws) : DrawCall(i, gap, config, draws));
        }

        return new SimPlan(config, events);
    }

    /// <summary>The plan with these events alone, each at the moment that it had.</summary>
    public SimPlan With(IReadOnlySet<int> kept)
    {
        var events = new List<SimEvent>();
        var skipped = TimeSpan.Zero;
        foreach (var next in Events)
        {
            skipped += next.Gap;
            if (!kept.Contains(next.Index))
                continue;
            events.Add(next with { Gap = skipped });
            skipped = TimeSpan.Zero;
        }

        return this with { Events = events };
    }

    private static CallEvent DrawCall(int index, TimeSpan gap, SimConfig config, SplitMix64 draws)
    {
        var draw = draws.Next(100);
        var kind = draw switch
        {
            < 34 => CallKind.Put,
            < 74 => CallKind.Get,
            < 79 => CallKind.GetMany,
            < 83 => CallKind.PutMany,
            < 86 => CallKind.LongestPrefix,
            < 91 when config.Protects => CallKind.Protect,
            < 94 when config.Protects => CallKind.Unprotect,
            >= 94 when config.Deletes => CallKind.Delete,
            _ => CallKind.Get,
        };
        var key = draws.Next(config.Keys);
        var count = 1 + draws.Next(Math.Min(GroupMax, config.Keys - key));
        var hold = TimeSpan.FromMilliseconds(draws.Next(4) == 0 ? draws.Next(1500) : draws.Next(50));
        var machines = kind is CallKind.Put or CallKind.PutMany && draws.NextDouble() < config.StrongPuts
            ? config.Disk is not null && draws.Next(2) == 0 ? CallEvent.Durable : 2 + draws.Next(Math.Min(2, config.Stores - 1))
            : 0;
        return new CallEvent(index, gap, kind, draws.Next(config.Nodes), key, count, draws.Next(config.Contents), hold) { Machines = machines };
    }

    private static FaultEvent DrawFault(int index, TimeSpan gap, SimConfig config, SplitMix64 draws)
    {
        var kind = config.Faults[draws.Next(config.Faults.Count)];
        var node = draws.Next(config.Nodes);
        var other = (node + 1 + draws.Next(config.Nodes - 1)) % config.Nodes;
        return new FaultEvent(index, gap, kind, node, other, draws.Next() % ((1UL << config.Nodes) - 1));
    }
}

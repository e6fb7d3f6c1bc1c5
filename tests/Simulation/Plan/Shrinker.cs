using Cascade.Simulation.World;

namespace Cascade.Simulation.Plan;

/// <summary>Finds a few events of a failing plan that fail as well.</summary>
/// <remarks>After Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (2002): parts are left out, halves first, while what is left still fails.</remarks>
internal static class Shrinker
{
    /// <summary>Shrinks a plan that fails.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="run">Runs one; true when it fails in the way that is looked for.</param>
    /// <param name="runsMax">Runs after which what was found has to do.</param>
    public static SimPlan Shrink(SimPlan plan, Func<SimPlan, bool> run, int runsMax)
    {
        var kept = plan.Events.Select(static known => known.Index).ToList();
        for (var (part, runs) = (Math.Max(1, kept.Count / 2), 0); ; part /= 2)
        {
            for (var at = 0; at < kept.Count;)
            {
                var without = kept.Take(at).Concat(kept.Skip(at + part)).ToList();
                if (++runs > runsMax)
                    return plan.With(kept.ToHashSet());
                if (run(plan.With(without.ToHashSet())))
                    kept = without;
                else
                    at += part;
            }

            if (part == 1)
                return plan.With(kept.ToHashSet());
        }
    }

    /// <summary>What a violation is about, without the moment, the numbers and the node: two plans fail in one way when this is the same.</summary>
    public static string KindOf(string violation)
    {
        var text = violation[(violation.IndexOf(": ", StringComparison.Ordinal) + 2)..].ReplaceLineEndings(" ");
        var letters = new string([.. text.Where(static c => !char.IsAsciiDigit(c))]);
        return string.Join(' ', letters.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(12));
    }

    /// <summary>Shrinks the plan of a seed.</summary>
    public static SimPlan Shrink(SimPlan plan, string violation, PlantedBug bug, int runsMax) => Shrink(
        plan,
        smaller =>
        {
            using var world = new SimWorld(smaller, bug);
            return world.Run().Violation is { } found && KindOf(found) == KindOf(violation);
        },
        runsMax);
}

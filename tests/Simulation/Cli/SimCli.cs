using Cascade.Simulation.Plan;
using Cascade.Simulation.World;

namespace Cascade.Simulation.Cli;

internal sealed class SimCli(TextWriter output, TextWriter error)
{
    public Task<int> RunAsync(string[] args)
    {
        var seed = ulong.Parse(args[0]);
        var count = args.Length > 1 ? ulong.Parse(args[1]) : 1;
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var bad = 0;
        for (var s = seed; s < seed + count; s++)
        {
            using var world = new SimWorld(SimPlan.Draw(s));
            if (count == 1)
                world.Log = output.WriteLine;
            var result = world.Run();
            if (result.Violation is not null || count == 1)
            {
                bad++;
                output.WriteLine($"{s}: nodes {result.Nodes} turns {result.Turns} {result.Elapsed.TotalSeconds:0.0}s trace {result.Trace:x} calm {world.Plan.Config.IsCalm} roomy {world.Plan.Config.IsRoomy} {result.Violation}");
            }
            if (count == 1 && args.Length > 2 && result.Violation is { } v0)
            {
                var small = Shrinker.Shrink(SimPlan.Draw(s), v0, PlantedBug.None, 300);
                output.WriteLine("SHRUNK");
                using var again = new SimWorld(small) { Log = output.WriteLine };
                output.WriteLine(again.Run().Violation);
            }
            if (count == 1)
                foreach (var (k, v) in result.Outcomes) output.WriteLine($"  {k}: {v}");
        }

        error.WriteLine($"{count} seeds, {bad} bad, {System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
        return Task.FromResult(bad);
    }
}

using Cascade.Cluster.Tests.Simulation;

namespace Cascade.Cluster.Tests.Node;

public sealed class RandomRunTests
{
    [Fact]
    public void Explore()
    {
        var fails = new List<string>();
        var outcomes = new Dictionary<string, int>();
        long turns = 0; int ev = 0, dr = 0;
        var sw = System.Diagnostics.Stopwatch.StartNew();
        foreach (var rebinds in new[] { false, true })
        {
            for (ulong seed = 1; seed <= 1000; seed++)
            {
                using var run = new RandomRun(seed, new Workload(6, 80, 14, 8, rebinds));
                try { run.Execute(); }
                catch (Exception e) { fails.Add($"{rebinds} {e.Message.Split('\n')[0]} {(e is InvalidOperationException ? "" : e.StackTrace)}"); }
                foreach (var (k, v) in run.Ledger.Outcomes) outcomes[k] = outcomes.GetValueOrDefault(k) + v;
                turns += run.Turns; ev += run.Ledger.Evictions; dr += run.Ledger.Drops;
            }
        }
        File.WriteAllText("/tmp/explore.txt", $"{sw.Elapsed} turns {turns} ev {ev} dr {dr}\n" + string.Join("\n", outcomes.OrderBy(o => o.Key)) + "\n" + string.Join("\n", fails));
    }
}

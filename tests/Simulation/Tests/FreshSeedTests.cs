using System.Globalization;
using Cascade.Simulation.Plan;
using Cascade.Simulation.World;

namespace Cascade.Simulation.Tests;

/// <summary>What the simulator finds today. A class of its own, so that it runs beside the others.</summary>
public sealed class FreshSeedTests(ITestOutputHelper output)
{
    private const int Seeds = 300;

    /// <summary>Other seeds each time. One that fails is printed with the command that runs it again, and that shortens it to a plan for <c>Regressions</c>.</summary>
    [Fact]
    public void Fresh_seeds_break_no_promise()
    {
        var first = (ulong)DateTime.UtcNow.Ticks / TimeSpan.TicksPerMillisecond * Seeds;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Seeds} seeds from {first} on"));
        var failed = new List<string>();
        Parallel.For(0, Seeds, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, at =>
        {
            var seed = first + (ulong)at;
            if (Violation(seed) is not { } violation)
                return;
            lock (failed)
                failed.Add(string.Create(CultureInfo.InvariantCulture, $"./cascade sim --seed {seed} --keep tests/Simulation/Regressions/{seed}.json    # {violation}"));
        });
        Assert.True(failed.Count == 0, string.Join('\n', failed));
    }

    private static string? Violation(ulong seed)
    {
        using var world = new SimWorld(SimPlan.Draw(seed));
        return world.Run().Violation;
    }
}

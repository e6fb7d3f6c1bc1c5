using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Cascade.Simulation.Plan;
using Cascade.Simulation.World;

namespace Cascade.Simulation.Cli;

/// <summary>Carries a command line out.</summary>
internal sealed class SimCommand(SimOptions options, TextWriter output, TextWriter error)
{
    private const int ShrinkRunsMax = 200;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Runs it; 1 when a promise was broken.</summary>
    public int Run(ParseResult line, CancellationToken interrupt) =>
        line.GetValue(options.Plan) is not null || (line.GetValue(options.Seed) is not null && line.GetValue(options.Seeds) is null)
            ? RunOne(line)
            : RunMany(line, interrupt);

    private int RunOne(ParseResult line)
    {
        SimPlan plan;
        try
        {
            plan = line.GetValue(options.Plan) is { } file
                ? PlanFile.Load(file.FullName)
                : SimPlan.Draw(line.GetValue(options.Seed)!.Value, line.GetValue(options.Nodes), line.GetValue(options.Steps));
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"cascade sim: {e.Message}");
            return 2;
        }

        var result = RunPlan(plan, line.GetValue(options.Log) ? error.WriteLine : null);
        IReadOnlyList<string> events = [];
        if (result.Violation is { } violation)
        {
            error.WriteLine("cascade sim: a promise was broken; looking for the shortest way there ...");
            plan = Shrinker.Shrink(plan, violation, PlantedBug.None, ShrinkRunsMax);
            events = [.. plan.Events.Select(static next => next.ToString()!)];
        }

        if (line.GetValue(options.Keep) is { } kept)
            PlanFile.Save(kept.FullName, plan, result.Violation?.ReplaceLineEndings(" ") ?? "nothing");

        if (line.GetValue(options.Json))
        {
            output.WriteLine(JsonSerializer.Serialize(Document(result, events), Indented));
            return result.Violation is null ? 0 : 1;
        }

        var run = Text($"{result.Nodes} nodes, {result.Events} events, {result.Turns} turns in {result.Elapsed.TotalSeconds:0.0} s of virtual time");
        output.WriteLine(Text($"seed {result.Seed}: {run}, trace {result.Trace:x16}"));
        foreach (var (call, times) in result.Outcomes)
            output.WriteLine(Text($"  {call}: {times}"));
        if (result.Violation is null)
            return 0;
        output.WriteLine($"broken {result.Violation}");
        output.WriteLine("these events of it break it as well:");
        foreach (var next in events)
            output.WriteLine($"  {next}");
        if (line.GetValue(options.Plan) is null)
            output.WriteLine($"run it again by: {CommandOf(line, result.Seed)}");
        return 1;
    }

    private int RunMany(ParseResult line, CancellationToken interrupt)
    {
        var started = Stopwatch.GetTimestamp();
        var time = line.GetValue(options.Minutes) is { } minutes ? TimeSpan.FromMinutes(minutes) : TimeSpan.MaxValue;
        var seeds = line.GetValue(options.Seeds) ?? long.MaxValue;
        var first = line.GetValue(options.Seed) ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) >> 16;
        if (!line.GetValue(options.Json))
            output.WriteLine(Text($"seeds from {first} on"));
        var (runs, failed) = (0L, new List<SimResult>());
        Parallel.ForEach(
            Draw(first, seeds, () => interrupt.IsCancellationRequested || Stopwatch.GetElapsedTime(started) > time),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            seed =>
            {
                var result = RunPlan(SimPlan.Draw(seed, line.GetValue(options.Nodes), line.GetValue(options.Steps)));
                Interlocked.Increment(ref runs);
                if (result.Violation is null)
                    return;
                lock (failed)
                {
                    failed.Add(result);
                    if (!line.GetValue(options.Json))
                        output.WriteLine($"{CommandOf(line, seed)}    # {result.Violation.ReplaceLineEndings(" ")}");
                }
            });
        if (line.GetValue(options.Json))
            output.WriteLine(JsonSerializer.Serialize(new { First = first, Runs = runs, Failed = failed.Select(static result => Document(result, [])) }, Indented));
        else
            output.WriteLine(Text($"{runs} seeds, {failed.Count} failed, {runs / Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} seeds/s"));
        return failed.Count == 0 ? 0 : 1;
    }

    private static SimResult RunPlan(SimPlan plan, Action<string>? log = null)
    {
        using var world = new SimWorld(plan) { Log = log };
        return world.Run();
    }

    private static IEnumerable<ulong> Draw(ulong first, long count, Func<bool> isOver)
    {
        for (var i = 0L; i < count && !isOver(); i++)
            yield return first + (ulong)i;
    }

    private string CommandOf(ParseResult line, ulong seed)
    {
        var nodes = line.GetValue(options.Nodes) is { } given ? Text($" --nodes {given}") : "";
        var steps = line.GetValue(options.Steps) is { } count ? Text($" --steps {count}") : "";
        return Text($"./cascade sim --seed {seed}{nodes}{steps}");
    }

    private static object Document(SimResult result, IReadOnlyList<string> events) => new
    {
        result.Seed,
        result.Nodes,
        result.Events,
        result.Turns,
        VirtualSeconds = Math.Round(result.Elapsed.TotalSeconds, 3),
        Trace = result.Trace.ToString("x16", CultureInfo.InvariantCulture),
        result.Violation,
        Shortened = events,
        result.Outcomes,
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

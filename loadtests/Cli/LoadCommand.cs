using System.CommandLine;
using Cascade.LoadTests.Engine;
using Cascade.LoadTests.Reports;
using Cascade.LoadTests.Scenarios;
using Cascade.LoadTests.Targets;

namespace Cascade.LoadTests.Cli;

/// <summary>Carries a command line out: starts the target, runs the scenario, reports.</summary>
internal sealed class LoadCommand(LoadOptions options, TextWriter output, TextWriter error)
{
    private const long PageBytes = 4_096;

    /// <summary>Runs it; the outcome is an <see cref="ExitCode"/>.</summary>
    /// <exception cref="TargetException">The target cannot be had.</exception>
    public async Task<int> RunAsync(ParseResult line, CancellationToken interrupt)
    {
        if (line.GetValue(options.List))
        {
            foreach (var listed in ScenarioCatalog.All)
                await output.WriteLineAsync($"{listed.Name,-12}{listed.Description}");
            return ExitCode.Ok;
        }

        var kind = KindOf(line);
        var sizes = SizesOf(line, kind);
        var scenario = WithLoad(line, kind, kind.Create(sizes));
        var duration = new LoadPlan(scenario.LoadSimulations).Duration;
        var display = LiveDisplay.For(line.GetValue(options.Json), error, kind.Name, duration);
        var runner = new LoadRunner(new RealPace(), new RunSettings
        {
            Seed = sizes.Seed,
            InFlightMax = (int)line.GetValue(options.InFlight),
            OnStage = display.Stage,
            OnInterval = display.Interval,
        });

        LoadReport report;
        var request = new TargetRequest(sizes.Nodes, sizes.CapacityBytes, sizes.BlockBytes, line.GetValue(options.Set) ?? []);
        await using (var target = await request.StartAsync(interrupt))
        {
            if (kind.Kills && !target.CanKill)
                throw new TargetException(isMistake: true, $"'{kind.Name}' kills a node, and a single node runs in this process: say how many with --nodes.");
            var result = await display.AroundAsync(() => runner.RunAsync(scenario, target, interrupt));
            report = ReportBuilder.Build(result, kind, sizes);
        }

        await WriteAsync(line, report);
        return report is { WrongBytes: 0, Complete: true } ? ExitCode.Ok : ExitCode.Failed;
    }

    private ScenarioKind KindOf(ParseResult line)
    {
        var names = string.Join(", ", ScenarioCatalog.All.Select(kind => kind.Name));
        if (line.GetValue(options.Scenario) is not { } name)
            throw new TargetException(isMistake: true, $"Name a scenario: {names}.");
        var kind = ScenarioCatalog.Find(name)
            ?? throw new TargetException(isMistake: true, $"There is no {(name.StartsWith('-') ? "option" : "scenario")} '{name}'. Scenarios: {names}.");
        if (kind.WritesPercent is null && line.GetResult(options.Writes) is not null)
            throw new TargetException(isMistake: true, $"--writes is not for '{name}': the scenario says what is written.");
        return kind;
    }

    private ScenarioSizes SizesOf(ParseResult line, ScenarioKind kind)
    {
        var block = line.GetValue(options.Block) ?? kind.BlockBytes;
        var capacity = (line.GetValue(options.Shm) ?? kind.CapacityBytes) / PageBytes * PageBytes;
        if (block * 4 > capacity)
            throw new TargetException(isMistake: true, $"--block {Texts.Size(block)} and --shm {Texts.Size(capacity)}: memory has to have room for four blocks.");
        var writes = line.GetResult(options.Writes) is null ? kind.WritesPercent ?? 0 : (int)line.GetValue(options.Writes);
        return new ScenarioSizes((int)block, capacity, (int)line.GetValue(options.Nodes), writes, (int)line.GetValue(options.Seed));
    }

    private Scenario WithLoad(ParseResult line, ScenarioKind kind, Scenario scenario)
    {
        var ramp = TimeSpan.FromSeconds(line.GetValue(options.Ramp));
        var hold = TimeSpan.FromSeconds(line.GetValue(options.Seconds)) - ramp;
        var rate = line.GetResult(options.Rate) is null ? (double?)null : line.GetValue(options.Rate);
        var copies = line.GetResult(options.Copies) is null ? kind.Copies : (int)line.GetValue(options.Copies);
        var second = TimeSpan.FromSeconds(1);
        var simulations = new List<LoadSimulation>();
        if (ramp > TimeSpan.Zero)
            simulations.Add(rate is { } to ? Simulation.RampingInject(to, second, ramp) : Simulation.RampingConstant(copies, ramp));
        if (hold > TimeSpan.Zero)
            simulations.Add(rate is { } at ? Simulation.Inject(at, second, hold) : Simulation.KeepConstant(copies, hold));
        return scenario.WithLoadSimulations([.. simulations]).WithWarmUpDuration(TimeSpan.FromSeconds(line.GetValue(options.WarmUp)));
    }

    private async Task WriteAsync(ParseResult line, LoadReport report)
    {
        await output.WriteAsync(line.GetValue(options.Json) ? JsonReport.Write(report) + "\n" : MarkdownReport.Write(report));
        await output.FlushAsync();
        if (line.GetValue(options.Report) is not { } folder)
            return;
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, report.Scenario);
        await File.WriteAllTextAsync($"{path}.md", MarkdownReport.Write(report));
        await File.WriteAllTextAsync($"{path}.json", JsonReport.Write(report) + "\n");
        await File.WriteAllTextAsync($"{path}.html", HtmlReport.Write(report));
    }
}

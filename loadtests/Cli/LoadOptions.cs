using System.CommandLine;
using System.Globalization;
using Cascade.Hosting.Cli.Fleet;
using Cascade.LoadTests.Reports;
using Cascade.LoadTests.Scenarios;

namespace Cascade.LoadTests.Cli;

/// <summary>The options of the program.</summary>
internal sealed class LoadOptions
{
    private const int SecondsMax = 86_400;
    private const int BlockBytesMax = 1 << 30;

    public readonly Argument<string?> Scenario = new("SCENARIO")
    {
        Description = $"What to run: {string.Join(", ", ScenarioCatalog.All.Select(kind => kind.Name))}. See --list.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public readonly Option<bool> List = new("--list") { Description = "Show the scenarios, then end." };
    public readonly Option<double> Nodes = Number("--nodes", "N", "Nodes of the cluster; more than one are processes of their own.", 1, 1, NodeFleet.NodesMax, isWhole: true);
    public readonly Option<double> Seconds = Number("--seconds", "S", "Measured time.", 30, 0.1, SecondsMax);
    public readonly Option<double> WarmUp = Number("--warm-up", "S", "Time that the load runs before it counts.", 2, 0, SecondsMax);

    public readonly Option<double> Rate = Number(
        "--rate", "R", "Arrivals a second, whatever the answers do (open model). Default: copies that wait for answers (closed model).", null, 0.01, 1_000_000);

    public readonly Option<double> Copies = Number(
        "--copies", "N", "Copies of the scenario, each in a loop (closed model). Default: by scenario.", null, 1, 10_000, isWhole: true);

    public readonly Option<double> Ramp = Number("--ramp", "S", "Reach the rate, or the copies, in this time, which is part of the measured time.", 0, 0, SecondsMax);

    public readonly Option<double> InFlight = Number(
        "--in-flight", "N", "Arrivals under way at one time; one more is an error 'overrun'.", 1_024, 1, 100_000, isWhole: true);

    public readonly Option<double> Writes = Number("--writes", "PERCENT", "Share of writes. Default: by scenario.", null, 0, 100, isWhole: true);
    public readonly Option<long?> Block = Size("--block", "Length of a block. Default: by scenario.", BlockPattern.BlockBytesMin, BlockBytesMax);
    public readonly Option<long?> Shm = Size("--shm", "Memory of each node. Default: by scenario.", 1 << 20, 1L << 50);
    public readonly Option<double> Seed = Number("--seed", "N", "Where all random numbers come from.", 1, 0, int.MaxValue, isWhole: true);

    public readonly Option<string[]> Set = new("--set")
    {
        Description = "A setting of the nodes, as in their configuration. May be repeated.",
        HelpName = "PATH=VALUE",
        DefaultValueFactory = _ => [],
    };

    public readonly Option<bool> Json = new("--json") { Description = "Print one JSON document, and nothing else." };
    public readonly Option<string?> Report = new("--report") { Description = "Write SCENARIO.md, .json and .html to this directory.", HelpName = "DIR" };

    /// <summary>Adds all of them, and the rules between them.</summary>
    public void AddTo(Command command)
    {
        command.Add(Scenario);
        foreach (var option in (Option[])[List, Nodes, Seconds, WarmUp, Rate, Copies, Ramp, InFlight, Writes, Block, Shm, Seed, Set, Json, Report])
            command.Add(option);
        command.Validators.Add(line =>
        {
            if (line.GetResult(Rate) is not null && line.GetResult(Copies) is not null)
                line.AddError("--rate is for the open model and --copies for the closed one: leave one of them out.");
            if (line.GetValue(Ramp) > line.GetValue(Seconds))
                line.AddError("--ramp is longer than --seconds.");
            if (line.GetValue(Report) is { } folder && (folder.Length == 0 || File.Exists(folder)))
                line.AddError($"'{folder}' is not good for --report: expected a directory.");
        });
    }

    private static Option<double> Number(string name, string unit, string description, double? fallback, double min, double max, bool isWhole = false)
    {
        var option = new Option<double>(name)
        {
            Description = description,
            HelpName = unit,
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                var style = isWhole ? NumberStyles.None : NumberStyles.AllowDecimalPoint;
                if (double.TryParse(text, style, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
                    return number;
                result.AddError(string.Create(
                    CultureInfo.InvariantCulture, $"'{text}' is not good for {name}: expected a {(isWhole ? "whole " : "")}number from {min} to {max}."));
                return 0;
            },
        };
        if (fallback is { } known)
            option.DefaultValueFactory = _ => known;
        return option;
    }

    private static Option<long?> Size(string name, string description, long min, long max) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (!SizeText.TryParse(text, out var bytes))
                result.AddError($"'{text}' is not good for {name}: expected a size such as 4096, 64KiB or 1.5GiB.");
            else if (bytes < min || bytes > max)
                result.AddError($"'{text}' is not good for {name}: expected {Texts.Size(min)} to {Texts.Size(max)}.");
            return bytes;
        },
    };
}

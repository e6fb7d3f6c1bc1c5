using System.CommandLine;
using System.Globalization;
using Cascade.Simulation.Plan;

namespace Cascade.Simulation.Cli;

/// <summary>What the command line takes.</summary>
internal sealed class SimOptions
{
    private const int StepsMax = 10_000;
    private const int SeedsMax = 10_000_000;

    public Option<ulong?> Seed { get; } = new("--seed") { Description = "Run this seed.", HelpName = "S" };

    public Option<int?> Seeds { get; } = new("--seeds") { Description = $"Run so many seeds, 1 to {SeedsMax}: from --seed on, else fresh ones.", HelpName = "K" };

    public Option<double?> Minutes { get; } = new("--minutes") { Description = "Run fresh seeds for so long.", HelpName = "M" };

    public Option<int?> Nodes { get; } = new("--nodes") { Description = $"Nodes, 2 to {SimConfig.NodesMax}; drawn from the seed if not given.", HelpName = "N" };

    public Option<int?> Steps { get; } = new("--steps") { Description = $"Calls and faults, 1 to {StepsMax}; drawn from the seed if not given.", HelpName = "K" };

    public Option<FileInfo?> Plan { get; } = new("--plan") { Description = "Run the plan of a file.", HelpName = "FILE" };

    public Option<FileInfo?> Keep { get; } = new("--keep") { Description = "Write the plan to a file: the shortened one of a failing run.", HelpName = "FILE" };

    public Option<bool> Log { get; } = new("--log") { Description = "Tell what happens in the one run, and what its nodes log, on standard error." };

    public Option<bool> Json { get; } = new("--json") { Description = "Write one JSON document." };

    /// <summary>Adds all to a command, with what is to hold between them.</summary>
    public void AddTo(Command command)
    {
        Require(Nodes, 2, SimConfig.NodesMax);
        Require(Steps, 1, StepsMax);
        Require(Seeds, 1, SeedsMax);
        Minutes.Validators.Add(static given =>
        {
            if (given.GetValueOrDefault<double?>() is { } minutes && (!double.IsFinite(minutes) || minutes <= 0 || minutes > 10_000))
                given.AddError("--minutes takes a number above 0 and up to 10000.");
        });
        foreach (var option in new Option[] { Seed, Seeds, Minutes, Plan, Keep, Nodes, Steps, Log, Json })
            command.Options.Add(option);
        command.Validators.Add(line =>
        {
            var isMany = line.GetResult(Seeds) is not null || line.GetResult(Minutes) is not null;
            if (new Option[] { Seeds, Minutes, Plan }.Count(option => line.GetResult(option) is not null) + (line.GetResult(Seed) is not null && !isMany ? 1 : 0) != 1
                || (line.GetResult(Seed) is not null && line.GetResult(Minutes) is not null))
                line.AddError("Give one of --seed S, --seeds K, --minutes M and --plan FILE; --seeds K takes the first seed by --seed S.");
            if (isMany && line.GetResult(Keep) is not null)
                line.AddError("--keep FILE takes one run: give --seed S or --plan FILE.");
        });
    }

    private static void Require(Option<int?> option, int least, int most) => option.Validators.Add(given =>
    {
        if (given.GetValueOrDefault<int?>() is { } value && (value < least || value > most))
            given.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name} takes a number from {least} to {most}."));
    });
}

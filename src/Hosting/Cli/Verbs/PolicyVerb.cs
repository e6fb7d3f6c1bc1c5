using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Cascade.Core.Eviction.Trials;
using Cascade.Hosting.Policy;
using Cascade.Hosting.Replay;
using Spectre.Console;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>policy</c>: tries eviction policies on a trace, and compares them with the best that is possible.</summary>
internal sealed class PolicyVerb
{
    private const int CapacityMax = 50_000_000 - 1;
    private const int CapacitiesMax = 64;
    private const ulong SeedDefault = 1;

    private static readonly int[] CapacitiesDefault = [1_000, 3_000, 10_000, 30_000];

    private readonly CliConsole _console;
    private readonly Option<bool> _json = new("--json") { Description = "Print a JSON document a line, one for each capacity, instead of a table." };
    private readonly Argument<string?> _trace = new("TRACE")
    {
        Description = "Requests in the trace format of Mooncake: a JSON object a line, with timestamp (ms), input_length, output_length and hash_ids.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _kind = new("--generate")
    {
        Description = $"Generate a load instead of reading a trace: {string.Join(", ", TraceKinds.All.Keys)}.",
        HelpName = "KIND",
    };

    private readonly Option<long?> _seed = CommonOptions.Count("--seed", $"Seed of the generated load. Default: {SeedDefault}.", 0);
    private readonly Option<int[]?> _capacities = new("--capacity")
    {
        Description = $"Blocks that the cache holds, one capacity or several. Default: {string.Join(',', CapacitiesDefault)}.",
        HelpName = "N,N,...",
        CustomParser = ParseCapacities,
    };

    private readonly Option<string?> _plot = new("--plot") { Description = "Draw the hit ratios into FILE, as SVG.", HelpName = "FILE" };

    private PolicyVerb(CliConsole console) => _console = console;

    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console)
    {
        var verb = new PolicyVerb(console);
        var command = new VerbCommand(
            "policy",
            "Try eviction policies on a trace: hit ratios by capacity beside the best that is possible, and what they cost.",
            new Example("cascade policy trace.jsonl", "all policies at four capacities"),
            new Example("cascade policy trace.jsonl --capacity 5000 --json", "one capacity, as JSON"),
            new Example("cascade policy trace.jsonl --plot hits.svg", "and a picture"),
            new Example("cascade policy --generate documents --seed 3", "a load of another kind"))
        {
            Details = """
                Every block of a request is asked for in turn; one that is not there enters the cache, and where there is no room for one more the
                policy picks which goes, the new one included. Blocks are of one size.
                Block hits: blocks that were there. Prefix hits: those that were there with all before them in the request, which is what an engine
                need not compute again. LRU, S3-FIFO and W-TinyLFU are as published and know nothing of prefixes. The optimum (Belady's, which
                may leave a block out) knows the trace. Time is for each block asked for, measured alone, with the simulation around it.
                Bytes are for each block that a policy knows of, held or only remembered.
                """,
        };
        command.Add(verb._trace);
        foreach (var option in (Option[])[verb._capacities, verb._kind, verb._seed, verb._plot, verb._json])
            command.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(verb._trace) is null == result.GetValue(verb._kind) is null)
                result.AddError("Name a trace, or what to generate with --generate: one of both.");
            if (result.GetValue(verb._kind) is { } kind && !TraceKinds.All.ContainsKey(kind))
                result.AddError($"'{kind}' is not good for --generate: expected one of {string.Join(", ", TraceKinds.All.Keys)}.");
            if (result.GetResult(verb._seed) is not null && result.GetValue(verb._kind) is null)
                result.AddError("--seed is for a generated load: leave it out, or say what to generate with --generate.");
        });
        command.SetAction((line, cancellationToken) => Task.FromResult(verb.Run(line, cancellationToken)));
        return command;
    }

    private static int[]? ParseCapacities(ArgumentResult result)
    {
        var capacities = new List<int>();
        foreach (var part in result.Tokens[0].Value.Split(','))
        {
            if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var capacity) && capacity is >= 1 and <= CapacityMax)
                capacities.Add(capacity);
            else
                result.AddError($"'{part}' is not good for --capacity: expected whole numbers from 1 to {CapacityMax}, with commas between them.");
        }
        if (capacities.Count > CapacitiesMax)
            result.AddError($"--capacity takes {CapacitiesMax} capacities at most, and got {capacities.Count}.");
        return [.. capacities.Distinct().Order()];
    }

    private int Run(ParseResult line, CancellationToken cancellationToken)
    {
        var capacities = line.GetValue(_capacities) is { Length: > 0 } given ? given : CapacitiesDefault;
        var policies = ComparedPolicy.All;
        try
        {
            var (title, trace) = Load(line, cancellationToken);
            var comparison = new PolicyComparison(trace, policies, _console.Time);
            PolicyComparison.WarmUp(policies, cancellationToken);
            var rows = new List<CapacityFigures>();
            var total = comparison.AccessesPerCapacity * capacities.Length;
            using (var progress = new ProgressReporter(_console, "policy", HumanText.Count))
            {
                foreach (var capacity in capacities)
                {
                    var before = comparison.AccessesPerCapacity * rows.Count;
                    rows.Add(comparison.Run(capacity, done => progress.Report((before + done, total)), cancellationToken));
                    if (line.GetValue(_json))
                        JsonOutput.Write(_console.Out, rows[^1]);
                }
            }
            if (!line.GetValue(_json))
                WriteTables(trace, policies, rows);
            if (line.GetValue(_plot) is { } plot)
                Save(plot, PolicyPlot.Draw(title, policies, rows));
            return ExitCode.Ok;
        }
        catch (TraceFormatException e)
        {
            throw new CliException(ExitCode.Failed, e.Message, e);
        }
    }

    private (string Title, AccessTrace Trace) Load(ParseResult line, CancellationToken cancellationToken)
    {
        if (line.GetValue(_kind) is { } kind)
        {
            var seed = (ulong?)line.GetValue(_seed) ?? SeedDefault;
            return (string.Create(CultureInfo.InvariantCulture, $"{kind}, seed {seed}"), TraceKinds.All[kind](seed));
        }

        var path = line.GetValue(_trace)!;
        try
        {
            using var file = new TraceFile(path);
            var builder = new AccessTrace.Builder();
            foreach (var request in file.Read(long.MaxValue))
            {
                cancellationToken.ThrowIfCancellationRequested();
                builder.Add(request.BlockIds.Span);
            }
            return (Path.GetFileName(path), builder.Build());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"cannot read the trace '{path}': {e.Message}", e);
        }
    }

    private void WriteTables(AccessTrace trace, IReadOnlyList<ComparedPolicy> policies, IReadOnlyList<CapacityFigures> rows)
    {
        var (requests, accesses, distinct) = (HumanText.Count(trace.Requests), HumanText.Count(trace.Accesses), HumanText.Count(trace.DistinctBlocks));
        _console.Out.WriteLine($"{requests} requests, {accesses} blocks asked for, {distinct} different ones");
        var table = new Table().Border(TableBorder.None);
        foreach (var name in (string[])["blocks", "policy", "block hits", "prefix hits", "of the way", "ns/access", "bytes/block"])
            table.AddColumn(new TableColumn(name).NoWrap().RightAligned());
        foreach (var row in rows)
        {
            var best = policies.Where(static policy => policy.IsPlain).Max(policy => row.Policies[policy.Name].BlockHitRatio);
            var optimum = row.Policies[ComparedPolicy.Optimum].BlockHitRatio;
            foreach (var policy in policies)
            {
                var figures = row.Policies[policy.Name];
                table.AddRow(
                    HumanText.Count(row.Capacity),
                    policy.Title,
                    Text(figures.BlockHitRatio, "0.0000"),
                    Text(figures.PrefixHitRatio, "0.0000"),
                    policy.Name == ComparedPolicy.Ours && optimum > best ? HumanText.Percent((figures.BlockHitRatio - best) / (optimum - best)) : "",
                    Text(figures.NsPerAccess, "0"),
                    policy.BytesPerBlock is { } bytes ? Text(bytes(row.Capacity), "0") : "");
            }
        }
        TableOutput.Write(_console.Out, table);
        _console.Out.WriteLine("of the way: how much of the distance from the best plain policy to the optimum ours goes, in block hits");
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static void Save(string path, string text)
    {
        try
        {
            File.WriteAllText(path, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Failed, $"cannot write the plot to '{path}': {e.Message}", e);
        }
    }
}

using System.CommandLine;
using System.Globalization;
using Cascade.Hosting.Replay;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>replay</c>: carries a recorded or generated load to a node and reports what the cache made of it.</summary>
internal sealed class ReplayVerb
{
    private const string ShmCapacityPath = "cascade.tiers.shm.capacity";
    private const long BytesPerBlockDefault = 64 << 10;
    private const long BytesPerBlockMax = 1 << 30;
    private const ulong SeedDefault = 1;

    private readonly CliConsole _console;
    private readonly INodeLauncher _launcher;
    private readonly NodeOptions _node = new();
    private readonly Option<bool> _json = CommonOptions.Json();

    private readonly Argument<string?> _trace = new("TRACE")
    {
        Description = "Requests in the trace format of Mooncake: a JSON object a line, with timestamp (ms), input_length, output_length "
            + "and hash_ids. Without it a chat load is generated.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<long?> _limit = CommonOptions.Count(
        "--limit",
        $"Stop after N requests. Default: all of a trace, {HumanText.Count(ChatWorkloadSettings.Default.Requests)} generated ones.",
        1,
        int.MaxValue);

    private readonly Option<long?> _bytesPerBlock = CommonOptions.Size(
        "--bytes-per-block",
        $"Size of the block that one id stands for. Default: {HumanText.Size(BytesPerBlockDefault)}.",
        1,
        BytesPerBlockMax);

    private readonly Option<long?> _shm = CommonOptions.Size("--shm", $"Size of the shared-memory tier; the same as --set {ShmCapacityPath}=SIZE.");
    private readonly Option<bool> _keep = new("--keep")
    {
        Description = "Use the configured cluster's arena and leave it in /dev/shm at the end. Otherwise the replay has one of "
            + "its own, which goes with it.",
    };

    private readonly Option<long?> _seed = CommonOptions.Count("--seed", $"Seed of the generated load. Default: {SeedDefault}.", 0);

    private ReplayVerb(CliConsole console, INodeLauncher launcher)
    {
        _console = console;
        _launcher = launcher;
    }

    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console, INodeLauncher launcher)
    {
        var verb = new ReplayVerb(console, launcher);
        var command = new VerbCommand(
            "replay",
            "Replay a load of LLM requests against a node in this process, and report hits, speeds and latencies.",
            new Example("cascade replay", "a generated chat load on a node with the default configuration"),
            new Example("cascade replay trace.jsonl --limit 1000 --shm 4GiB", "1,000 requests of a trace, in 4 GiB of memory"),
            new Example("cascade replay --seed 7 --bytes-per-block 1MiB --json", "another generated load, larger blocks"))
        {
            Details = """
                Each request reads the longest prefix of its blocks that is cached, comparing every byte, and puts the others.
                Put speed is bytes put by time inside PutMany, hashing in it. Get speed is bytes read by time inside Get and the
                comparison; latencies are of Get alone. Page cache growth is the whole machine's.
                Exit code 1 when a byte was wrong, a call failed, or it was interrupted; the report is printed all the same.
                """,
        };
        command.Add(verb._trace);
        foreach (var option in (Option[])[verb._limit, verb._bytesPerBlock, verb._shm, verb._seed, verb._keep, verb._json])
            command.Add(option);
        verb._node.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(verb._trace) is not null && result.GetValue(verb._seed) is not null)
                result.AddError("--seed is for the generated load: leave it out, or the trace.");
        });
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var request = _node.RequestOf(line) with { KeepArena = line.GetValue(_keep) };
        if (line.GetValue(_shm) is { } shmBytes)
            request = request.With(ShmCapacityPath, shmBytes.ToString(CultureInfo.InvariantCulture));
        if (_node.TryPrintConfiguration(line, request, _launcher, _console))
            return ExitCode.Ok;

        if (line.GetValue(_trace) is not { } path)
        {
            var settings = ChatWorkloadSettings.Default;
            if (line.GetValue(_limit) is { } requests)
                settings = settings with { Requests = (int)requests };
            var seed = (ulong?)line.GetValue(_seed) ?? SeedDefault;
            return await ReplayAsync(line, request, ChatWorkload.Generate(settings, seed), settings.Requests, cancellationToken);
        }

        try
        {
            using var trace = Open(path);
            var limit = line.GetValue(_limit) ?? long.MaxValue;
            var total = trace.CountRequests(limit) ?? 0;
            return await ReplayAsync(line, request, trace.Read(limit), total, cancellationToken);
        }
        catch (TraceFormatException e)
        {
            _console.Say(e.Message);
            return ExitCode.Failed;
        }
    }

    private async Task<int> ReplayAsync(
        ParseResult line,
        NodeRequest request,
        IEnumerable<TraceRequest> requests,
        long total,
        CancellationToken cancellationToken)
    {
        var bytesPerBlock = (int)(line.GetValue(_bytesPerBlock) ?? BytesPerBlockDefault);
        await using var node = await _launcher.StartAsync(request, _console, cancellationToken);
        var (report, isComplete) = await ReplaySession.RunAsync(
            node.Cache, requests, total, bytesPerBlock, _console, cancellationToken);
        if (line.GetValue(_json))
            JsonOutput.Write(_console.Out, report);
        else
            TableOutput.Write(_console.Out, ReplayTable.Of(report));
        return report.IsClean && isComplete ? ExitCode.Ok : ExitCode.Failed;
    }

    private static TraceFile Open(string path)
    {
        try
        {
            return new TraceFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"cannot read the trace '{path}': {e.Message}", e);
        }
    }
}

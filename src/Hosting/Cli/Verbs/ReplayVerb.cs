using System.CommandLine;
using System.Globalization;
using Cascade.Core.Log;
using Cascade.Hosting.Cli.Fleet;
using Cascade.Hosting.Node;
using Cascade.Hosting.Replay;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>replay</c>: carries a recorded or generated load to a node and reports what the cache made of it.</summary>
internal sealed class ReplayVerb
{
    private const string ShmCapacityPath = "cascade.tiers.shm.capacity";
    private const string ColdPath = "cascade.tiers.cold";
    private const long ColdFileBytesDefault = 256 << 20;
    private const long ColdCapacityMin = 32 << 10;
    private const long ColdCapacityMax = 1L << 50;
    private const long GpuCapacityMin = 1 << 20;
    private const long BytesPerBlockDefault = 64 << 10;
    private const long BytesPerBlockMax = 1 << 30;
    private const ulong SeedDefault = 1;

    /// <summary>Memory that a busy machine surely sets aside in a second, for all its nodes together.</summary>
    private const double BytesPerSecondMin = 256 << 20;

    private const int KillEverySecondsMax = 86_400;

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

    private readonly Option<long?> _shm = CommonOptions.Size("--shm", $"Size of the shared-memory tier, of each node; the same as --set {ShmCapacityPath}=SIZE.");
    private readonly Option<long?> _gpu = CommonOptions.Size(
        "--gpu",
        $"Get blocks on devices, each with so much memory for them; the same as --set {DeviceNeed.CapacityPath}=SIZE, and less is refused.",
        GpuCapacityMin);

    private readonly Option<string?> _cold = CommonOptions.Folder(
        "--cold",
        $"Directory of the cold tier, on a disk; the same as --set {ColdPath}.directory=DIR, see below. Default: no cold tier.");

    private readonly Option<long?> _coldCapacity = CommonOptions.Size(
        "--cold-capacity",
        $"Size of the cold tier, of each node; the same as --set {ColdPath}.capacity=SIZE. Below 1 GiB its files are smaller as well.",
        ColdCapacityMin,
        ColdCapacityMax);

    private readonly Option<bool> _keep = new("--keep")
    {
        Description = "Use the configured cluster's arena and the cold tier's files in DIR itself, and leave them in place at the end. "
            + "Otherwise the replay has some of its own, which go with it.",
    };

    private readonly Option<long?> _seed = CommonOptions.Count("--seed", $"Seed of the generated load. Default: {SeedDefault}.", 0);

    private readonly Option<long?> _nodes = CommonOptions.Count("--nodes", "Run N nodes as processes of their own. Default: one node in this process.", 1, NodeFleet.NodesMax);
    private readonly Option<long?> _killEvery = CommonOptions.Count(
        "--kill-every", "Kill a node, drawn by the seed, every so many seconds, and start it again at once.", 1, KillEverySecondsMax);

    private readonly Option<bool> _join = new("--join")
    {
        Description = "Carry the load to the running cluster of the settings, as a client; its blocks stay there.",
    };

    private readonly Option<ReplayShare?> _share = ReplayShare.Option();

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
            "Replay a load of LLM requests against a node in this process, or a cluster of nodes, and report hits, speeds and latencies.",
            new Example("cascade replay", "a generated chat load on a node with the default configuration"),
            new Example("cascade replay trace.jsonl --limit 1000 --shm 4GiB", "1,000 requests of a trace, in 4 GiB of memory"),
            new Example("cascade replay trace.jsonl --shm 4GiB --cold /scratch --cold-capacity 40GiB", "what memory evicts goes to disk"),
            new Example("cascade replay --gpu 4GiB --shm 16GiB", "hits are read in device memory, and what that evicts is in shared memory"),
            new Example("cascade replay --nodes 3 --shm 1GiB --kill-every 5", "a cluster of three nodes of 1 GiB each, one of which dies every 5 s"),
            new Example("cascade replay --join --limit 100", "against the cluster that runs on this machine"),
            new Example("srun -n 4 bash -c 'cascade replay --config hocon/slurm.conf --share $SLURM_PROCID/4'", "on four nodes of a SLURM job, each a replay"),
            new Example("cascade replay --seed 7 --bytes-per-block 1MiB --json", "another generated load, larger blocks"))
        {
            Details = """
                Each request reads the longest prefix of its blocks that is cached, comparing every byte, and puts the others.
                Put speed is bytes put by time inside PutMany, hashing in it. Get speed is bytes read by time inside Get and the
                comparison; latencies are of Get alone. Page cache growth is the whole machine's.
                A hit in the cold tier is a read that waited for the disk. Blocks that were read ahead count where they are found:
                in shared memory. Without --keep the cold tier's files lie in DIR/cascade-replay-PID, which is removed at the end,
                also after an interrupt.
                With --gpu each block is asked for on a device and copied out to be compared; the copy counts as comparison. A hit counts for device
                memory when the block was there, else for the tier that it was brought up from.
                With --nodes the requests go to the nodes in turn, one at a time, through a client of each in this process: the turns of a
                conversation go to different nodes. A hit counts as shared memory when the block lies at the client's own node, and as
                another node's otherwise. With --kill-every the next kill waits until the node serves again.
                With --join evictions and promotions are those of the whole cluster meanwhile, whoever caused them.
                With --share the node in this process joins the cluster of the settings (seeds and name) as one that stores, and the replay
                begins when N nodes are there; those of the other shares run at the same time. Its memory goes with it at the end.
                Exit code 1 when a byte was wrong, a call failed, or it was interrupted; the report is printed all the same. Calls that fail
                because a node was killed are counted with their reasons, and do not change the exit code.
                """,
        };
        command.Add(verb._trace);
        foreach (var option in (Option[])[
            verb._limit, verb._bytesPerBlock, verb._shm, verb._gpu, verb._cold, verb._coldCapacity, verb._seed, verb._nodes, verb._killEvery, verb._share, verb._join, verb._keep, verb._json,
        ])
            command.Add(option);
        verb._node.AddTo(command);
        verb._killEvery.HelpName = "SECONDS";
        command.Validators.Add(result =>
        {
            if (result.GetResult(verb._gpu) is not null && result.GetResult(verb._nodes) is not null)
                result.AddError("--gpu is for a node in this process: leave out --nodes.");
            if (result.GetResult(verb._killEvery) is not null && result.GetResult(verb._nodes) is null)
                result.AddError("--kill-every is for nodes in processes of their own: say how many with --nodes.");
            if (result.GetResult(verb._share) is not null && (result.GetResult(verb._nodes) ?? result.GetResult(verb._keep)) is not null)
                result.AddError("--share is for a node in this process whose memory goes with it: leave out --nodes and --keep.");
            if (result.GetResult(verb._join) is not null
                && ((Option[])[verb._nodes, verb._keep, verb._share, verb._shm, verb._gpu, verb._cold]).FirstOrDefault(option => result.GetResult(option) is not null) is { } other)
                result.AddError($"{other.Name} is for nodes that the replay starts: leave it out, or --join.");
            if (result.GetValue(verb._trace) is not null && result.GetValue(verb._seed) is not null)
                result.AddError("--seed is for the generated load: leave it out, or the trace.");
            if (result.GetResult(verb._coldCapacity) is not null && result.GetResult(verb._cold) is null)
                result.AddError("--cold-capacity is for a cold tier: name its directory with --cold.");
        });
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        using var scratch = line.GetValue(_cold) is { } folder && !line.GetValue(_keep) ? new ScratchFolder(folder, "replay", _console) : null;
        var request = RequestOf(line, scratch?.Path ?? line.GetValue(_cold));
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

    private NodeRequest RequestOf(ParseResult line, string? coldDirectory)
    {
        var request = _node.RequestOf(line) with { KeepArena = line.GetValue(_keep), IsInCluster = line.GetValue(_share) is not null };
        if (line.GetValue(_shm) is { } shmBytes)
            request = request.With(ShmCapacityPath, Text(shmBytes));
        if (line.GetValue(_gpu) is { } gpuBytes)
            request = request.With(DeviceNeed.CapacityPath, Text(gpuBytes)).With(DeviceNeed.MinCapacityPath, Text(gpuBytes));
        if (coldDirectory is not null)
            request = request.WithPath($"{ColdPath}.directory", coldDirectory);
        if (line.GetValue(_coldCapacity) is not { } coldBytes)
            return request;

        // The least number of files is four, and eight of them give space back in smaller steps.
        if (coldBytes / 4 < ColdFileBytesDefault)
            request = request.Under($"{ColdPath}.file-size", Text(Math.Max(coldBytes / 8 & -LogRecordHeader.SizeBytes, 2 * LogRecordHeader.SizeBytes)));
        return request.With($"{ColdPath}.capacity", Text(coldBytes));
    }

    private async Task<int> ReplayAsync(
        ParseResult line,
        NodeRequest request,
        IEnumerable<TraceRequest> requests,
        long total,
        CancellationToken cancellationToken)
    {
        var bytesPerBlock = (int)(line.GetValue(_bytesPerBlock) ?? BytesPerBlockDefault);
        if (line.GetValue(_nodes) is { } nodes)
        {
            await using var lines = new LineForwarder(_console);
            await using var fleet = await StartFleetAsync(request, (int)nodes, bytesPerBlock, lines.Say, cancellationToken);
            var seed = (ulong?)line.GetValue(_seed) ?? SeedDefault;
            await using var killer = line.GetValue(_killEvery) is { } seconds
                ? new NodeKiller(fleet, TimeSpan.FromSeconds(seconds), seed, _console.Time, lines.Say)
                : null;
            return Print(line, await ReplaySession.RunAsync(
                ReplayTarget.Of(fleet, killer), requests, total, bytesPerBlock, _console, cancellationToken));
        }

        if (line.GetValue(_join))
        {
            await using var client = await _launcher.ConnectAsync(new ClientRequest(request) { BlockBytes = bytesPerBlock }, _console, cancellationToken);
            return Print(line, await ReplaySession.RunAsync(ReplayTarget.Of(client), requests, total, bytesPerBlock, _console, cancellationToken));
        }

        var isOnDevices = line.GetValue(_gpu) is not null;
        if (isOnDevices)
            DeviceNeed.Require();
        await using var node = await _launcher.StartAsync(request, _console, cancellationToken);
        if (line.GetValue(_share) is { } share)
        {
            await share.AwaitOthersAsync(node, _console.Time, cancellationToken);
            (requests, total) = (share.Of(requests), share.Of(total));
        }

        return Print(line, await ReplaySession.RunAsync(
            ReplayTarget.Of(node.Cache, isOnDevices ? DeviceNeed.Of(node) : null), requests, total, bytesPerBlock, _console, cancellationToken));
    }

    private async Task<FleetHosts> StartFleetAsync(
        NodeRequest request, int nodes, int bytesPerBlock, Action<string> say, CancellationToken cancellationToken)
    {
        // As with a node in this process: what is not to be kept must not meet what is, and has no files but those of the command line.
        if (!request.KeepArena)
            request = request.Under($"{ColdPath}.directory", "\"\"");
        var options = UpVerb.Load(request);
        var name = request.KeepArena ? options.Cluster.Name : string.Create(CultureInfo.InvariantCulture, $"throwaway-{Environment.ProcessId}");
        var capacity = options.Tiers.Shm.CapacityBytes;
        var settings = new FleetSettings(name, options.Tiers.Shm.Directory)
        {
            ConfigFile = request.ConfigFile,
            Settings = request.Settings,
            Reset = !request.KeepArena,
            KeepArenas = request.KeepArena,
            Time = _console.Time,
        };
        settings = settings with { StartPatience = settings.StartPatience + TimeSpan.FromSeconds(nodes * (double)capacity / BytesPerSecondMin) };
        FleetRoom.Require(settings, nodes, capacity);
        var logging = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Warning).AddProvider(new ConsoleLogProvider(_console)));
        var fleet = await FleetHosts.StartAsync(settings, nodes, bytesPerBlock, say, logging, cancellationToken);
        say($"replay: all {nodes} nodes serve");
        return fleet;
    }

    private int Print(ParseResult line, (ReplayReport Report, bool IsComplete) outcome)
    {
        if (line.GetValue(_json))
            JsonOutput.Write(_console.Out, outcome.Report);
        else
            TableOutput.Write(_console.Out, ReplayTable.Of(outcome.Report));
        return outcome.Report.IsClean && outcome.IsComplete ? ExitCode.Ok : ExitCode.Failed;
    }

    private static string Text(long bytes) => bytes.ToString(CultureInfo.InvariantCulture);

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

using System.CommandLine;
using Cascade.Core.Identity;
using Cascade.Core.Leases;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>get</c>: reads a block of a running cluster.</summary>
internal sealed class GetVerb
{
    private const int PieceBytes = 1 << 20;

    /// <summary>For each piece anew, so that a slow reader of the output does not lose the block.</summary>
    private static readonly TimeSpan LeaseFor = TimeSpan.FromMinutes(1);

    private readonly ClusterVerb _cluster;
    private readonly KeyOptions _keys = new();
    private readonly Argument<string> _key = new("KEY") { Description = "What the block was put under." };
    private readonly Argument<string?> _file = new("FILE")
    {
        Description = "Where its bytes go; - or nothing for the standard output. A file that is there is overwritten, on a hit alone.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private GetVerb(CliConsole console, INodeLauncher launcher) => _cluster = new ClusterVerb(console, launcher);

    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console, INodeLauncher launcher)
    {
        var verb = new GetVerb(console, launcher);
        var command = new VerbCommand(
            "get",
            "Read a block of a running cluster.",
            new Example("cascade get greeting ./hello.bin", "into a file"),
            new Example("cascade get data | tar x", "into another program"),
            new Example("cascade get greeting - --namespace notes", "to the terminal, which takes bytes as commands: for texts"),
            new Example("cascade get 9f3ac1 ./block --hex --json", "what was found and where, as one JSON document"))
        {
            Details = $"""
                {KeyOptions.Details}
                Where the block was found and how long that took goes to the error stream; with --json and a FILE, to the output.
                A block of another machine passes through memory of this one: for one above 64 MiB --set cascade.tiers.shm.capacity=SIZE.
                {ClusterVerb.Details}
                Exit code 1: the key names no block, or it could not be read or written; the reason is told.
                """,
        };
        command.Add(verb._key);
        command.Add(verb._file);
        verb._keys.AddTo(command);
        verb._cluster.AddTo(command);
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var (console, text, file) = (_cluster.Console, line.GetValue(_key)!, line.GetValue(_file));
        var key = _keys.KeyOf(line, text);
        if (file is null && console.OutputIsTerminal)
            throw new CliException(ExitCode.Usage, "a block is bytes, and the output is a terminal: name a FILE, or - for the terminal all the same");
        if (Directory.Exists(file))
            throw new CliException(ExitCode.Usage, $"'{KeyOptions.Shown(file)}' is a directory: name a file in it");
        await using var session = await _cluster.ConnectAsync(line, cancellationToken);
        var started = console.Time.GetTimestamp();
        using var result = await session.Cache.GetAsync(key, new GetOptions { LeaseFor = LeaseFor }, cancellationToken);
        var elapsed = console.Time.GetElapsedTime(started);
        if (!result.IsHit)
            throw new CliException(
                ExitCode.Failed, $"no block: {result.MissReason ?? $"'{KeyOptions.Shown(text)}' in namespace '{KeyOptions.Shown(_keys.NamespaceOf(line))}' names none"}");
        await WriteAsync(result.Lease, file, cancellationToken);
        Report(line, new GetReport(
            text, _keys.NamespaceOf(line), result.Lease.Id.ToString(), result.Lease.LengthBytes, result.Lease.Tier, elapsed.TotalMilliseconds), file);
        return ExitCode.Ok;
    }

    private async Task WriteAsync(BlockLease lease, string? file, CancellationToken cancellationToken)
    {
        try
        {
            await using var output = file is null or InputBlock.Standard
                ? _cluster.Console.OpenOutput()
                : new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
            var piece = new byte[(int)Math.Min(PieceBytes, lease.LengthBytes)];
            for (long done = 0; done < lease.LengthBytes; done += piece.Length)
            {
                var length = (int)Math.Min(piece.Length, lease.LengthBytes - done);
                lease.TryRenew(LeaseFor);
                lease.Slice(done, length).CopyTo(piece);
                if (!lease.IsHeld)
                    throw new CliException(ExitCode.Failed, "the lease on the block ended before all of it was written: what was written is not whole");
                await output.WriteAsync(piece.AsMemory(0, length), cancellationToken);
            }

            await output.FlushAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CliException(ExitCode.Failed, $"cannot write {(file is null or InputBlock.Standard ? "the output" : $"'{KeyOptions.Shown(file)}'")}: {e.Message}", e);
        }
    }

    private void Report(ParseResult line, GetReport report, string? file)
    {
        var console = _cluster.Console;
        if (_cluster.IsJson(line))
            JsonOutput.Write(file is null or InputBlock.Standard ? console.Error : console.Out, report);
        else
            console.Say($"get: {HumanText.Count(report.Bytes)} bytes, tier {HumanText.Name(report.Tier)}, {HumanText.Quantity(report.Milliseconds, "ms")}");
    }

    private sealed record GetReport(string Key, string Namespace, string Block, long Bytes, TierKind Tier, double Milliseconds);
}

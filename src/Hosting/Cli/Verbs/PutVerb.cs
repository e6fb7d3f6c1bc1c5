using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>put</c>: stores a file as a block of a running cluster.</summary>
internal sealed class PutVerb
{
    private const string ReplicatedPrefix = "replicated:";
    private const int MachinesMax = 64;

    private readonly ClusterVerb _cluster;
    private readonly KeyOptions _keys = new();
    private readonly Argument<string> _key = new("KEY") { Description = "What the block is to be asked by; named another before: it names this one then." };
    private readonly Argument<string> _file = new("FILE") { Description = "The block's bytes; - for the standard input." };
    private readonly Option<Acknowledgement> _ack = new("--ack")
    {
        Description = "When the put is done: memory (a node's memory has it), durable (a disk has it, too), replicated:N (N nodes have it). Default: memory.",
        HelpName = "WHEN",
        CustomParser = ParseAcknowledgement,
    };

    private PutVerb(CliConsole console, INodeLauncher launcher) => _cluster = new ClusterVerb(console, launcher);

    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console, INodeLauncher launcher)
    {
        var verb = new PutVerb(console, launcher);
        var command = new VerbCommand(
            "put",
            "Store a file as a block of a running cluster.",
            new Example("cascade put greeting ./hello.bin", "the file's bytes under the key 'greeting'"),
            new Example("tar c ./data | cascade put data - --ack durable", "from another program; done when it is on disk"),
            new Example("cascade put greeting ./hello.bin --namespace tenant-a/llama-70b/fp8", "where a serving engine of that namespace finds it"),
            new Example("cascade put 9f3ac1 ./block --hex --ack replicated:2 --json", "by an engine's hash; in the memory of two nodes"))
        {
            Details = $"{KeyOptions.Details}\n{ClusterVerb.Details}\nExit code 1: the block was not stored as asked; the reason is told.",
        };
        command.Add(verb._key);
        command.Add(verb._file);
        command.Add(verb._ack);
        verb._keys.AddTo(command);
        verb._cluster.AddTo(command);
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var text = line.GetValue(_key)!;
        var key = _keys.KeyOf(line, text);
        using var block = await InputBlock.ReadAsync(_cluster.Console, line.GetValue(_file)!, cancellationToken);
        PutResult result;
        await using (var session = await _cluster.ConnectAsync(line, cancellationToken, block.LengthBytes))
            result = await session.Cache.PutAsync(key, block.Bytes, new PutOptions { Acknowledgement = line.GetValue(_ack) }, cancellationToken);
        var report = new PutReport(
            text, _keys.NamespaceOf(line), result.IsReadable ? result.Id.ToString() : null, block.LengthBytes, result.Status, result.Reason);
        if (_cluster.IsJson(line))
            JsonOutput.Write(_cluster.Console.Out, report);
        if (!result.IsReadable)
            throw new CliException(ExitCode.Failed, result.Reason ?? $"the block was not stored: {result.Status}");
        if (!_cluster.IsJson(line))
            Write(_cluster.Console.Out, report);
        return ExitCode.Ok;
    }

    private static void Write(TextWriter output, PutReport report) => TableOutput.Write(output, TableOutput.OfValues(
        ("block", report.Block!),
        ("bytes", HumanText.Count(report.Bytes)),
        ("status", report.Status == PutStatus.Stored ? "stored" : "already present")));

    private static Acknowledgement ParseAcknowledgement(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        switch (text)
        {
            case "memory":
                return Acknowledgement.Memory;
            case "durable":
                return Acknowledgement.Durable;
            case var _ when text.StartsWith(ReplicatedPrefix, StringComparison.Ordinal)
                    && int.TryParse(text.AsSpan(ReplicatedPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var machines)
                    && machines is >= 1 and <= MachinesMax:
                return Acknowledgement.Replicated(machines);
            default:
                result.AddError($"'{text}' is not good for --ack: expected memory, durable or {ReplicatedPrefix}N, with N from 1 to {MachinesMax}.");
                return default;
        }
    }

    private sealed record PutReport(string Key, string Namespace, string? Block, long Bytes, PutStatus Status, string? Reason);
}

using System.CommandLine;
using Cascade.Core.Identity;
using Spectre.Console;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>protect</c>, <c>unprotect</c> and <c>delete</c>: do one thing with each of some keys of a running cluster.</summary>
internal sealed class KeyListVerbs
{
    private readonly ClusterVerb _cluster;
    private readonly KeyOptions _keys = new();
    private readonly Func<ICascade, CacheKey, CancellationToken, Task<string?>> _work;
    private readonly string _done;
    private readonly Argument<string[]> _texts = new("KEY") { Description = "What the block was put under; more than one may be given.", Arity = ArgumentArity.OneOrMore };

    /// <param name="console">Where to speak.</param>
    /// <param name="launcher">Joins the cluster.</param>
    /// <param name="done">What became of a key, in a word.</param>
    /// <param name="work">Null when it was done with the key; else why not.</param>
    private KeyListVerbs(CliConsole console, INodeLauncher launcher, string done, Func<ICascade, CacheKey, CancellationToken, Task<string?>> work)
    {
        _cluster = new ClusterVerb(console, launcher);
        (_done, _work) = (done, work);
    }

    /// <summary>Makes <c>protect</c>.</summary>
    public static Command CreateProtect(CliConsole console, INodeLauncher launcher) => new KeyListVerbs(console, launcher, "protected", ProtectAsync).Of(
        new VerbCommand(
            "protect",
            "Register blocks of a running cluster as shared: they stay in memory until they are unprotected.",
            new Example("cascade protect greeting", "the block of one key"),
            new Example("cascade protect 9f3ac1 77be02 --hex --namespace tenant-a/llama-70b/fp8", "two blocks of an engine's prompt"))
        {
            Details = $"""
                {KeyOptions.Details}
                Registered blocks may take a share of the memory, cascade.protection.quota-share; beyond it registering fails.
                {ClusterVerb.Details}
                Exit code 1: a key names no block, or the quota is used up; the reason is told, and the other keys are done.
                """,
        });

    /// <summary>Makes <c>unprotect</c>.</summary>
    public static Command CreateUnprotect(CliConsole console, INodeLauncher launcher) => new KeyListVerbs(console, launcher, "unprotected", UnprotectAsync).Of(
        new VerbCommand(
            "unprotect",
            "Take registrations back: the blocks may be evicted again.",
            new Example("cascade unprotect greeting", "the block of one key"),
            new Example("cascade unprotect 9f3ac1 77be02 --hex --namespace tenant-a/llama-70b/fp8", "two blocks of an engine's prompt"))
        {
            Details = $"{KeyOptions.Details}\nA key that is not registered is passed over.\n{ClusterVerb.Details}",
        });

    /// <summary>Makes <c>delete</c>.</summary>
    public static Command CreateDelete(CliConsole console, INodeLauncher launcher) => new KeyListVerbs(console, launcher, "deleted", DeleteAsync).Of(
        new VerbCommand(
            "delete",
            "Take keys away; a block goes with its last key.",
            new Example("cascade delete greeting", "one key"),
            new Example("cascade delete 9f3ac1 77be02 --hex --json", "two, by an engine's hashes; what became of them as one JSON document"))
        {
            Details = $"{KeyOptions.Details}\n{ClusterVerb.Details}\nExit code 1: a key names no block; the other keys are done.",
        });

    private VerbCommand Of(VerbCommand command)
    {
        command.Add(_texts);
        _keys.AddTo(command);
        _cluster.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var (console, texts) = (_cluster.Console, line.GetValue(_texts)!);
        var keys = _keys.KeysOf(line, texts);
        var reports = new List<KeyReport>();
        await using (var session = await _cluster.ConnectAsync(line, cancellationToken))
        {
            for (var i = 0; i < keys.Length; i++)
            {
                var reason = await _work(session.Cache, keys[i], cancellationToken);
                reports.Add(new KeyReport(texts[i], reason is null, reason));
            }
        }

        if (_cluster.IsJson(line))
            JsonOutput.Write(console.Out, new { Namespace = _keys.NamespaceOf(line), Keys = reports });
        else
            Write(console.Out, reports);
        foreach (var report in reports.Where(static report => !report.Done))
            console.Say($"{CascadeCli.ProgramName}: '{KeyOptions.Shown(report.Key)}' was not {_done}: {report.Reason}");
        return reports.TrueForAll(static report => report.Done) ? ExitCode.Ok : ExitCode.Failed;
    }

    private void Write(TextWriter output, List<KeyReport> reports)
    {
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumn(new TableColumn("").NoWrap()).AddColumn(new TableColumn("").NoWrap());
        foreach (var report in reports)
            table.AddRow(new Text(KeyOptions.Shown(report.Key)), new Text(report.Done ? _done : $"not {_done}"));
        TableOutput.Write(output, table);
    }

    private static async Task<string?> ProtectAsync(ICascade cache, CacheKey key, CancellationToken cancellationToken)
    {
        var result = await cache.ProtectAsync(new[] { key }, cancellationToken);
        return result.Status == ProtectStatus.Protected ? null : result.Reason;
    }

    private static async Task<string?> UnprotectAsync(ICascade cache, CacheKey key, CancellationToken cancellationToken)
    {
        await cache.UnprotectAsync(new[] { key }, cancellationToken);
        return null;
    }

    private static async Task<string?> DeleteAsync(ICascade cache, CacheKey key, CancellationToken cancellationToken) =>
        await cache.DeleteAsync(key, cancellationToken) ? null : "it names no block";

    private sealed record KeyReport(string Key, bool Done, string? Reason);
}

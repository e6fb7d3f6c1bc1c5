using System.CommandLine;
using System.Globalization;
using Cascade.Hosting.Security;
using Spectre.Console;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>certs</c>: makes the certificates of a cluster for a try-out.</summary>
internal static class CertsVerb
{
    private const int NodesDefault = 3;
    private const int NodesMax = 1024;
    private const int DaysDefault = 365;
    private const int DaysMax = 3650;
    private const int HostsMax = 64;
    private const int HostLengthMax = 253;

    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console)
    {
        var verb = new VerbCommand(
            "certs",
            "Make the certificates of a cluster, for a try-out.",
            new Example("cascade certs ./certs", "an authority and three nodes, for this machine"),
            new Example("cascade certs ./certs --nodes 5", "two more nodes of the same authority"),
            new Example("cascade certs ./certs --nodes 2 --host gpu0 --host gpu1 --host 10.0.0.7", "for machines of these names"),
            new Example("cascade certs ./certs --days 30 --json", "valid for a month; what was made as one JSON document"))
        {
            Details = """
                Makes DIR/ca.pem and ca.key, the cluster's authority, valid for ten years, and node0.pem and node0.key and so on, signed
                by it; PEM, ECDSA over P-256, keys for their owner alone to read. What is there is kept, and nothing is
                overwritten: further nodes are signed by the authority that is there.
                A node needs ca.pem and its own two files. Whoever has ca.key can make nodes: keep it away from them.
                Certificates for production come from your own authority; cascade.remoting.tls takes them as well.
                Exit code 2: DIR holds something that cannot be used; nothing was made. Exit code 1: a file could not be written.
                """,
        };
        var directory = Directory();
        var nodes = CommonOptions.Count("--nodes", $"Nodes that are to have a certificate, from node 0. Default: {NodesDefault}.", 1, NodesMax);
        var hosts = Hosts();
        var days = CommonOptions.Count("--days", $"Days for which the nodes' certificates are valid. Default: {DaysDefault}.", 1, DaysMax);
        var json = CommonOptions.Json();
        verb.Add(directory);
        foreach (var option in (Option[])[nodes, hosts, days, json])
            verb.Add(option);
        verb.SetAction(line =>
        {
            using var folder = Try(
                ExitCode.Usage,
                () => CertificateFolder.Open(line.GetValue(directory)!, (int)(line.GetValue(nodes) ?? NodesDefault), console.Time));
            var validity = TimeSpan.FromDays(line.GetValue(days) ?? DaysDefault);
            var all = Try(ExitCode.Failed, () => folder.Fill(NamesOf(line.GetValue(hosts) ?? []), validity));
            if (line.GetValue(json))
                JsonOutput.Write(console.Out, new { folder.Directory, Authority = all[0], Nodes = all.Skip(1), Settings = folder.Settings() });
            else
                Write(console, folder, all);
            return ExitCode.Ok;
        });
        return verb;
    }

    private static Argument<string?> Directory() => new("DIR")
    {
        Description = "The directory for them; it is made when it is not there.",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (text.Length > 0 && !text.Contains('\0', StringComparison.Ordinal))
                return Path.GetFullPath(text);
            result.AddError($"'{text}' is not good for DIR: expected a directory.");
            return null;
        },
    };

    private static Option<string[]> Hosts()
    {
        var hosts = new Option<string[]>("--host")
        {
            Description = "Host name or IP address of a node; repeat it for more. Default: this machine's name. Loopback is always added.",
            HelpName = "NAME",
            AllowMultipleArgumentsPerToken = false,
        };
        hosts.Validators.Add(result =>
        {
            if (result.Tokens.Count > HostsMax)
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"--host is given {result.Tokens.Count} times: {HostsMax} names are the most."));
            foreach (var token in result.Tokens.Where(token => !IsHost(token.Value)))
                result.AddError($"'{token.Value}' is not good for --host: expected a host name or an IP address.");
        });
        return hosts;
    }

    private static bool IsHost(string text) => text.Length <= HostLengthMax && text.All(char.IsAscii)
        && Uri.CheckHostName(text) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6;

    private static string[] NamesOf(string[] hosts)
    {
        string[] loopback = ["localhost", "127.0.0.1", "::1"];
        var machine = Environment.MachineName;

        // Linux lets a machine have a name that no certificate can hold, of 64 letters for one.
        var reached = hosts.Length > 0 ? hosts : IsHost(machine) ? [machine] : [];
        return [.. reached.Concat(loopback).Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    private static T Try<T>(int exitCode, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (CertificateException e)
        {
            throw new CliException(exitCode, e.Message, e);
        }
    }

    private static void Write(CliConsole console, CertificateFolder folder, IReadOnlyList<CertificateFiles> all)
    {
        // In the table a long path would push the rest to the far right.
        console.Out.WriteLine(folder.Directory);
        var table = new Table().Border(TableBorder.None).AddColumn("certificate").AddColumn("key").AddColumn("").AddColumn("valid until");
        foreach (var files in all)
            table.AddRow(
                new Text(Path.GetFileName(files.Certificate)),
                new Text(Path.GetFileName(files.Key)),
                new Text(files.Made ? "made" : "kept"),
                new Text(Naming.Of(files.ValidUntil)));
        TableOutput.Write(console.Out, table);
        console.Out.WriteLine();
        console.Out.WriteLine("Settings for all nodes, each with its own cascade.node.id; copy ca.pem and the node's own two files to its machine:");
        console.Out.WriteLine(folder.Settings());
        console.Out.Flush();
    }
}

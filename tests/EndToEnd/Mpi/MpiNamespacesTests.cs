using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Cascade.Hosting.Tests.Embedding;

namespace Cascade.EndToEnd.Mpi;

/// <summary>Two network namespaces as two machines.</summary>
public sealed class MpiNamespacesTests
{
    private const string Starter = "/usr/bin/mpiexec.mpich";
    private const int Hosts = 2;
    private const int Port = 7711;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Replays_on_two_machines_share_a_load_by_MPI_without_a_wrong_byte()
    {
        Assert.SkipUnless(Environment.UserName == "root" && File.Exists("/usr/sbin/ip"), "network namespaces need root, and the program ip of iproute2");
        Assert.SkipUnless(File.Exists(Starter), $"MPICH is not installed: there is no {Starter} (on Debian: apt-get install mpich)");
        using var network = new TestNetwork(Hosts);
        var folder = Directory.CreateTempSubdirectory("cascade-hosts-");
        try
        {
            var launch = await LauncherAsync(folder.FullName, network);
            var name = TestNode.UniqueName("hosts");
            var (output, error) = await RunAsync(network, launch, name);
            var reports = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.True(reports.Length == Hosts, output + error);
            foreach (var report in reports)
            {
                Assert.StartsWith("{\"requests\":300,", report, StringComparison.Ordinal);
                Assert.Contains("\"wrong_bytes\":0,\"errors\":0,", report, StringComparison.Ordinal);
                Assert.True(!report.Contains("\"tcp\"", StringComparison.Ordinal) || report.Contains("\"tcp\":0}", StringComparison.Ordinal), report);
            }

            // One of them may be done before the other has put what it could read.
            Assert.True(reports.Any(static report => Regex.IsMatch(report, "\"pulled_bytes\":{\"mpi\":[1-9]")), output);

            Assert.Empty(Directory.GetFiles("/dev/shm", $"cascade-{name}-*"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>A program that starts another "on a host", as ssh does: options, host, command.</summary>
    private static async Task<string> LauncherAsync(string folder, TestNetwork network)
    {
        var path = Path.Combine(folder, "launch");
        var cases = Enumerable.Range(0, Hosts).Select(at => $"  {network.AddressOf(at)}) exec ip netns exec {network.NameOf(at)} sh -c \"$*\" ;;");
        await File.WriteAllTextAsync(path, $"""
            #!/bin/sh
            while expr "$1" : - >/dev/null; do shift; done
            host=$1
            shift
            case $host in
            {string.Join('\n', cases)}
            esac
            exit 1

            """);
        Shell.Run("chmod", "700", path);
        return path;
    }

    /// <summary>How mpiexec ends says nothing: that of MPICH 4.0 can end with an error while ranks on several hosts finalize.</summary>
    private static async Task<(string Output, string Error)> RunAsync(TestNetwork network, string launch, string cluster)
    {
        var addresses = Enumerable.Range(0, Hosts).Select(network.AddressOf).ToArray();
        var seeds = ClusterClient.SeedList(addresses.Select(static address => string.Create(CultureInfo.InvariantCulture, $"{address}:{Port}")));
        var line = $"a=({string.Join(' ', addresses)}); exec dotnet exec {Path.Combine(AppContext.BaseDirectory, "cascade.dll")} replay --share $PMI_RANK/{Hosts} --limit 600 --json "
            + $"--shm 64MiB --set cascade.node.id=$PMI_RANK --set cascade.cluster.name={cluster} --set cascade.remoting.host=${{a[$PMI_RANK]}} "
            + $"--set cascade.remoting.port={Port} --set cascade.remoting.insecure=yes --set 'cascade.remoting.seeds={seeds}' --set cascade.fabric=mpi";
        string[] arguments =
        [
            "-disable-auto-cleanup", "-launcher", "rsh", "-launcher-exec", launch, "-localhost", network.Bridge, "-hosts", string.Join(',', addresses),
            "-n", Hosts.ToString(CultureInfo.InvariantCulture), "bash", "-c", line,
        ];
        var start = new ProcessStartInfo(Starter, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        start.Environment["UCX_TLS"] = "tcp,self";
        start.Environment["UCX_NET_DEVICES"] = "eth0";
        using var process = Process.Start(start)!;
        try
        {
            process.StandardInput.Close();
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync().WaitAsync(Patience);
            return (await output, await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}

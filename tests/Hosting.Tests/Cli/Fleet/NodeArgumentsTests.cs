using Cascade.Hosting.Cli.Fleet;
using Cascade.Hosting.Configuration;

namespace Cascade.Hosting.Tests.Cli.Fleet;

public sealed class NodeArgumentsTests
{
    private static readonly int[] Ports = [4001, 4002, 4003, 4004];
    private static readonly FleetSettings Settings = new("quiet", "/dev/shm");

    [Fact]
    public void Node_has_its_number_its_port_and_the_first_three_as_seeds()
    {
        Assert.Equal(
            [
                "node", "--stop-with-stdin",
                "--set", "cascade.cluster.name=\"quiet\"",
                "--set", "cascade.node.id=3",
                "--set", "cascade.remoting.host=\"127.0.0.1\"",
                "--set", "cascade.remoting.port=4004",
                "--set", "cascade.remoting.seeds=[\"127.0.0.1:4001\",\"127.0.0.1:4002\",\"127.0.0.1:4003\"]",
            ],
            NodeArguments.Of(Settings, 3, Ports, reset: false));
    }

    [Fact]
    public void What_the_user_gave_comes_before_what_makes_the_node_itself()
    {
        var settings = Settings with { ConfigFile = "a b.conf", Settings = ["cascade.node.id=9", "cascade.logging.level=warning"], WithSeeds = false };
        Assert.Equal(
            [
                "node", "--stop-with-stdin", "--reset", "--config", "a b.conf",
                "--set", "cascade.node.id=9",
                "--set", "cascade.logging.level=warning",
                "--set", "cascade.cluster.name=\"quiet\"",
                "--set", "cascade.node.id=0",
                "--set", "cascade.remoting.host=\"127.0.0.1\"",
                "--set", "cascade.remoting.port=4001",
            ],
            NodeArguments.Of(settings, 0, Ports, reset: true));
    }

    [Fact]
    public void Settings_are_read_as_they_are_meant()
    {
        var settings = NodeArguments.Of(Settings with { ClusterName = "7", Settings = ["cascade.node.id=9"] }, 1, Ports, reset: false)
            .Where(argument => argument.StartsWith("cascade.", StringComparison.Ordinal));
        var read = CascadeConfiguration.Load(new ConfigurationSources { Overrides = [.. settings] }).Options;
        Assert.Equal(("7", 1, "127.0.0.1", 4002), (read.Cluster.Name, read.Node.Id, read.Remoting.Host, read.Remoting.Port));
        Assert.Equal(3, read.Remoting.Seeds.Count);
    }

    [Theory]
    [InlineData("/opt/cascade.dll", "/usr/bin/dotnet", "/usr/bin/dotnet", "exec", "/opt/cascade.dll")]
    [InlineData("/opt/cascade.dll", "/opt/cascade", "/opt/cascade")]
    [InlineData("/opt/cascade.dll", "/opt/tests", "dotnet", "exec", "/opt/cascade.dll")]
    [InlineData("/opt/cascade.dll", null, "dotnet", "exec", "/opt/cascade.dll")]
    public void Program_is_started_as_this_one_was(string assembly, string? process, string file, params string[] arguments)
    {
        var program = FleetProgram.Of(assembly, process);
        Assert.Equal(file, program.FileName);
        Assert.Equal(arguments, program.Arguments);
    }
}

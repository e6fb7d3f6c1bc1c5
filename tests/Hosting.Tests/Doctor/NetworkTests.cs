using Cascade.Hosting.Doctor;
using Cascade.Hosting.Doctor.Checks;

namespace Cascade.Hosting.Tests.Doctor;

public sealed class NetworkTests
{
    private const string All = "cascade.remoting.host=0.0.0.0";
    private const string Insecure = "cascade.remoting.insecure=true";
    private readonly TestMachine _machine = new();

    [Fact]
    public void Loopback_is_for_this_machine_alone() =>
        Assert.Equal(Finding.Ok("listens on 127.0.0.1", "a cluster of this machine alone"), Addresses());

    [Fact]
    public void All_addresses_are_reached_by_the_machines_name()
    {
        Assert.Equal(
            Finding.Ok("listens on 0.0.0.0, is reached as machine (10.0.0.7)", "other machines reach the node by that name"), Addresses(All, Insecure));
        _machine.Hosts.Remove("machine");
        Assert.Equal((CheckStatus.Note, "listens on 0.0.0.0, is reached as machine, a name that is not known"), StatusAndFound(Addresses(All, Insecure)));
        _machine.Hosts["machine"] = ["10.0.0.8"];
        Assert.Equal((CheckStatus.Note, "listens on 0.0.0.0, is reached as machine (10.0.0.8)"), StatusAndFound(Addresses(All, Insecure)));
    }

    [Theory]
    [InlineData("10.0.0.7", CheckStatus.Ok, "listens on 10.0.0.7")]
    [InlineData("10.0.0.8", CheckStatus.Problem, "listens on 10.0.0.8")]
    [InlineData("machine", CheckStatus.Ok, "listens on machine (10.0.0.7)")]
    [InlineData("unknown", CheckStatus.Problem, "listens on unknown, a name that is not known")]
    public void Host_has_to_be_of_this_machine(string host, object status, string found)
    {
        var finding = Addresses($"cascade.remoting.host={host}", Insecure);
        Assert.Equal((status, found), (finding.Status, finding.Found));
    }

    [Fact]
    public void Seeds_that_are_not_known_are_noted_and_a_problem_when_none_is()
    {
        const string Host = "cascade.remoting.host=10.0.0.7";
        _machine.Hosts["gpu0"] = ["10.0.0.9"];
        Assert.Equal(CheckStatus.Ok, Addresses(Host, Insecure, "cascade.remoting.seeds=[\"gpu0:7400\"]").Status);
        var some = Addresses(Host, Insecure, "cascade.remoting.seeds=[\"gpu0:7400\", \"gpu1:7400\"]");
        Assert.Equal((CheckStatus.Note, "listens on 10.0.0.7, 2 machines of seeds"), StatusAndFound(some));
        Assert.EndsWith(": gpu1", some.Effect, StringComparison.Ordinal);
        Assert.Equal(CheckStatus.Problem, Addresses(Host, Insecure, "cascade.remoting.seeds=[\"gpu1:7400\"]").Status);
    }

    [Fact]
    public void Loopback_with_seeds_of_other_machines_is_a_problem()
    {
        Assert.Equal(CheckStatus.Problem, Addresses("cascade.remoting.seeds=[\"10.0.0.9:7400\"]").Status);
        Assert.Equal(CheckStatus.Ok, Addresses("cascade.remoting.seeds=[\"127.0.0.1:7400\"]").Status);
    }

    [Fact]
    public void Ports_that_are_any_are_free() => Assert.Equal(
        Finding.Ok("messages: any port, blocks: any port", "takes any free ports, and tells others which"), Ports());

    [Fact]
    public void Ports_that_are_free_or_taken_are_told()
    {
        Assert.Equal(Finding.Ok("messages: 7400 is free, blocks: any port", "listens on them"), Ports("cascade.remoting.port=7400"));
        _machine.TakenPorts[7401] = "Address already in use";
        var finding = Ports("cascade.remoting.port=7400", "cascade.remoting.bulk-port=7401");
        Assert.Equal((CheckStatus.Problem, "messages: 7400 is free, blocks: 7401 is not (Address already in use)"), StatusAndFound(finding));
        Assert.StartsWith("set cascade.remoting.bulk-port to a free port, ", finding.Cure, StringComparison.Ordinal);
    }

    [Fact]
    public void One_port_for_both_is_a_problem() =>
        Assert.Equal(CheckStatus.Problem, Ports("cascade.remoting.port=7400", "cascade.remoting.bulk-port=7400").Status);

    [Fact]
    public void Port_that_outgoing_connections_may_take_is_noted_unless_reserved()
    {
        Assert.Equal(CheckStatus.Note, Ports("cascade.remoting.port=32768").Status);
        Assert.Equal(CheckStatus.Ok, Ports("cascade.remoting.port=61000").Status);
        _machine.Texts["/proc/sys/net/ipv4/ip_local_reserved_ports"] = "80,32768-32770";
        Assert.Equal(CheckStatus.Ok, Ports("cascade.remoting.port=32768").Status);
    }

    [Fact]
    public void Small_buffers_are_noted_where_other_machines_are_reached()
    {
        Assert.Equal((CheckStatus.Ok, "up to 32 MiB to receive, 4 MiB to send"), StatusAndFound(Buffers(All, Insecure)));
        _machine.Texts["/proc/sys/net/ipv4/tcp_wmem"] = "4096 16384 1048576";
        Assert.Equal((CheckStatus.Note, "up to 32 MiB to receive, 1 MiB to send"), StatusAndFound(Buffers(All, Insecure)));
        Assert.Equal(CheckStatus.Ok, Buffers().Status);
        _machine.Texts.Remove("/proc/sys/net/ipv4/tcp_wmem");
        Assert.Equal(CheckStatus.Ok, Buffers(All, Insecure).Status);
    }

    private Finding Addresses(params string[] settings) => _machine.Examine(machine => new AddressesCheck(machine), settings);

    private Finding Ports(params string[] settings) => _machine.Examine(machine => new PortsCheck(machine), settings);

    private Finding Buffers(params string[] settings) => _machine.Examine(machine => new TcpBuffersCheck(machine), settings);

    private static (CheckStatus Status, string Found) StatusAndFound(Finding finding) => (finding.Status, finding.Found);
}

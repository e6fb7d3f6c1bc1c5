using Cascade.Core.Membership;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Tests.Configuration;

namespace Cascade.Hosting.Tests.Slurm;

/// <summary>What a node takes from SLURM's environment, and which starts it refuses.</summary>
public sealed class SlurmStartTests
{
    private const string Enabled = "cascade.slurm.enabled = yes";
    private const string Cure = "Start the nodes by srun itself, with --ntasks-per-node=1, as deploy/slurm/cascade.sbatch does.";

    [Fact]
    public void Task_of_srun_needs_no_further_words()
    {
        var options = Load(Task(rank: 2), "cascade.remoting.insecure = yes");
        Assert.Equal(("slurm-71", 2), (options.Cluster.Name, options.Node.Id));
        Assert.Equal(("0.0.0.0", "n4", 7400), (options.Remoting.Host, options.Remoting.Advertise, options.Remoting.Port));
        Assert.Equal(Addresses("n1:7400", "n3:7400", "n4:7400"), options.Remoting.Seeds);
        Assert.False(options.Tiers.Shm.Keep);
    }

    [Fact]
    public void Node_beyond_the_machine_without_certificates_is_refused()
    {
        var error = Assert.Single(ConfigurationTesting.Errors(Enabled, Task(rank: 0)));
        Assert.StartsWith("environment variable SLURM_STEP_NODELIST: cascade.remoting.host: '0.0.0.0' can be reached by other machines", error, StringComparison.Ordinal);
    }

    [Fact]
    public void All_nodes_on_this_machine_have_ports_by_rank()
    {
        var options = Load(Task(rank: 3), "cascade.slurm { local = yes, base-port = 18000 }");
        Assert.Equal(("127.0.0.1", "", 18003), (options.Remoting.Host, options.Remoting.Advertise, options.Remoting.Port));
        Assert.Equal(Addresses("127.0.0.1:18000", "127.0.0.1:18001", "127.0.0.1:18002"), options.Remoting.Seeds);
    }

    [Fact]
    public void Second_node_process_of_a_machine_has_the_next_port()
    {
        var task = With(Task(rank: 5, tasks: 8), ("SLURM_LOCALID", "1"), ("SLURM_NODEID", "2"));
        var options = Load(task, "cascade.remoting.insecure = yes");
        Assert.Equal(("n4", 7401), (options.Remoting.Advertise, options.Remoting.Port));
        Assert.Equal(Addresses("n1:7400", "n3:7400", "n4:7400"), options.Remoting.Seeds);
    }

    [Fact]
    public void Reserved_ports_are_taken()
    {
        var task = With(Task(rank: 3), ("SLURM_STEP_RESV_PORTS", "18000-18001,18010,18020"));
        var local = Load(task, "cascade.slurm.local = yes");
        Assert.Equal(18020, local.Remoting.Port);
        Assert.Equal(Addresses("127.0.0.1:18000", "127.0.0.1:18001", "127.0.0.1:18010"), local.Remoting.Seeds);
        var apart = Load(task, "cascade.remoting.insecure = yes");
        Assert.Equal(18000, apart.Remoting.Port);
        Assert.Equal(Addresses("n1:18000", "n3:18000", "n4:18000"), apart.Remoting.Seeds);
    }

    [Fact]
    public void Nodes_of_the_job_serve_where_those_of_the_step_are_not_told()
    {
        var task = Task(rank: 0).Where(static variable => variable.Name != "SLURM_STEP_NODELIST").Append(("SLURM_JOB_NODELIST", "x[7-8]")).ToArray();
        Assert.Equal(Addresses("x7:7400", "x8:7400"), Load(task, "cascade.remoting.insecure = yes").Remoting.Seeds);
    }

    [Fact]
    public void What_is_set_wins()
    {
        var task = With(Task(rank: 1), ("CASCADE__NODE__ID", "9"));
        var options = ConfigurationTesting.Load(
            Enabled + "\ncascade { cluster.name = blue, remoting { host = localhost, port = 5000, seeds = [\"s:1\"] } }", task, "cascade.tiers.shm.keep=yes").Options;
        Assert.Equal(("blue", 9, "localhost", 5000, true), (options.Cluster.Name, options.Node.Id, options.Remoting.Host, options.Remoting.Port, options.Tiers.Shm.Keep));
        Assert.Equal(Addresses("s:1"), options.Remoting.Seeds);
    }

    [Fact]
    public void Environment_of_SLURM_counts_only_where_it_is_wanted()
    {
        var options = ConfigurationTesting.Load(null, Task(rank: 2)).Options;
        Assert.Equal(("cascade", 0, "127.0.0.1"), (options.Cluster.Name, options.Node.Id, options.Remoting.Host));
    }

    [Fact]
    public void Client_is_reached_by_its_machine_and_has_no_rank()
    {
        const string Client = "cascade { node { client = yes, id = 70000 }, remoting.insecure = yes }";
        var options = Load(With(Task(rank: 2), ("SLURMD_NODENAME", "n4")), Client);
        Assert.Equal(("slurm-71", 70000, "0.0.0.0", "n4"), (options.Cluster.Name, options.Node.Id, options.Remoting.Host, options.Remoting.Advertise));
        Assert.Empty(options.Remoting.Seeds);
        Assert.Equal("cascade", Load([], Client).Cluster.Name);
    }

    [Fact]
    public void Process_that_is_no_task_is_refused() => Assert.Equal(
        [
            "cascade.slurm.enabled: this process is no task of srun, as SLURM_STEP_ID is not set: start it by srun, as deploy/slurm/cascade.sbatch does, "
            + "or set cascade.slurm.enabled = false.",
        ],
        ConfigurationTesting.Errors(Enabled, [("SLURM_PROCID", "0"), ("SLURM_JOB_ID", "71")]));

    [Theory]
    [InlineData("SLURM_NTASKS", "many", "SLURM_NTASKS = \"many\": expected a whole number from 1 to 65536.")]
    [InlineData("SLURM_NTASKS", "0", "SLURM_NTASKS = \"0\": expected a whole number from 1 to 65536.")]
    [InlineData("SLURM_NTASKS", "65537", "SLURM_NTASKS = \"65537\": expected a whole number from 1 to 65536.")]
    [InlineData("SLURM_NTASKS", null, "SLURM_NTASKS is not set: expected a whole number. " + Cure)]
    [InlineData("SLURM_PROCID", "-1", "SLURM_PROCID = \"-1\": expected a whole number from 0 to 65535.")]
    [InlineData("SLURM_PROCID", "4", "SLURM_PROCID = 4: expected less than SLURM_NTASKS = 4.")]
    [InlineData("SLURM_NODEID", "4", "SLURM_NODEID = 4: expected less than the 4 nodes of the step.")]
    [InlineData("SLURM_JOB_ID", "", "SLURM_JOB_ID = \"\": expected a whole number of at least 0.")]
    [InlineData("SLURM_STEP_NODELIST", "n[1-", "SLURM_STEP_NODELIST = \"n[1-\": 'n[1-' lacks a closing bracket.")]
    [InlineData("SLURM_STEP_NODELIST", null, "SLURM_JOB_NODELIST is not set: expected the names of the step's nodes. " + Cure)]
    [InlineData("SLURM_STEP_RESV_PORTS", "1-70000", "SLURM_STEP_RESV_PORTS = \"1-70000\": '1-70000' stands for more than 65535 numbers.")]
    [InlineData("SLURM_STEP_RESV_PORTS", "70000", "SLURM_STEP_RESV_PORTS = \"70000\": 70000 is no port.")]
    [InlineData("SLURM_NTASKS", "1", "SLURM_NTASKS = 1, but the step has 4 nodes: every node process would be of rank 0. " + Cure)]
    [InlineData("SLURM_LOCALID", "1", "SLURM_PROCID = 0, but this is task 1 of its node: the ranks of the tasks do not differ. " + Cure)]
    [InlineData("PMI_RANK", "2", "the launcher says rank 2 of ? and SLURM says 0 of 4: the ranks of the tasks do not differ. " + Cure)]
    [InlineData("PMI_SIZE", "8", "the launcher says rank ? of 8 and SLURM says 0 of 4: the ranks of the tasks do not differ. " + Cure)]
    public void Start_that_cannot_be_right_is_refused_in_words(string variable, string? value, string error)
    {
        var task = Task(rank: 0).Where(other => other.Name != variable);
        if (value is not null)
            task = task.Append((variable, value));
        Assert.Equal([$"environment: {error}"], ConfigurationTesting.Errors(Enabled + "\ncascade.slurm.local = yes", [.. task]));
    }

    [Fact]
    public void Too_few_ports_are_refused()
    {
        Assert.Equal(
            ["environment: SLURM_STEP_RESV_PORTS has 2 ports, too few for all node processes of a machine: give srun a larger --resv-ports."],
            ConfigurationTesting.Errors(Enabled + "\ncascade.slurm.local = yes", With(Task(rank: 2), ("SLURM_STEP_RESV_PORTS", "18000-18001"))));
        Assert.Equal(
            ["cascade.slurm.base-port = 65534: too high for task 2 of 4."],
            ConfigurationTesting.Errors(Enabled + "\ncascade.slurm { local = yes, base-port = 65534 }", Task(rank: 2)));
    }

    [Fact]
    public void Faults_of_the_file_are_told_beside_those_of_the_environment() => Assert.Equal(
        [
            "user.conf:2:9: unknown key 'cascade.nod'; did you mean 'cascade.node'?",
            "environment: SLURM_NTASKS = \"x\": expected a whole number from 1 to 65536.",
        ],
        ConfigurationTesting.Errors(Enabled + "\ncascade.nod = 1", With(Task(rank: 0), ("SLURM_NTASKS", "x"))));

    private static CascadeOptions Load((string Name, string Value)[] environment, string more) =>
        ConfigurationTesting.Load($"{Enabled}\n{more}", environment).Options;

    private static ValueList<NodeAddress> Addresses(params string[] addresses) => new(addresses.Select(static address => new NodeAddress(address)));

    /// <summary>One task of a step with one on each of four nodes.</summary>
    private static (string Name, string Value)[] Task(int rank, int tasks = 4) =>
    [
        ("SLURM_JOB_ID", "71"), ("SLURM_STEP_ID", "0"), ("SLURM_PROCID", $"{rank}"), ("SLURM_NTASKS", $"{tasks}"), ("SLURM_NODEID", $"{rank}"),
        ("SLURM_LOCALID", "0"), ("SLURM_STEP_NODELIST", "n[1,3-5]"),
    ];

    private static (string Name, string Value)[] With((string Name, string Value)[] environment, params (string Name, string Value)[] more) =>
        [.. environment.Where(variable => more.All(other => other.Name != variable.Name)), .. more];
}

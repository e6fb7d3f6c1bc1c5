using System.Text.Json;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Cli.Verbs;

namespace Cascade.Hosting.Tests.Doctor;

public sealed class DoctorVerbTests : IDisposable
{
    private static readonly string[] Names =
    [
        "configuration", "cpu", "numa", "kernel", "clock", "memory", "shm", "huge_pages", "memlock", "open_files", "cold_directory", "direct_io", "striping",
        "addresses", "ports", "tcp_buffers", "certificates", "mpi", "slurm", "cuda",
    ];

    private readonly StringWriter _out = new(), _error = new();
    private readonly TestMachine _machine = new();

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Document_is_one_line_with_all_checks_in_their_order_and_the_counts()
    {
        Assert.Equal(0, await RunAsync("doctor", "--json"));
        Assert.Equal(1, _out.ToString().Count(c => c == '\n'));
        using var document = JsonDocument.Parse(_out.ToString());
        var root = document.RootElement;
        Assert.Equal(["checks", "ok", "notes", "problems"], root.EnumerateObject().Select(field => field.Name));
        var checks = root.GetProperty("checks").EnumerateArray().ToArray();
        Assert.Equal(Names, checks.Select(check => check.GetProperty("name").GetString()));
        foreach (var check in checks)
        {
            Assert.Equal(["name", "status", "found", "effect", "cure"], check.EnumerateObject().Select(field => field.Name));
            var status = check.GetProperty("status").GetString();
            Assert.Contains(status, (string[])["ok", "note", "problem"]);
            Assert.Equal(status == "ok", check.GetProperty("cure").ValueKind == JsonValueKind.Null);
        }

        // No MPI library is the one thing that is amiss with the machine.
        Assert.Equal((19, 1, 0), (root.GetProperty("ok").GetInt32(), root.GetProperty("notes").GetInt32(), root.GetProperty("problems").GetInt32()));
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public async Task Text_has_a_mark_for_each_check_the_cure_below_and_a_summary()
    {
        Assert.Equal(0, await RunAsync("doctor"));
        var lines = _out.ToString().Split('\n');
        Assert.Equal("ok       configuration   the defaults -> starts as node 0 of the cluster 'cascade'", lines[0]);
        var mpi = Array.IndexOf(lines, "note     mpi             no MPI library -> blocks move between machines over TCP");
        Assert.StartsWith("                         cure: for an RDMA network: install MPICH ", lines[mpi + 1], StringComparison.Ordinal);
        Assert.Equal(["", "19 ok, 1 note, 0 problems", ""], lines[^3..]);
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 120));
    }

    [Fact]
    public async Task Problem_is_exit_code_1()
    {
        _machine.TakenPorts[7400] = "Address already in use";
        Assert.Equal(1, await RunAsync("doctor", "--set", "cascade.remoting.port=7400"));
        Assert.EndsWith("\n18 ok, 1 note, 1 problem\n", _out.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Configuration_that_does_not_load_is_a_problem_in_words_and_the_others_go_on()
    {
        Assert.Equal(1, await RunAsync("doctor", "--config", "/none.conf", "--set", "cascade.tiers.shm.capacty=1"));
        var text = string.Join(' ', _out.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("problem configuration ", text, StringComparison.Ordinal);
        Assert.Contains("/none.conf:1:1: the file does not exist", text, StringComparison.Ordinal);
        Assert.Contains("unknown key 'cascade.tiers.shm.capacty'", text, StringComparison.Ordinal);
        Assert.Contains("18 ok, 1 note, 1 problem", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_that_throws_is_a_problem_of_its_own()
    {
        _machine.Probes.Remove("cuda");
        Assert.Equal(1, await RunAsync("doctor"));
        Assert.Contains("\nproblem  cuda            the check failed: KeyNotFoundException: ", _out.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("\n18 ok, 1 note, 1 problem\n", _out.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, null, true)]
    [InlineData(true, "1", false)]
    [InlineData(true, "", true)]
    [InlineData(false, null, false)]
    public async Task Marks_are_colored_on_a_terminal_that_wants_it(bool isTerminal, string? noColor, bool isColored)
    {
        if (noColor is not null)
            _machine.Variables["NO_COLOR"] = noColor;
        await RunAsync(new CliConsole(_out, _error, errorIsTerminal: false, TimeProvider.System) { OutputIsTerminal = isTerminal }, "doctor");
        Assert.Equal(isColored, _out.ToString().Contains("\e[33mnote   \e[0m  mpi  ", StringComparison.Ordinal));
        Assert.Equal(isColored, _out.ToString().Contains('\e', StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("There is no option '--jsn' here; did you mean '--json'?", "--jsn")]
    [InlineData("'x' is not good for --set: expected path=value, such as cascade.tiers.shm.capacity=1GiB.", "--set", "x")]
    public async Task Wrong_command_line_is_told(string fault, params string[] arguments)
    {
        Assert.Equal(2, await RunAsync(["doctor", .. arguments]));
        Assert.StartsWith($"cascade: {fault}\n", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_out.ToString());
    }

    [Fact]
    public async Task Help_has_the_options_and_examples_but_not_the_probe()
    {
        Assert.Equal(0, await RunAsync("doctor", "--help"));
        foreach (var text in (string[])["--json", "--config <FILE>", "--set <path=value>", "Exit code 1: problems.", "Examples:\n  cascade doctor\n"])
            Assert.Contains(text, _out.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("--probe", _out.ToString(), StringComparison.Ordinal);
    }

    private Task<int> RunAsync(params string[] arguments) =>
        RunAsync(new CliConsole(_out, _error, errorIsTerminal: false, TimeProvider.System), arguments);

    private Task<int> RunAsync(CliConsole console, params string[] arguments) =>
        new CascadeCli(console, DoctorVerb.Create(console, _machine.Machine)).RunAsync(arguments, CancellationToken.None);
}

using System.Text.Json;
using System.Xml.Linq;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Cli.Verbs;
using Cascade.Hosting.Policy;

namespace Cascade.Hosting.Tests.Policy;

public sealed class PolicyVerbTests : IDisposable
{
    private const string Trace = """
        {"timestamp": 0, "input_length": 1000, "output_length": 5, "hash_ids": [7, 8]}
        {"timestamp": 9, "input_length": 1500, "output_length": 5, "hash_ids": [7, 8, 9]}
        {"timestamp": 9, "input_length": 1500, "output_length": 5, "hash_ids": [7, 3, 4]}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("cascade-policy-").FullName;
    private readonly StringWriter _out = new(), _error = new();

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _out.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Each_capacity_is_a_document_of_a_line()
    {
        Assert.Equal(ExitCode.Ok, await RunAsync("policy", TracePath(), "--capacity", "8,4", "--json"));

        var lines = _out.ToString().TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        using var small = JsonDocument.Parse(lines[0]);
        using var large = JsonDocument.Parse(lines[1]);
        Assert.Equal(["capacity", "policies"], small.RootElement.EnumerateObject().Select(static property => property.Name));
        Assert.Equal((4, 8), (small.RootElement.GetProperty("capacity").GetInt32(), large.RootElement.GetProperty("capacity").GetInt32()));
        var policies = large.RootElement.GetProperty("policies");
        Assert.Equal(["lru", "s3fifo", "wtinylfu", "ours", "optimum"], policies.EnumerateObject().Select(static property => property.Name));
        foreach (var policy in policies.EnumerateObject())
        {
            Assert.Equal(["block_hit_ratio", "prefix_hit_ratio", "ns_per_access"], policy.Value.EnumerateObject().Select(static property => property.Name));

            // All fits: 7, 8 and 7 are there when they are asked for again, three of eight.
            Assert.Equal(0.375, policy.Value.GetProperty("block_hit_ratio").GetDouble());
            Assert.Equal(0.375, policy.Value.GetProperty("prefix_hit_ratio").GetDouble());
            Assert.True(policy.Value.GetProperty("ns_per_access").GetDouble() > 0);
        }
    }

    [Fact]
    public async Task People_get_a_table_and_a_picture()
    {
        var plot = Path.Combine(_folder, "a<b.svg");
        Assert.Equal(ExitCode.Ok, await RunAsync("policy", TracePath(), "--capacity", "2,8", "--plot", plot));

        Assert.Contains("3 requests, 8 blocks asked for, 5 different ones", _out.ToString(), StringComparison.Ordinal);
        var rows = _out.ToString().Split('\n').Select(static row => string.Join(' ', row.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToArray();
        Assert.Contains(rows, static row => row.StartsWith("8 optimum 0.3750 0.3750 ", StringComparison.Ordinal));
        Assert.Contains(rows, static row => row.StartsWith("2 ours ", StringComparison.Ordinal));
        var svg = XDocument.Parse(await File.ReadAllTextAsync(plot, TestContext.Current.CancellationToken));
        Assert.Equal("svg", svg.Root!.Name.LocalName);
        Assert.Equal(2 * ComparedPolicy.All.Count, svg.Descendants().Count(static element => element.Name.LocalName == "polyline"));
        Assert.Contains(svg.Descendants(), static element => element.Value == "W-TinyLFU");
    }

    [Fact]
    public void Picture_of_one_capacity_and_of_no_hits_is_drawn()
    {
        var figures = ComparedPolicy.All.ToDictionary(static policy => policy.Name, static _ => default(PolicyFigures));
        var svg = PolicyPlot.Draw("a<b&c", ComparedPolicy.All, [new CapacityFigures(10, figures)]);

        Assert.Contains("a<b&c", XDocument.Parse(svg).Root!.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", svg, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("one of both", "policy")]
    [InlineData("one of both", "policy", "trace.jsonl", "--generate", "loop")]
    [InlineData("'walk' is not good for --generate", "policy", "--generate", "walk")]
    [InlineData("--seed is for a generated load", "policy", "trace.jsonl", "--seed", "3")]
    [InlineData("'0' is not good for --capacity", "policy", "--generate", "loop", "--capacity", "0,5")]
    [InlineData("'x' is not good for --capacity", "policy", "--generate", "loop", "--capacity", "5,x")]
    [InlineData("cannot read the trace 'none.jsonl'", "policy", "none.jsonl")]
    public async Task Wrong_command_line_is_said_in_words(string expected, params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await RunAsync(arguments));

        Assert.Contains(expected, _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_out.ToString());
    }

    [Fact]
    public async Task Malformed_trace_and_a_picture_that_cannot_be_written_are_failures()
    {
        var path = Path.Combine(_folder, "bad.jsonl");
        await File.WriteAllTextAsync(path, Trace + "\n{}", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Failed, await RunAsync("policy", path));
        Assert.Contains("bad.jsonl:4: 'timestamp' is missing", _error.ToString(), StringComparison.Ordinal);

        Assert.Equal(ExitCode.Failed, await RunAsync("policy", TracePath(), "--capacity", "2", "--plot", Path.Combine(_folder, "none", "p.svg")));
        Assert.Contains("cannot write the plot", _error.ToString(), StringComparison.Ordinal);
    }

    private string TracePath()
    {
        var path = Path.Combine(_folder, "trace.jsonl");
        File.WriteAllText(path, Trace);
        return path;
    }

    private Task<int> RunAsync(params string[] arguments)
    {
        var console = new CliConsole(_out, _error, errorIsTerminal: false, TimeProvider.System);
        return new CascadeCli(console, PolicyVerb.Create(console)).RunAsync(arguments, TestContext.Current.CancellationToken);
    }
}

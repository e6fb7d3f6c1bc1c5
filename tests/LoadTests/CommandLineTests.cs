using System.Text.Json;
using Cascade.LoadTests.Cli;
using Cascade.LoadTests.Scenarios;

namespace Cascade.LoadTests.Tests;

[Collection(TargetFiles.Name)]
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("Name a scenario: chat, contention")]
    [InlineData("There is no scenario 'foo'. Scenarios: chat, contention", "foo")]
    [InlineData("There is no option '--foo'.", "--foo")]
    [InlineData("'65' is not good for --nodes: expected a whole number from 1 to 64.", "uniform", "--nodes", "65")]
    [InlineData("'0' is not good for --nodes: expected a whole number from 1 to 64.", "uniform", "--nodes", "0")]
    [InlineData("'1.5' is not good for --copies: expected a whole number", "uniform", "--copies", "1.5")]
    [InlineData("'-1' is not good for --rate", "uniform", "--rate", "-1")]
    [InlineData("'8x' is not good for --shm: expected a size such as", "uniform", "--shm", "8x")]
    [InlineData("leave one of them out", "uniform", "--rate", "5", "--copies", "5")]
    [InlineData("--ramp is longer than --seconds", "uniform", "--seconds", "5", "--ramp", "6")]
    [InlineData("--writes is not for 'chat'", "chat", "--writes", "5")]
    [InlineData("room for four blocks", "uniform", "--block", "1MiB", "--shm", "2MiB")]
    [InlineData("'failure' kills a node", "failure", "--shm", "4MiB", "--block", "16KiB")]
    [InlineData("cascade.no.such", "uniform", "--set", "cascade.no.such=1")]
    public async Task Mistake_is_named_and_ends_with_2(string message, params string[] arguments)
    {
        var (code, output, error) = await RunAsync(arguments);
        Assert.Equal(ExitCode.Usage, code);
        Assert.Empty(output);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.All(error.TrimEnd('\n').Split('\n'), line => Assert.StartsWith("cascade load: ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Memory_that_is_not_there_ends_with_3()
    {
        var (code, _, error) = await RunAsync("uniform", "--shm", "500TiB");
        Assert.Equal(ExitCode.Unavailable, code);
        Assert.Contains("ask for less with --shm", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--list")]
    [InlineData("--help")]
    public async Task Scenarios_are_listed_by(string option)
    {
        var (code, output, error) = await RunAsync(option);
        Assert.Equal(ExitCode.Ok, code);
        Assert.Empty(error);
        Assert.All(ScenarioCatalog.All, kind => Assert.Contains($"{kind.Name,-12}{kind.Description}", output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Short_load_prints_one_document_and_writes_all_reports()
    {
        var folder = Directory.CreateTempSubdirectory("cascade-load-");
        try
        {
            var (code, output, error) = await RunAsync(
                "mixed", "--seconds", "0.3", "--warm-up", "0", "--rate", "100", "--ramp", "0.1", "--shm", "4MiB", "--block", "16KiB", "--json", "--report", folder.FullName);
            Assert.Equal((ExitCode.Ok, ""), (code, error));
            Assert.Single(output.TrimEnd('\n').Split('\n'));
            using var document = JsonDocument.Parse(output);
            Assert.Equal(0, document.RootElement.GetProperty("wrong_bytes").GetInt64());
            Assert.Equal(25, document.RootElement.GetProperty("steps").EnumerateArray().Last().GetProperty("count").GetInt32());
            Assert.Equal(output, await File.ReadAllTextAsync(Path.Combine(folder.FullName, "mixed.json")));
            Assert.Equal(["mixed.html", "mixed.json", "mixed.md"], folder.GetFiles().Select(file => file.Name).Order());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Interrupted_load_reports_and_ends_with_1()
    {
        using var interrupt = new CancellationTokenSource();
        using var output = new StringWriter();
        await using var error = new InterruptAt("load: 1 s: read", interrupt);
        var code = await new LoadCli(output, error).RunAsync(
            ["uniform", "--seconds", "600", "--warm-up", "0", "--copies", "1", "--shm", "4MiB", "--block", "16KiB"], interrupt.Token);
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("**not complete**", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("wrong bytes: **0**", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("4096", 4_096)]
    [InlineData("64KiB", 65_536)]
    [InlineData("1.5 GiB", 1_610_612_736)]
    [InlineData("2M", 2_097_152)]
    [InlineData("0.5K", 512)]
    [InlineData("-1", -1)]
    [InlineData("0.3", -1)]
    [InlineData("9999999999TiB", -1)]
    [InlineData("KiB", -1)]
    public void Size_is_read(string text, long bytes) => Assert.Equal(bytes, SizeText.TryParse(text, out var read) ? read : -1);

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await new LoadCli(output, error).RunAsync(arguments, CancellationToken.None);
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>Does what a person does who has seen enough.</summary>
    private sealed class InterruptAt(string word, CancellationTokenSource interrupt) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            if (value is not null && value.StartsWith(word, StringComparison.Ordinal))
                interrupt.Cancel();
        }
    }
}

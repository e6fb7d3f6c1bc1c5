namespace Cascade.EndToEnd;

/// <summary>What the program says of itself.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--help")]
    [InlineData("node", "--help")]
    [InlineData("replay", "--help")]
    [InlineData("inspect", "arena", "--help")]
    [InlineData("bench", "memory", "--help")]
    public async Task Help_goes_to_the_output_and_describes_in_one_line(params string[] line)
    {
        var (exitCode, output, error) = await CascadeProcess.RunAsync(line);
        Assert.Equal((0, ""), (exitCode, error));
        var text = output.Split('\n');
        Assert.Equal("Description:", text[0]);
        Assert.InRange(text[1].Length, 20, 130);
        Assert.Equal("", text[2]);
    }

    [Theory]
    [InlineData("1GiB")]
    [InlineData("2GiB", "--set", "cascade.tiers.shm.capacity=2GiB")]
    public async Task Capacity_that_a_benchmark_chooses_yields_to_the_command_line(string expected, params string[] more)
    {
        var (exitCode, output, _) = await CascadeProcess.RunAsync(["bench", "memory", "--print-config", .. more]);
        Assert.Equal(0, exitCode);
        Assert.Contains($"capacity = {expected} ", output, StringComparison.Ordinal);
    }
}

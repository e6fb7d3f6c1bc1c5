namespace Cascade.EndToEnd;

/// <summary>A tmpfs that is smaller than the arena: refused in words, with nothing left behind.</summary>
public sealed class SmallFileSystemTests
{
    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task Arena_larger_than_its_file_system_is_refused_with_the_numbers_and_leaves_no_file(string preFault)
    {
        Assert.SkipUnless(Environment.UserName == "root", "mounting a tmpfs needs root");
        using var small = new Tmpfs("size=16m");
        using var cluster = new TestCluster("small", "32MiB");
        var line = cluster.Line(
            "node", "--set", $"cascade.tiers.shm.directory={small.Path}", "--set", $"cascade.tiers.shm.pre-fault={preFault}");
        var (exitCode, output, error) = await CascadeProcess.RunAsync(line);
        Assert.Equal((3, ""), (exitCode, output));

        // 32 MiB of payload behind 2 MiB of header and table, and the whole of 16 MiB free.
        Assert.StartsWith(
            $"cascade: The arena needs 34 MiB (35651584 bytes), but {small.Path} has 16 MiB (16777216 bytes) free of 16 MiB. Make the arena smaller",
            error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(small.Path));

        // What fits is taken: the refusal was for the size alone.
        using var node = CascadeProcess.Start(" serves;", [.. line, "--set", "cascade.tiers.shm.capacity=8MiB"]);
        Assert.Equal(0, (await node.EndBySignalAsync("TERM")).ExitCode);
    }
}

using System.Text.RegularExpressions;

namespace Cascade.EndToEnd;

/// <summary>The sample programs do what they are shown for.</summary>
public sealed partial class SampleTests
{
    private const string EmbeddedHost = "Cascade.EmbeddedHost.dll";

    [Fact]
    public async Task Embedded_host_puts_protects_and_reads_from_the_cluster()
    {
        using var fleet = new TestFleet("sample");
        using var up = await fleet.UpAsync(3);
        var (exitCode, output, error) = await CascadeProcess.RunOtherAsync(EmbeddedHost, $"cascade.cluster.name={fleet.Name}");
        Assert.True(exitCode == 0, $"The sample ended with {exitCode}: {output}{error}");
        var lines = output.TrimEnd().Split('\n');
        Assert.Equal(["put block 0: Stored", "put block 1: Stored", "put block 2: Stored", "put block 3: Stored"], lines[..4]);
        Assert.Equal(["protect 4 of 4 blocks: Protected", "cached prefix: 4 of 4 blocks"], lines[4..6]);
        Assert.Equal(10, lines.Length);
        for (var block = 0; block < 4; block++)
            Assert.Matches(Served(), lines[6 + block]);
        Assert.Equal(0, (await up.EndBySignalAsync("TERM")).ExitCode);
        Assert.Empty(fleet.Arenas());
    }

    [Fact]
    public async Task Embedded_host_without_a_cluster_says_so()
    {
        using var fleet = new TestFleet("alone");
        var (exitCode, output, error) = await CascadeProcess.RunOtherAsync(EmbeddedHost, $"cascade.cluster.name={fleet.Name}");
        Assert.Equal((3, ""), (exitCode, output));
        Assert.Contains($"No node of cluster {fleet.Name} is known", error, StringComparison.Ordinal);
        Assert.Empty(fleet.Arenas());
    }

    [GeneratedRegex("^get block [0-3]: 65536 bytes, right, tier Remote, held by node[0-2] Shm$")]
    private static partial Regex Served();
}

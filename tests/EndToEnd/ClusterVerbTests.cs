using System.Globalization;
using System.Text.Json;

namespace Cascade.EndToEnd;

/// <summary>The verbs against a cluster of processes, each run as a process of its own.</summary>
public sealed class ClusterVerbTests
{
    private static readonly string[] Verbs = ["put", "get", "stat", "protect", "unprotect", "delete", "members", "drain"];

    public static TheoryData<string> AllVerbs => [.. Verbs];

    [Theory]
    [MemberData(nameof(AllVerbs))]
    public async Task Help_of_a_verb_has_examples_and_says_what_its_exit_codes_mean(string verb)
    {
        var (exitCode, output, error) = await CascadeProcess.RunAsync(verb, "--help");
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("Examples:", output, StringComparison.Ordinal);
        Assert.Contains("Exit code 3: no node of the cluster answers.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Block_that_a_process_put_is_read_by_others_protected_and_deleted()
    {
        using var fleet = new TestFleet("verbs");
        using var up = await fleet.UpAsync(3);
        using var source = new TemporaryFile("");
        using var copy = new TemporaryFile("");
        await File.WriteAllBytesAsync(source.Path, TestBlock.Bytes(1), TestContext.Current.CancellationToken);

        var put = await JsonAsync(fleet, 0, "put", "a key", source.Path);
        Assert.Equal(("stored", TestBlock.LengthBytes), (put.GetProperty("status").GetString(), put.GetProperty("bytes").GetInt32()));
        var get = await JsonAsync(fleet, 0, "get", "a key", copy.Path);
        Assert.Equal("remote", get.GetProperty("tier").GetString());
        Assert.Equal(put.GetProperty("block").GetString(), get.GetProperty("block").GetString());
        Assert.Equal(TestBlock.Bytes(1), await File.ReadAllBytesAsync(copy.Path, TestContext.Current.CancellationToken));
        Assert.Equal("already_present", (await JsonAsync(fleet, 0, "put", "another", source.Path)).GetProperty("status").GetString());

        var stat = await JsonAsync(fleet, 0, "stat", "a key");
        Assert.Equal(put.GetProperty("block").GetString(), stat.GetProperty("block").GetString());
        // A node that takes long to bring a block is not waited for, and may hold it all the same beside the next one.
        var holders = stat.GetProperty("copies").EnumerateArray().Select(static held => held.GetProperty("node").GetInt32()).ToArray();
        Assert.NotEmpty(holders);
        Assert.All(holders, static holder => Assert.InRange(holder, 0, 2));
        Assert.Distinct(holders);

        Assert.Equal(0, (await CascadeProcess.RunAsync(fleet.Line("protect", "a key"))).ExitCode);
        Assert.Equal(1, (await JsonAsync(fleet, 0, "stat", "a key")).GetProperty("registrations").GetInt32());
        Assert.Equal(0, (await CascadeProcess.RunAsync(fleet.Line("unprotect", "a key"))).ExitCode);
        Assert.Equal(0, (await CascadeProcess.RunAsync(fleet.Line("delete", "a key", "another"))).ExitCode);
        Assert.Equal(1, (await CascadeProcess.RunAsync(fleet.Line("get", "a key", copy.Path))).ExitCode);
        await EndAsync(fleet, up);
    }

    [Fact]
    public async Task Text_goes_from_the_standard_input_of_one_process_to_the_output_of_another()
    {
        using var fleet = new TestFleet("pipes");
        using var up = await fleet.UpAsync(2);
        Assert.Equal(0, (await CascadeProcess.RunWithInputAsync("through pipes\n"u8.ToArray(), fleet.Line("put", "text", "-", "--namespace", "notes"))).ExitCode);
        var (exitCode, output, error) = await CascadeProcess.RunAsync(fleet.Line("get", "text", "--namespace", "notes"));
        Assert.Equal((0, "through pipes\n"), (exitCode, output));
        Assert.StartsWith("get: 14 bytes, tier remote, ", error, StringComparison.Ordinal);
        await EndAsync(fleet, up);
    }

    [Fact]
    public async Task Stat_and_members_show_the_nodes_and_drain_ends_one()
    {
        using var fleet = new TestFleet("drain");
        using var up = await fleet.UpAsync(3);
        Assert.Equal("0 1 2", Numbers(await JsonAsync(fleet, 0, "members"), "members"));
        Assert.Equal("0 1 2", Numbers(await JsonAsync(fleet, 0, "stat"), "nodes"));
        var process = fleet.Nodes()[1];

        Assert.Equal(1, (await JsonAsync(fleet, 0, "drain", "1")).GetProperty("node").GetInt32());
        await up.WaitForAsync("[node 1] node: stopped\n");
        await up.WaitForAsync($"up: node 1 (process {process}) was drained");
        Assert.Equal([0, 2], fleet.Nodes().Keys);
        Assert.Equal("0 2", Numbers(await JsonAsync(fleet, 0, "members"), "members"));
        Assert.Equal("0 2", Numbers(await JsonAsync(fleet, 0, "stat"), "nodes"));
        await EndAsync(fleet, up);
    }

    [Fact]
    public async Task Node_that_hangs_is_shown_as_such()
    {
        using var fleet = new TestFleet("hangs");
        using var up = await fleet.UpAsync(2);
        var hanging = fleet.Nodes()[1];
        JsonElement[] nodes = [];
        var exitCode = 0;
        for (var attempt = 0; attempt < 10 && nodes.Length < 2; attempt++)
        {
            // On a busy machine the others may have given the node up before the verb asks: then it comes back first, and hangs anew.
            await Until.TrueAsync(
                async () => (await CascadeProcess.RunAsync(fleet.Line("stat", "--json"))).Output.Split("\"silence\":null").Length == 3, () => "Not both nodes answer.");
            TestFleet.Signal("STOP", [hanging]);
            try
            {
                (exitCode, var output, _) = await CascadeProcess.RunAsync(fleet.Line("stat", "--json"));
                using var document = JsonDocument.Parse(output);
                nodes = [.. document.RootElement.Clone().GetProperty("nodes").EnumerateArray()];
            }
            finally
            {
                TestFleet.Signal("CONT", [hanging]);
            }
        }

        Assert.Equal(1, exitCode);
        Assert.Equal([(0, 1, false), (1, 0, true)], nodes.Select(static node => (
            node.GetProperty("node").GetInt32(), node.GetProperty("tiers").GetArrayLength(), node.GetProperty("silence").ValueKind == JsonValueKind.String)));
        await up.EndBySignalAsync("TERM");
    }

    [Fact]
    public async Task Arena_of_a_client_that_was_killed_goes_with_the_next_client()
    {
        using var fleet = new TestFleet("left");
        using var up = await fleet.UpAsync(1);
        var path = $"/dev/shm/cascade-{fleet.Name}-{(1 << 16) + 1}";
        await File.WriteAllBytesAsync(path, new byte[4096], TestContext.Current.CancellationToken);
        Assert.Equal(0, (await CascadeProcess.RunAsync(fleet.Line("members"))).ExitCode);
        Assert.Equal([$"cascade-{fleet.Name}-0", $"cascade-{fleet.Name}-0.address"], fleet.Left());
        await EndAsync(fleet, up);
    }

    private static string Numbers(JsonElement document, string list) =>
        string.Join(' ', document.GetProperty(list).EnumerateArray().Select(static entry => entry.GetProperty("node").GetInt32()));

    /// <summary>Runs a verb and reads what it printed.</summary>
    private static async Task<JsonElement> JsonAsync(TestFleet fleet, int expectedExit, string verb, params string[] arguments)
    {
        var (exitCode, output, error) = await CascadeProcess.RunAsync(fleet.Line(verb, [.. arguments, "--json"]));
        Assert.True(exitCode == expectedExit, $"{verb} ended with {exitCode.ToString(CultureInfo.InvariantCulture)}: {error}");
        return JsonDocument.Parse(output).RootElement;
    }

    private static async Task EndAsync(TestFleet fleet, CascadeProcess up)
    {
        await up.EndBySignalAsync("TERM");
        Assert.Empty(fleet.Nodes());
        Assert.Empty(fleet.Arenas());
    }
}

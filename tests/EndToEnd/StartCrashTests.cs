using Cascade.Hosting;
using Cascade.Hosting.Tests.Embedding;

namespace Cascade.EndToEnd;

/// <summary>A node that dies while it sets its memory aside leaves nothing that stands in the way of the next one.</summary>
public sealed class StartCrashTests
{
    /// <summary>Faulting a gigabyte in takes some hundred milliseconds; a kill takes a few.</summary>
    private const string LargeCapacity = "1GiB";

    [Fact]
    public async Task Node_killed_while_it_creates_its_arena_does_not_hinder_the_next_start()
    {
        using var cluster = new TestCluster("creating", LargeCapacity);
        await KillAtCreationAsync(cluster);
        await AssertToldAsUnfinishedAsync(cluster);

        // The next start need not even ask for the same arena: the unfinished one holds nothing.
        await using var node = await TestNode.AttachAsync(cluster.Name);
        Assert.True(node.Attach.Created);
        Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(TestBlock.Key(1), TestBlock.Bytes(1))).Status);
    }

    [Fact]
    public async Task Empty_file_in_the_arenas_place_is_made_an_arena()
    {
        // What a crash leaves between making the file and writing its header.
        using var cluster = new TestCluster("empty");
        await File.WriteAllBytesAsync(cluster.ArenaPath, []);
        await AssertToldAsUnfinishedAsync(cluster);
        await using var node = await TestNode.AttachAsync(cluster.Name);
        Assert.True(node.Attach.Created);
    }

    private static async Task AssertToldAsUnfinishedAsync(TestCluster cluster)
    {
        var (exitCode, output, error) = await CascadeProcess.RunAsync("inspect", "arena", cluster.ArenaPath);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Equal("not sound: its creation was not finished; it holds nothing, and the next start makes it anew\n", error);
    }

    private static async Task KillAtCreationAsync(TestCluster cluster)
    {
        var appeared = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(cluster.ArenaPath)!, Path.GetFileName(cluster.ArenaPath));

        // The first changes of an arena that is being made are its permissions and its header; its memory comes last.
        watcher.Changed += (_, _) => appeared.TrySetResult();
        watcher.EnableRaisingEvents = true;
        using var process = cluster.StartNode();
        await appeared.Task.WaitAsync(TimeSpan.FromMinutes(1));
        await process.KillAsync();
    }
}

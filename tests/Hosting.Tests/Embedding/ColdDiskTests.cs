using Cascade.Hosting.Node;
using Cascade.Tiers.Tests.Cold;
using static Cascade.Hosting.Tests.Embedding.ColdCalls;

namespace Cascade.Hosting.Tests.Embedding;

/// <summary>A node whose disk is really full, or really may not be written to. Needs root, to mount one.</summary>
public sealed class ColdDiskTests
{
    private const long DiskBytes = 24 << 20;

    /// <summary>More blocks than memory holds.</summary>
    private const int Many = 200;

    [Fact]
    public async Task Full_disk_is_told_at_once_and_the_node_goes_on_until_there_is_room()
    {
        using var disk = MountedFileSystem.SmallExt4(DiskBytes);
        var filler = await FillAsync(disk, leaveBytes: 1 << 20);
        await using (var node = await StartAsync(disk))
        {
            var watch = TimeProvider.System.GetTimestamp();
            var refused = await node.Cache.PutAsync(Blocks.Key(0), Blocks.Bytes(0), Durable);
            Assert.True(refused.Reason?.Contains("disk", StringComparison.Ordinal) == true, $"{refused.Status} {refused.Reason}");
            Assert.InRange(TimeProvider.System.GetElapsedTime(watch), TimeSpan.Zero, Durable.Deadline!.Value / 2);

            // Memory goes on by itself: what it gives up now is gone, for there is nowhere to put it.
            await PutAsync(node.Cache, 10_000, Many);
            await ReadAsync(node.Cache, 10_000 + Many - 1, 1);

            File.Delete(filler);
            await UntilStoredAsync(node.Cache, 1);
        }

        await using var next = await StartAsync(disk);
        await ReadAsync(next.Cache, 1, 1);
    }

    [Fact]
    public async Task Disk_that_fills_up_holds_the_latest_blocks()
    {
        using var disk = MountedFileSystem.SmallExt4(DiskBytes);
        await FillAsync(disk, DiskBytes / 2);
        var durable = new List<int>();
        await using (var node = await StartAsync(disk))
        {
            for (var n = 0; n < 2 * DiskBytes / Blocks.Bytes(0).Length; n++)
            {
                var put = await node.Cache.PutAsync(Blocks.Key(n), Blocks.Bytes(n), Durable);
                Assert.True(put.IsReadable || put.Reason!.Contains("disk", StringComparison.Ordinal), $"{n}: {put.Status} {put.Reason}");
                if (put.IsReadable)
                    durable.Add(n);
            }
        }

        await using var next = await StartAsync(disk);
        foreach (var n in durable[^8..])
            await ReadAsync(next.Cache, n, 1);
    }

    [Fact]
    public async Task Disk_that_may_not_be_written_to_any_more_is_still_read_and_written_to_when_it_may_be_again()
    {
        using var disk = MountedFileSystem.SmallExt4(DiskBytes);
        await using var node = await StartAsync(disk);
        Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(Blocks.Key(0), Blocks.Bytes(0), Durable)).Status);
        disk.CoverReadOnly();

        // The file that is open stays so; the next one cannot be made.
        var n = 1;
        PutResult refused;
        while ((refused = await node.Cache.PutAsync(Blocks.Key(n), Blocks.Bytes(n), Durable)).IsReadable)
            Assert.True(++n < DiskBytes / Blocks.Bytes(0).Length);
        Assert.True(refused.Reason?.Contains("disk", StringComparison.Ordinal) == true, $"{refused.Status} {refused.Reason}");
        await PutAsync(node.Cache, 10_000, Many);
        await ReadAsync(node.Cache, 0, n);

        disk.Uncover();
        await UntilStoredAsync(node.Cache, n);
        await ReadAsync(node.Cache, 0, n + 1);
    }

    private static Task<CascadeNode> StartAsync(MountedFileSystem disk) => TestNode.StartAsync(
        $"cascade.tiers.cold.directory={disk.Path}", "cascade.tiers.cold.capacity=64MiB", "cascade.tiers.cold.file-size=2MiB",
        "cascade.tiers.shm.capacity=4MiB");

    private static async Task<string> FillAsync(MountedFileSystem disk, long leaveBytes)
    {
        var path = Path.Combine(disk.Path, "filler");
        await File.WriteAllBytesAsync(path, new byte[new DriveInfo(disk.Path).AvailableFreeSpace - leaveBytes]);
        return path;
    }

    /// <summary>The tier looks for room again by itself, about once a second.</summary>
    private static async Task UntilStoredAsync(ICascade cache, int n)
    {
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var refused = "";
        for (var tries = 0; tries < 400; tries++)
        {
            var put = await cache.PutAsync(Blocks.Key(n), Blocks.Bytes(n), Durable);
            if (put.IsReadable)
                return;
            refused = put.Reason ?? "";
            await poll.WaitForNextTickAsync();
        }

        Assert.Fail($"With room on the disk a put is still refused: {refused}");
    }
}

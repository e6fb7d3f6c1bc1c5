using Cascade.Tiers.Cold;

namespace Cascade.Tiers.Tests.Cold;

public sealed class RawDiskYardstickTests : IDisposable
{
    private readonly string _folder = TemporaryFolder.Create();

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Disk_is_measured_past_the_page_cache_and_left_as_it_was(int inFlight)
    {
        using (var yardstick = new RawDiskYardstick(_folder, "/dev/shm", 16 << 20, 1 << 20, inFlight, TimeProvider.System))
        {
            Assert.InRange(yardstick.Write(), 1, double.MaxValue);
            Assert.Equal(16 << 20, new FileInfo(Directory.GetFiles(_folder).Single()).Length);
            Assert.InRange(yardstick.Read(), 1, double.MaxValue);
            Assert.Equal((true, 0L), (yardstick.IsDirect, yardstick.CachedBytes));
        }

        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Disk_without_room_is_an_error_and_left_as_it_was()
    {
        using var mounted = MountedFileSystem.SmallExt4(4 << 20);
        using (var yardstick = new RawDiskYardstick(mounted.Path, "/dev/shm", 16 << 20, 1 << 20, 4, TimeProvider.System))
        {
            var failure = Assert.Throws<IOException>(() => yardstick.Write());
            Assert.Contains("No space left on device", failure.Message, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetFiles(mounted.Path));
    }

    [Theory]
    [InlineData(4096, 4095, 1)]
    [InlineData(4096, 8192, 1)]
    [InlineData(4096, 4096, 0)]
    public void Measure_that_does_not_come_out_even_is_refused(long total, int block, int inFlight) => Assert.ThrowsAny<ArgumentException>(
        () => new RawDiskYardstick(_folder, "/dev/shm", total, block, inFlight, TimeProvider.System));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

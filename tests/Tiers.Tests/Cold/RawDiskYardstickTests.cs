using Cascade.Tiers.Cold;

namespace Cascade.Tiers.Tests.Cold;

public sealed class RawDiskYardstickTests : IDisposable
{
    private readonly string _folder = TemporaryFolder.Create();

    [Theory]
    [InlineData(1, false)]
    [InlineData(4, true)]
    public void Disk_is_measured_past_the_page_cache_and_left_as_it_was(int inFlight, bool preallocate)
    {
        var speed = RawDiskYardstick.Measure(_folder, 16 << 20, 1 << 20, inFlight, preallocate, TimeProvider.System);
        Assert.Equal((16 << 20, true, 0), (speed.TotalBytes, speed.Direct, speed.CachedBytes));
        Assert.InRange(speed.WriteBytesPerSecond, 1, double.MaxValue);
        Assert.InRange(speed.ReadBytesPerSecond, 1, double.MaxValue);
        Assert.Equal(speed.TotalBytes / speed.Writing.TotalSeconds, speed.WriteBytesPerSecond);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Disk_without_room_is_an_error_and_left_as_it_was()
    {
        using var mounted = MountedFileSystem.SmallExt4(4 << 20);
        var failure = Assert.Throws<IOException>(
            () => RawDiskYardstick.Measure(mounted.Path, 16 << 20, 1 << 20, 4, preallocate: false, TimeProvider.System));
        Assert.Contains("No space left on device", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(mounted.Path));
    }

    [Theory]
    [InlineData(4096, 4095, 1)]
    [InlineData(4096, 8192, 1)]
    [InlineData(4096, 4096, 0)]
    public void Measure_that_does_not_come_out_even_is_refused(long total, int block, int inFlight) => Assert.ThrowsAny<ArgumentException>(
        () => RawDiskYardstick.Measure(_folder, total, block, inFlight, preallocate: false, TimeProvider.System));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

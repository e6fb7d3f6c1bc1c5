using Cascade.Tiers.Cold;

namespace Cascade.Tiers.Tests.Cold;

public sealed class FilePerBlockYardstickTests : IDisposable
{
    private readonly string _folder = TemporaryFolder.Create();

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Every_file_is_written_whole_past_the_page_cache(int threads)
    {
        var folder = Path.Combine(_folder, "files");
        Assert.InRange(FilePerBlockYardstick.Measure(folder, 32, 8192, threads, TimeProvider.System), 1, double.MaxValue);
        Assert.Equal(32, Directory.GetFiles(folder).Length);
        Assert.All(Directory.GetFiles(folder), path => Assert.Equal((8192, 0), (new FileInfo(path).Length, PageCacheResidency.BytesOf(path))));
    }

    [Fact]
    public void Disk_without_room_is_an_error()
    {
        using var mounted = MountedFileSystem.SmallExt4(4 << 20);
        var failure = Assert.Throws<IOException>(() => FilePerBlockYardstick.Measure(mounted.Path, 64, 1 << 20, 4, TimeProvider.System));
        Assert.Contains("No space left on device", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 4096, 1)]
    [InlineData(1, 4095, 1)]
    [InlineData(1, 4096, 0)]
    public void Measure_that_cannot_be_taken_is_refused(int files, int block, int threads) => Assert.ThrowsAny<ArgumentException>(
        () => FilePerBlockYardstick.Measure(_folder, files, block, threads, TimeProvider.System));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

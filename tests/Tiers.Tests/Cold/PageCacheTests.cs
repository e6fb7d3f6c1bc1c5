using Cascade.Core.Cold;
using Cascade.Core.Log;
using Cascade.Tiers.Cold;

namespace Cascade.Tiers.Tests.Cold;

public sealed class PageCacheTests(ITestOutputHelper output)
{
    private const int BlockBytes = (4 << 20) - 4096 - 1;
    private const int RecordsPerFile = 64;

    [Fact]
    public void Page_cache_stays_flat_while_512_MiB_are_written_and_read_back()
    {
        using var box = new ColdSandbox();
        var header = box.Block(1, BlockBytes, 1, 0);
        for (var file = 1u; file <= 2; file++)
        {
            box.CreateFile(file);
            LogRecordHeader[] headers = [.. Enumerable.Range(0, RecordsPerFile).Select(i => header with { Place = LogPosition.At(file, i * header.RecordBytes) })];
            foreach (var written in headers)
                box.Require(n => new WriteRecord(n, written, new PayloadMemory(0, BlockBytes), default));
            box.Require(n => new Flush(n, file));
            Assert.All(headers, h => Assert.Equal(DeviceStatus.Ok, box.Get(h, 4 << 20)));
            Assert.Equal(headers, box.Headers(file).Headers);
            var cached = PageCacheResidency.BytesOf(box.PathOf(file));
            output.WriteLine($"file {file}: {new FileInfo(box.PathOf(file)).Length} bytes, {cached} of them in the page cache");
            Assert.Equal(256 << 20, new FileInfo(box.PathOf(file)).Length);
            Assert.Equal(0, cached);
        }
    }
}

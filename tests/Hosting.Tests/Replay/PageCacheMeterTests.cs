using Cascade.Hosting.Replay;

namespace Cascade.Hosting.Tests.Replay;

public sealed class PageCacheMeterTests
{
    private const string MemInfo = """
        MemTotal:       24627964 kB
        MemFree:        22004092 kB
        Buffers:           12000 kB
        Cached:           500000 kB
        SwapCached:          777 kB
        Active(file):      88888 kB
        Shmem:            300000 kB
        ShmemHugePages:     4096 kB
        HugePages_Total:       0
        """;

    [Fact]
    public void Cached_and_buffers_without_shared_memory_are_the_page_cache() =>
        Assert.Equal((500_000L + 12_000 - 300_000) * 1024, PageCacheMeter.ParseBytes(MemInfo));

    [Theory]
    [InlineData("Cached:  ")]
    [InlineData("Buffers:  ")]
    [InlineData("Shmem:  ")]
    public void A_line_that_is_absent_makes_it_unknown(string label) =>
        Assert.Null(PageCacheMeter.ParseBytes(MemInfo.Replace(label, "Other:", StringComparison.Ordinal)));

    [Fact]
    public void Another_unit_makes_it_unknown() =>
        Assert.Null(PageCacheMeter.ParseBytes(MemInfo.Replace("500000 kB", "500000 MB", StringComparison.Ordinal)));

    [Fact]
    public void Text_of_another_kind_makes_it_unknown() => Assert.Null(PageCacheMeter.ParseBytes("no such thing"));
}

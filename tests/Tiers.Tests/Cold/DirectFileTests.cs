using Cascade.Tiers.Cold;
using Cascade.Tiers.Native;
using Cascade.Tiers.Tests.Shm;

namespace Cascade.Tiers.Tests.Cold;

public sealed class DirectFileTests : IDisposable
{
    private const int Length = 4 << 20;

    private readonly string _folder = TemporaryFolder.Create();
    private readonly AlignedMemory _memory = new(2 * Length);
    private int _refusals;

    [Fact]
    public void Transfers_go_past_the_page_cache()
    {
        using var file = Open(_folder);
        Assert.True(file.IsDirect);
        AssertRoundTrip(file);
        Assert.Equal(0, PageCacheResidency.BytesOf(file.Path));
        Assert.Equal(0, _refusals);
    }

    [Fact]
    public void Residency_tells_what_the_page_cache_holds()
    {
        using var file = Open(_folder);
        AssertRoundTrip(file);
        _ = File.ReadAllBytes(file.Path);
        Assert.Equal(Length, PageCacheResidency.BytesOf(file.Path));
    }

    [Fact]
    public void File_that_fell_back_leaves_nothing_in_the_page_cache()
    {
        using var file = Open(_folder);
        file.FallBack();
        file.FallBack();
        Assert.False(file.IsDirect);
        AssertRoundTrip(file);
        Assert.Equal(0, PageCacheResidency.BytesOf(file.Path));
        Assert.Equal(1, _refusals);
    }

    /// <summary>Without the flag on the open file the kernel takes transfers of any length: the fall-back has cleared it.</summary>
    [Fact]
    public void File_that_fell_back_is_buffered_in_the_kernel_too()
    {
        using var file = Open(_folder);
        Assert.NotEqual(0, FlagsOf(file.Path) & Libc.O_DIRECT);
        file.FallBack();
        Assert.Equal(0, FlagsOf(file.Path) & Libc.O_DIRECT);
    }

    [Fact]
    public void File_system_that_refuses_direct_transfers_is_used_through_the_page_cache()
    {
        using var mounted = MountedFileSystem.Of("ramfs", "mode=700");
        using (var file = Open(mounted.Path))
        {
            Assert.False(file.IsDirect);
            AssertRoundTrip(file);
        }

        Assert.Equal(1, _refusals);
    }

    [Fact]
    public void Read_ends_with_the_file()
    {
        using var file = Open(_folder);
        AssertRoundTrip(file);
        Assert.Equal(0, file.SetLength(Length - 100));
        Assert.Equal(new TransferResult(0, Length - 100), file.Read([Piece(0, Length), Piece(Length, 4096)], 0));
        Assert.Equal(new TransferResult(0, 4096 - 100), file.Read([Piece(0, 8192)], Length - 4096));
        Assert.Equal(new TransferResult(0, 0), file.Read([Piece(0, 8192)], Length));
        Assert.Equal(new TransferResult(0, 0), file.Read([Piece(0, 8192)], 1L << 40));
    }

    [Fact]
    public void File_is_made_only_where_none_is_and_links_are_not_followed()
    {
        using var file = Open(_folder);
        Assert.Equal(Errno.EEXIST, DirectFile.Open(file.Path, DirectFileAccess.Create, null, out _));
        Assert.Equal(Errno.ENOENT, DirectFile.Open(file.Path + "x", DirectFileAccess.ReadWrite, null, out _));
        File.CreateSymbolicLink(file.Path + "link", file.Path);
        Assert.Equal(Errno.ELOOP, DirectFile.Open(file.Path + "link", DirectFileAccess.Read, null, out _));
    }

    [Fact]
    public void File_open_for_reading_is_not_written_to()
    {
        Open(_folder).Dispose();
        Assert.Equal(0, DirectFile.Open(Path.Combine(_folder, "file"), DirectFileAccess.Read, null, out var file));
        using (file)
            Assert.Equal(new TransferResult(9, 0), file!.Write([Piece(0, 4096)], 0));
    }

    [Fact]
    public void Transfer_of_other_than_whole_pages_is_refused()
    {
        using var file = Open(_folder);
        Assert.Throws<ArgumentException>(() => file.Write([Piece(0, 4096)], 512));
        Assert.Throws<ArgumentException>(() => file.Write([Piece(512, 4096)], 0));
        Assert.Throws<ArgumentException>(() => file.Read([Piece(0, 4095)], 0));
        Assert.Throws<ArgumentException>(() => file.Read([], 0));
        Assert.Throws<ArgumentException>(() => file.Read([.. Enumerable.Repeat(Piece(0, 4096), DirectFile.MaxPieces + 1)], 0));
    }

    public void Dispose()
    {
        _memory.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private DirectFile Open(string folder)
    {
        Assert.Equal(0, DirectFile.Open(Path.Combine(folder, "file"), DirectFileAccess.Create, _ => _refusals++, out var file));
        return file!;
    }

    private void AssertRoundTrip(DirectFile file)
    {
        var bytes = ArenaSandbox.Bytes(5, Length);
        bytes.CopyTo(_memory.Span(0, Length));
        Assert.Equal(new TransferResult(0, Length), file.Write([Piece(0, 4096), Piece(4096, 1 << 20), Piece((1 << 20) + 4096, Length - (1 << 20) - 4096)], 0));
        Assert.Equal(0, file.Flush());
        _memory.Span(0, Length).Clear();
        Assert.Equal(new TransferResult(0, Length), file.Read([Piece(0, Length - 4096), Piece(Length - 4096, 4096)], 0));
        Assert.True(_memory.Span(0, Length).SequenceEqual(bytes));
    }

    private Libc.Iovec Piece(long at, long length) => new() { iov_base = _memory.Address + (nint)at, iov_len = (nuint)length };

    private static int FlagsOf(string path)
    {
        var descriptor = Directory.GetFiles("/proc/self/fd").First(fd => File.ResolveLinkTarget(fd, false)?.FullName == path);
        var line = File.ReadLines($"/proc/self/fdinfo/{Path.GetFileName(descriptor)}").First(l => l.StartsWith("flags:", StringComparison.Ordinal));
        return Convert.ToInt32(line[6..].Trim(), 8);
    }
}

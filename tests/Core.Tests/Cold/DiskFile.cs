using Cascade.Core.Identity;
using Cascade.Core.Log;

namespace Cascade.Core.Tests.Cold;

/// <summary>What one 4 KiB page of the stand-in's disk holds: a header, or a page of the payload of a block, or nothing of sense.</summary>
internal readonly record struct DiskPage(LogRecordHeader? Header, BlockId Payload, int Index, bool IsDamaged)
{
    public static readonly DiskPage Damaged = new(null, default, 0, true);

    public bool IsZero => this == default;
}

/// <summary>A write of one page that no flush has covered: what it wrote, and what a crash may bring back.</summary>
internal sealed class UnsyncedPage(long page, DiskPage before, long write)
{
    public long Page { get; } = page;

    public DiskPage Before { get; } = before;

    public long Write { get; } = write;
}

/// <summary>A file of the stand-in's disk, in pages.</summary>
internal sealed class DiskFile
{
    private readonly List<DiskPage> _pages = [];

    public List<UnsyncedPage> Unsynced { get; } = [];

    /// <summary>A flush has covered the file's name: a crash does not take the file away.</summary>
    public bool IsNamed { get; set; }

    public long LengthBytes => (long)_pages.Count * LogRecordHeader.SizeBytes;

    public int Pages => _pages.Count;

    public DiskPage this[long page]
    {
        get => page < _pages.Count ? _pages[(int)page] : default;
        set
        {
            while (_pages.Count <= page)
                _pages.Add(default);
            _pages[(int)page] = value;
        }
    }

    public void Write(long page, DiskPage content, long write)
    {
        Unsynced.Add(new UnsyncedPage(page, this[page], write));
        this[page] = content;
    }

    public void Truncate(long pages)
    {
        if (pages < _pages.Count)
            _pages.RemoveRange((int)pages, _pages.Count - (int)pages);
        Unsynced.RemoveAll(u => u.Page >= pages);
    }

    /// <summary>Each page that was not flushed stays, is lost or is torn. False when the file goes, since its name was not flushed either.</summary>
    public bool Crash(Random random)
    {
        var mode = random.Next(3);
        foreach (var unsynced in Unsynced)
        {
            var fate = mode == 0 ? 0 : mode == 1 ? 1 : random.Next(3);
            if (unsynced.Page < _pages.Count && fate > 0)
                this[unsynced.Page] = fate == 1 ? unsynced.Before : DiskPage.Damaged;
        }

        Unsynced.Clear();
        while (_pages.Count > 0 && _pages[^1].IsZero && random.Next(4) != 0)
            _pages.RemoveAt(_pages.Count - 1);
        IsNamed |= random.Next(2) == 0;
        return IsNamed;
    }
}

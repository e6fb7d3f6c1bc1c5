using Cascade.Actors.Simulation;

namespace Cascade.Simulation.World;

/// <summary>What a machine's cold tier wrote, in pages of 4 KiB; it outlives the node, and loses what was not flushed when the machine stops.</summary>
internal sealed class SimDisk
{
    public const int Page = 4096;

    public SortedDictionary<uint, SimFile> Files { get; } = [];

    public byte[]?[] Checkpoints { get; } = new byte[2][];

    /// <summary>There is no room left.</summary>
    public bool IsFull { get; set; }

    /// <summary>Nothing can be read or written.</summary>
    public bool IsBroken { get; set; }

    /// <summary>The machine stops: each page that was not flushed stays, is lost or is torn; a file whose name was not flushed may go.</summary>
    public void LosePower(SplitMix64 random)
    {
        foreach (var (number, file) in Files.ToArray())
        {
            if (!file.LosePower(random))
                Files.Remove(number);
        }
    }
}

/// <summary>A file of a machine's disk.</summary>
internal sealed class SimFile
{
    private readonly List<byte[]?> _pages = [];
    private readonly List<(long Page, byte[]? Before, long Write)> _unsynced = [];
    private bool _isNamed;

    public long LengthBytes => (long)_pages.Count * SimDisk.Page;

    public int Pages => _pages.Count;

    /// <summary>A page; null for one of zeros.</summary>
    public byte[]? this[long page] => page < _pages.Count ? _pages[(int)page] : null;

    public void Write(long page, byte[] content, long write)
    {
        _unsynced.Add((page, this[page], write));
        Set(page, content);
    }

    /// <summary>Makes safe what these writes wrote.</summary>
    public void Flush(IReadOnlySet<long> writes)
    {
        _unsynced.RemoveAll(unsynced => writes.Contains(unsynced.Write));
        _isNamed = true;
    }

    public void Truncate(long pages)
    {
        if (pages < _pages.Count)
            _pages.RemoveRange((int)pages, _pages.Count - (int)pages);
        _unsynced.RemoveAll(unsynced => unsynced.Page >= pages);
    }

    /// <summary>False when the file goes.</summary>
    public bool LosePower(SplitMix64 random)
    {
        foreach (var (page, before, _) in _unsynced)
        {
            var fate = random.Next(3);
            if (fate == 0 || page >= _pages.Count)
                continue;
            var torn = fate == 1 ? before : (byte[])_pages[(int)page]!.Clone();
            if (fate == 2)
                torn.AsSpan(SimDisk.Page / 2).Clear();
            Set(page, torn);
        }

        _unsynced.Clear();
        _isNamed |= random.Next(2) == 0;
        return _isNamed;
    }

    private void Set(long page, byte[]? content)
    {
        while (_pages.Count <= page)
            _pages.Add(null);
        _pages[(int)page] = content;
    }
}

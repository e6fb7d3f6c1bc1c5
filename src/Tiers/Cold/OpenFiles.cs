using Cascade.Tiers.Native;

namespace Cascade.Tiers.Cold;

/// <summary>The aggregated files of one rank that are open. Thread-safe; a file is closed only while nobody uses it.</summary>
internal sealed class OpenFiles(ColdDirectory directory, int idleMax, Action<DirectFile> onRefusal) : IDisposable
{
    private readonly Dictionary<uint, Entry> _entries = [];
    private readonly HashSet<uint> _unnamed = [];
    private readonly Lock _gate = new();
    private long _uses;

    /// <summary>Uses a file, which is opened if need be. Gives 0 or an errno; after 0 it is to be returned.</summary>
    public int Borrow(uint number, out DirectFile file)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(number, out var entry))
            {
                entry.Users++;
                file = entry.File;
                return 0;
            }
        }

        // A disk that failed is often made read-only: what it holds is still served.
        var path = directory.PathOf(number);
        var error = DirectFile.Open(path, DirectFileAccess.ReadWrite, onRefusal, out var opened);
        if (error is Errno.EROFS or Errno.EACCES)
            error = DirectFile.Open(path, DirectFileAccess.Read, onRefusal, out opened);
        file = opened!;
        if (error == 0)
            file = Enter(number, opened!);
        return error;
    }

    /// <summary>Ends a use that <see cref="Borrow"/> began.</summary>
    public void Return(uint number)
    {
        lock (_gate)
        {
            var entry = _entries[number];
            entry.Users--;
            entry.LastUse = ++_uses;
            while (_entries.Count > idleMax && TryCloseIdlest())
            {
            }
        }
    }

    /// <summary>Makes a file, which stays open. Gives 0 or an errno.</summary>
    public int Create(uint number, out DirectFile file)
    {
        var error = DirectFile.Open(directory.PathOf(number), DirectFileAccess.Create, onRefusal, out var created);
        file = created!;
        if (error != 0)
            return error;
        file = Enter(number, created!);
        lock (_gate)
            _unnamed.Add(number);
        return 0;
    }

    /// <summary>Sees to it that the name of a file that was made here is on the disk. Gives 0 or an errno.</summary>
    public int FlushName(uint number)
    {
        lock (_gate)
        {
            if (!_unnamed.Contains(number))
                return 0;
        }

        var error = directory.Flush();
        lock (_gate)
        {
            if (error == 0)
                _unnamed.Remove(number);
        }

        return error;
    }

    /// <summary>Closes a file that nobody uses.</summary>
    public void Forget(uint number)
    {
        lock (_gate)
        {
            if (_entries.Remove(number, out var entry))
                entry.File.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var entry in _entries.Values)
                entry.File.Dispose();
            _entries.Clear();
        }
    }

    /// <summary>Of two threads that opened one file at the same time, the second closes its own.</summary>
    private DirectFile Enter(uint number, DirectFile opened)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(number, out var entry))
                opened.Dispose();
            else
                _entries.Add(number, entry = new Entry(opened));
            entry.Users++;
            return entry.File;
        }
    }

    private bool TryCloseIdlest()
    {
        var (idlest, lastUse) = (0u, long.MaxValue);
        foreach (var (number, entry) in _entries)
        {
            if (entry.Users == 0 && entry.LastUse < lastUse)
                (idlest, lastUse) = (number, entry.LastUse);
        }

        if (lastUse == long.MaxValue)
            return false;
        Forget(idlest);
        return true;
    }

    private sealed class Entry(DirectFile file)
    {
        public DirectFile File { get; } = file;

        public int Users { get; set; }

        public long LastUse { get; set; }
    }
}

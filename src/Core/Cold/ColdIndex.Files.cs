namespace Cascade.Core.Cold;

/// <content>The files, and what they add up to: kept as running sums, since every step asks for them.</content>
internal sealed partial class ColdIndex
{
    private readonly SortedList<uint, LogFile> _doomed = [];

    /// <summary>All files that exist or may exist, by number.</summary>
    public SortedList<uint, LogFile> Files { get; } = [];

    /// <summary>What all files count against the capacity.</summary>
    public long ChargedBytes { get; private set; }

    /// <summary>Bytes of records that still hold, in all files.</summary>
    public long LiveBytes { get; private set; }

    /// <summary>The oldest file of which nothing is needed any more and that is not deleted yet; null when there is none.</summary>
    public LogFile? OldestDoomed => _doomed.Count > 0 ? _doomed.Values[0] : null;

    public void Add(LogFile file)
    {
        Files.Add(file.Number, file);
        ChargedBytes += file.ChargedBytes;
        if (file.IsDoomed)
            _doomed.Add(file.Number, file);
    }

    public void Remove(LogFile file)
    {
        Files.Remove(file.Number);
        _doomed.Remove(file.Number);
        ChargedBytes -= file.ChargedBytes;
        LiveBytes -= file.LiveBytes;
    }

    /// <summary>The file takes another length from now on.</summary>
    public void Charge(LogFile file, long bytes)
    {
        ChargedBytes += bytes - file.ChargedBytes;
        file.ChargedBytes = bytes;
    }

    /// <summary>What the file still held was dropped, or, after all, holds again.</summary>
    public void Doom(LogFile file, bool isDoomed = true)
    {
        file.IsDoomed = isDoomed;
        if (isDoomed)
            _doomed[file.Number] = file;
        else
            _doomed.Remove(file.Number);
    }

    private void Recount(LogEntry entry)
    {
        if (!Files.TryGetValue(entry.Place.File, out var file))
            return;
        var change = entry.LiveBytes - entry.CountedBytes;
        file.LiveBytes += change;
        LiveBytes += change;
        entry.CountedBytes += change;
    }

    /// <summary>The record is about to lie elsewhere.</summary>
    private void Uncount(LogEntry entry)
    {
        if (Files.TryGetValue(entry.Place.File, out var file))
        {
            file.LiveBytes -= entry.CountedBytes;
            LiveBytes -= entry.CountedBytes;
        }

        entry.CountedBytes = 0;
    }
}

using Cascade.Core.Identity;
using Cascade.Core.Log;

namespace Cascade.Hosting.Cli.Inspection;

/// <summary>
/// Which records of one rank's log hold: of two about one block or one key that with the later origin, and of two copies of one record
/// the later one.
/// </summary>
/// <param name="recordsMax">
/// So many records are taken in, each for up to 300 bytes of memory. Past them nothing is known any more.
/// </param>
internal sealed class LiveRecords(int recordsMax)
{
    private readonly Dictionary<BlockId, Word> _blocks = [];
    private readonly Dictionary<KeyDigest, Word> _keys = [];
    private int _records;

    /// <summary>False when there were too many records: what holds is not known then.</summary>
    public bool IsComplete => _records <= recordsMax;

    /// <summary>Blocks that hold.</summary>
    public long Blocks => _blocks.Values.LongCount(word => word.Kind == LogRecordKind.Block);

    /// <summary>Keys that name a block.</summary>
    public long Keys => _keys.Values.LongCount(word => word.Kind != LogRecordKind.Tombstone);

    /// <summary>Takes a record in.</summary>
    public void Add(in LogRecordHeader header)
    {
        if (!IsComplete)
            return;
        if (_records++ == recordsMax)
        {
            _blocks.Clear();
            _keys.Clear();
            return;
        }

        var word = new Word(header.Origin, header.Place, header.RecordBytes, header.Kind);
        var hasKey = !header.Binding.Key.IsZero;
        if (header.Kind == LogRecordKind.Block || !hasKey)
            Take(_blocks, header.Id, word);
        if (hasKey)
            Take(_keys, header.Binding.Key, word);
    }

    /// <summary>Bytes that have to be kept, by the number of the file.</summary>
    public Dictionary<uint, long> LiveBytesByFile()
    {
        var bytes = new Dictionary<uint, long>();
        var counted = new HashSet<LogPosition>();
        foreach (var word in _blocks.Values)
        {
            counted.Add(word.Place);
            Count(word.Place, word.RecordBytes);
        }

        // Of a block that was dropped or lies elsewhere the header alone is needed, for its key.
        foreach (var word in _keys.Values)
        {
            if (!counted.Contains(word.Place))
                Count(word.Place, LogRecordHeader.SizeBytes);
        }

        return bytes;

        void Count(LogPosition place, long more) => bytes[place.File] = bytes.GetValueOrDefault(place.File) + more;
    }

    private static void Take<T>(Dictionary<T, Word> words, T about, in Word word)
        where T : notnull
    {
        if (!words.TryGetValue(about, out var known) || (word.Origin, word.Place).CompareTo((known.Origin, known.Place)) > 0)
            words[about] = word;
    }

    private readonly record struct Word(LogPosition Origin, LogPosition Place, long RecordBytes, LogRecordKind Kind);
}

using Cascade.Core.Log;

namespace Cascade.Core.Cold;

public sealed partial class ColdStoreCore
{
    /// <summary>Somebody deleted a file: its blocks are misses, and what is being written to it is written elsewhere.</summary>
    private void OnFileGone(LogFile file)
    {
        if (file.IsGone || file.IsDoomed)
            return;
        _figures.FilesGone++;
        file.IsGone = file.IsSealed = file.IsTrimmed = true;
        _index.Doom(file);
        if (_active == file)
            _active = null;
        var left = file.Records.Where(entry => IsIn(entry, file) && entry.Write is null).ToList();
        var keys = KeysAlone(left);
        left.ForEach(entry => Strand(entry, file));
        keys.ForEach(RenounceKey);
        if (file.Unflushed > 0)
        {
            _failing = true;
            FinishFailing();
        }

        ChooseVictim();
    }

    /// <summary>
    /// What a vanished file said about a key is over, but older records about it may be left: a deletion is written in its place.
    /// </summary>
    private void Strand(LogEntry entry, LogFile file)
    {
        var isDrop = entry.HoldsBlock && entry.Kind == LogRecordKind.Tombstone;
        if (!isDrop)
            _index.ReleaseBlock(entry);
        if (!entry.IsHeld || OldestOtherThan(file) > entry.Origin.File)
        {
            _index.Forget(entry);
            return;
        }

        _index.Become(entry, LogRecordKind.Tombstone);
        _index.Move(entry, default);
        _copies.AddLast(new LogWrite(LogWriteKind.Restate, null, TimeSpan.MaxValue) { Id = entry.Id, Entry = entry });
    }

    /// <summary>Records of the checkpoint whose file is not there any more, and that no copy replaced, hold no longer.</summary>
    private void StrandMissing()
    {
        foreach (var (entry, _, _) in _checkpointEntries)
        {
            if (entry.IsHeld && !_index.Files.ContainsKey(entry.Place.File))
                Strand(entry, new LogFile(entry.Place.File));
        }
    }
}

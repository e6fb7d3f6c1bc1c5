using Cascade.Core.Log;
using Cascade.Core.Ports;

namespace Cascade.Core.Cold;

/// <summary>
/// Finds out what the disk holds: the newest good checkpoint, then the record headers that it does not cover, several files at a time.
/// </summary>
public sealed partial class ColdStoreCore
{
    private readonly Queue<HeaderRun> _runsWaiting = new();
    private IReadOnlyList<DeviceFile>? _listed;
    private TimeSpan _listAt = TimeSpan.MaxValue;
    private CheckpointHead _checkpoint;
    private List<LogFile> _checkpointFiles = [];
    private List<CheckpointEntry> _checkpointEntries = [];
    private int _checkpointsToRead = 2;
    private readonly List<LogEntry> _found = [];
    private readonly List<LogPosition> _damage = [];
    private int _runsOpen;
    private ulong _latestStamp;
    private LogPosition _durableTo;
    private Queue<LogEntry> _unverified = new();
    private LogPosition _unwrittenFrom;
    private int _verifications;
    private int _filesToRead;
    private int _filesRead;

    private sealed class HeaderRun(LogFile file, long fromBytes)
    {
        public LogFile File { get; } = file;

        public long FromBytes { get; set; } = fromBytes;

        public bool Resynchronise { get; set; }

        public int Failures { get; set; }
    }

    /// <summary>
    /// How far recovery is, in files whose record headers have to be read: 0 of 0 before it is known how many. Then the payloads of the last few records
    /// are checked.
    /// </summary>
    public (int Done, int Total) RecoveryProgress => (_filesRead, _filesToRead);

    /// <summary>Begins recovery. To be called once, before anything else; <see cref="ColdReady"/> says when it is over.</summary>
    public void Start(TimeSpan now, Outbox outbox)
    {
        _now = now;
        _outbox = outbox;
        ListAgain();
        for (var slot = 0; slot < 2; slot++)
            Issue(new ReadCheckpoint(NextNumber(), slot), done => OnCheckpointRead((CheckpointRead)done));
    }

    private void ListAgain()
    {
        _listAt = TimeSpan.MaxValue;
        Issue(new ListFiles(NextNumber()), done =>
        {
            var answer = (FilesListed)done;
            if (answer.Status != DeviceStatus.Ok)
            {
                OnDeviceError(answer.Status, "the directory could not be listed");
                _listAt = _now + _settings.RetryDelay;
                return;
            }

            _listed = answer.Files;
            LoadWhenRead();
        });
    }

    private void RetryRecovery()
    {
        if (_listAt <= _now)
            ListAgain();
    }

    private void OnCheckpointRead(CheckpointRead answer)
    {
        _checkpointsToRead--;
        if (answer.Status == DeviceStatus.Ok
            && CheckpointCodec.TryDecode(answer.Bytes.Span, out var head, out var files, out var entries)
            && head.Generation > _checkpoint.Generation)
            (_checkpoint, _checkpointFiles, _checkpointEntries) = (head, files, entries);
        LoadWhenRead();
    }

    private void LoadWhenRead()
    {
        if (_listed is null || _checkpointsToRead > 0)
            return;
        _checkpointGeneration = _checkpoint.Generation;
        _generation = _checkpoint.CopyGeneration;
        _isUncertain = _checkpoint.IsUncertain;
        _nextFile = Math.Max(1, _checkpoint.NextFile);
        var known = _checkpointFiles.ToDictionary(file => file.Number);
        foreach (var (number, lengthBytes) in _listed.OrderBy(file => file.File))
        {
            var file = known.GetValueOrDefault(number) ?? new LogFile(number);
            file.ChargedBytes = lengthBytes;
            file.IsSealed = file.IsTrimmed = true;

            // What was to be deleted and is read again is judged again.
            file.IsDoomed &= number < _checkpoint.From.File;
            _index.Add(file);
            _nextFile = Math.Max(_nextFile, number + 1);
            if (!known.ContainsKey(number) || number >= _checkpoint.From.File)
                _runsWaiting.Enqueue(new HeaderRun(file, number == _checkpoint.From.File ? _checkpoint.From.OffsetBytes : 0));
        }

        foreach (var (entry, heldBlock, heldKey) in _checkpointEntries)
        {
            Note(entry);
            _index.Apply(entry, heldBlock, heldKey);
        }

        _durableTo = _checkpoint.From;
        _filesToRead = _runsWaiting.Count;
        PumpRuns();
    }

    /// <summary>What was given out before is not given out again.</summary>
    private void Note(LogEntry entry)
    {
        _nextFile = Math.Max(_nextFile, entry.Origin.File + 1);
        _latestStamp = Math.Max(_latestStamp, entry.Binding.Stamp.Value);
        _generation = Math.Max(_generation, entry.Generation);
    }

    private void PumpRuns()
    {
        while (_runsOpen < _settings.RecoveryReadsMax && _runsWaiting.TryDequeue(out var run))
        {
            _runsOpen++;
            var from = LogPosition.At(run.File.Number, run.FromBytes);
            Issue(
                new ReadHeaders(NextNumber(), from, _settings.HeadersPerRead, run.Resynchronise),
                done => OnHeaders(run, (HeadersRead)done));
        }

        if (_runsOpen == 0)
            VerifyTail();
    }

    private void OnHeaders(HeaderRun run, HeadersRead answer)
    {
        _runsOpen--;
        foreach (var header in answer.Headers)
        {
            var entry = new LogEntry(header);
            run.File.EndBytes = run.FromBytes = header.Place.OffsetBytes + header.RecordBytes;
            _durableTo = header.DurableTo > _durableTo ? header.DurableTo : _durableTo;
            _found.Add(entry);
            Note(entry);
        }

        if (answer.Headers.Count > 0)
            run.Resynchronise = false;
        if (Continue(run, answer))
            _runsWaiting.Enqueue(run);
        else
            _filesRead++;
        PumpRuns();
    }

    /// <summary>Decides whether there is more to read of a file, and from where.</summary>
    private bool Continue(HeaderRun run, HeadersRead answer)
    {
        var file = run.File;
        if (answer.Status != DeviceStatus.Ok)
        {
            _figures.DeviceErrors++;
            if (++run.Failures <= _settings.RewritesMax)
                return true;

            // Its rest cannot be known, so it is neither compacted nor taken for empty.
            file.IsFrozen = _isUncertain = true;
            return false;
        }

        var isLast = file.Number == _index.Files.Keys[^1];
        switch (answer.End)
        {
            case HeaderRunEnd.Full:
                return true;
            case HeaderRunEnd.UnknownVersion:
                file.IsFrozen = true;
                return Skip(run, answer.EndBytes);
            case HeaderRunEnd.Damaged:
                _damage.Add(LogPosition.At(file.Number, answer.EndBytes));
                return Skip(run, answer.EndBytes);
            case HeaderRunEnd.EndOfFile when isLast && answer.EndBytes < file.ChargedBytes:
                _unwrittenFrom = LogPosition.At(file.Number, answer.EndBytes);
                return false;
            default:
                return answer.EndBytes < file.ChargedBytes && !run.Resynchronise && Skip(run, answer.EndBytes);
        }
    }

    private static bool Skip(HeaderRun run, long damagedBytes)
    {
        run.FromBytes = damagedBytes + LogRecordHeader.SizeBytes;
        run.Resynchronise = true;
        return run.FromBytes < run.File.ChargedBytes;
    }

    /// <summary>Checks the payloads that may not have been flushed: a header may have reached the disk without them.</summary>
    private void VerifyTail()
    {
        _found.Sort((left, right) => left.Place.CompareTo(right.Place));
        _unverified = new Queue<LogEntry>(_found.Where(entry => entry.Kind == LogRecordKind.Block && entry.Place >= _durableTo));
        PumpVerification();
    }

    private void PumpVerification()
    {
        while (_verifications < _settings.ReadsInFlightMax && _unverified.TryDequeue(out var entry))
        {
            _verifications++;
            Issue(new VerifyPayload(NextNumber(), entry.PayloadHeader), done =>
            {
                _verifications--;
                if (done.Status is DeviceStatus.DigestMismatch or DeviceStatus.Gone)
                {
                    _figures.TornPayloads++;
                    _damage.Add(entry.Place);
                }

                PumpVerification();
            });
        }

        if (_verifications == 0)
            CutTornEnd();
    }

    /// <summary>
    /// Ends the log before the first damage in the part that may not have been flushed; damage before that is a hole in which no record
    /// is found. What lies behind must not come back later, when newer records vouch for it: it is cut off before requests are served.
    /// </summary>
    private void CutTornEnd()
    {
        var torn = _damage.Where(place => place >= _durableTo).DefaultIfEmpty(new LogPosition(uint.MaxValue, uint.MaxValue)).Min();
        _figures.DamagedHeaders += _damage.Count(place => place < torn && place < _durableTo);
        _figures.TornTails += torn.File == uint.MaxValue ? 0 : 1;
        foreach (var entry in _found)
        {
            if (entry.Place < torn)
                _index.Apply(entry);
        }

        foreach (var file in _index.Files.Values)
        {
            var end = file.Number > torn.File ? 0 : file.Number == torn.File ? torn.OffsetBytes : long.MaxValue;
            if (_unwrittenFrom.File == file.Number)
                end = Math.Min(end, _unwrittenFrom.OffsetBytes);
            if (end < file.ChargedBytes && !file.IsFrozen)
                CutTail(file, end);
        }

        if (_runsOpen == 0)
            BecomeReady();
    }

    private void CutTail(LogFile file, long endBytes)
    {
        file.EndBytes = endBytes;
        _runsOpen++;
        Issue(new TruncateFile(NextNumber(), file.Number, endBytes), done =>
        {
            if (done.Status == DeviceStatus.Ok)
                _index.Charge(file, endBytes);
            else
                _isUncertain = true;
            if (--_runsOpen == 0)
                BecomeReady();
        });
    }

    private void BecomeReady()
    {
        IsReady = true;
        foreach (var file in _index.Files.Values)
            file.Records.Sort((left, right) => left.Place.CompareTo(right.Place));
        StrandMissing();
        foreach (var entry in _index.Held().Where(entry => entry.Kind == LogRecordKind.Tombstone).OrderBy(entry => entry.Origin))
            _tombstones.Enqueue(entry);
        (_listed, _checkpointFiles, _checkpointEntries) = (null, [], []);
        ForgetTombstones();
        _headersRead = _found.Count;
        _found.Clear();
        _found.TrimExcess();
        BeginAnnouncing();
        ChooseVictim();
    }
}

using Cascade.Core.Log;
using Cascade.Tiers.Cold;

namespace Cascade.Hosting.Cli.Inspection;

/// <summary>One walk through the aggregated files of a directory.</summary>
internal sealed class SegmentWalk(IReadOnlyList<SegmentTally> files, bool verify, int recordsMax) : IDisposable
{
    /// <summary>Places that are told one by one; more are counted.</summary>
    private const int FaultsMax = 1000;

    private readonly SegmentVerifier _verifier = new();
    private readonly Dictionary<string, SegmentTally> _byPath = files.ToDictionary(file => file.Path);
    private readonly List<(SegmentTally File, SegmentFault Fault)> _faults = [];
    private readonly Dictionary<SegmentFaultKind, long> _counts = [];
    private readonly List<SegmentTally> _rankFiles = [];
    private RankLog? _log;
    private SegmentTally? _current;
    private int _begun;
    private long _bytesBehind;
    private bool _isComplete = true;
    private long _blocks, _keys, _tornRecords, _verified;

    /// <summary>True when a place of the log is damaged, or a file cannot be read.</summary>
    public bool HasDamage => CountOf(SegmentFaultKind.Damaged) + CountOf(SegmentFaultKind.Unreadable) > 0;

    /// <summary>Reads all files.</summary>
    public void Run(string directory, IProgress<(long Done, long Total)>? progress, CancellationToken cancellationToken)
    {
        var total = files.Sum(file => file.LengthBytes);
        foreach (var finding in SegmentReader.Read(directory))
        {
            cancellationToken.ThrowIfCancellationRequested();

            // A file that was made since the directory was listed waits for the next look.
            if (!_byPath.TryGetValue(finding.Path, out var file))
                continue;
            while (_current != file)
                BeginNext();
            Take(file, finding);
            progress?.Report((_bytesBehind + file.EndBytes, total));
        }

        // Files in which nothing was found are passed over by the reader.
        while (_begun < files.Count)
            BeginNext();
        FinishRank();
    }

    /// <summary>Where the log is damaged or cannot be read.</summary>
    public HashSet<(string File, long OffsetBytes)> DamagedPlaces() =>
        [.. _faults.Where(fault => IsDamage(fault.Fault)).Select(fault => (fault.Fault.File, fault.Fault.OffsetBytes))];

    /// <summary>Makes the report.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="confirmed">The damage that a second look found again; null to believe all.</param>
    public SegmentInspection ToReport(string directory, HashSet<(string File, long OffsetBytes)>? confirmed = null)
    {
        if (confirmed is not null && _faults.Count < FaultsMax)
        {
            foreach (var (file, fault) in _faults.Where(f => IsDamage(f.Fault) && !confirmed.Contains((f.Fault.File, f.Fault.OffsetBytes))).ToList())
            {
                _faults.Remove((file, fault));
                _counts[fault.Kind]--;
                file.Damaged--;
            }
        }

        long? live = _isComplete ? files.Sum(file => file.LiveBytes ?? 0) : null;
        var bytes = files.Sum(file => file.LengthBytes);
        var isSound = _counts.All(count => count.Key == SegmentFaultKind.TornEnd || count.Value == 0);
        return new SegmentInspection(
            directory, isSound, files.Count, files.Sum(file => file.Records), files.Sum(file => file.Blocks), files.Sum(file => file.Aliases),
            files.Sum(file => file.Tombstones), _isComplete ? _blocks : null, _isComplete ? _keys : null, bytes, live,
            SegmentTally.ShareOf(live, bytes), CountOf(SegmentFaultKind.Damaged), CountOf(SegmentFaultKind.TornEnd), _tornRecords,
            CountOf(SegmentFaultKind.Unreadable), CountOf(SegmentFaultKind.UnknownVersion), CountOf(SegmentFaultKind.WrongDigest), _verified,
            [.. files.Select(file => file.ToReport())], [.. _faults.Select(fault => fault.Fault)]);
    }

    /// <inheritdoc/>
    public void Dispose() => _verifier.Dispose();

    private static bool IsDamage(SegmentFault fault) => fault.Kind is SegmentFaultKind.Damaged or SegmentFaultKind.Unreadable;

    private void BeginNext()
    {
        if (_current is { } last)
        {
            FinishFile(last);
            _bytesBehind += last.LengthBytes;
        }

        var file = _current = files[_begun++];
        if (_rankFiles.Count > 0 && _rankFiles[0].Rank != file.Rank)
            FinishRank();
        _log ??= new RankLog(recordsMax, WrongIn);
        _rankFiles.Add(file);
    }

    private void Take(SegmentTally file, SegmentFinding finding)
    {
        switch (finding.Kind)
        {
            case SegmentFindingKind.Record:
                file.Count(finding.Header);
                var isBlock = verify && finding.Header.Kind == LogRecordKind.Block;
                _verified += isBlock ? 1 : 0;
                string? wrong = null;
                if (isBlock)
                    _verifier.IsSound(finding, out wrong);
                _log!.Add(finding.Header, wrong);
                break;
            case SegmentFindingKind.Damaged:
                file.IsEndTold = true;
                _log!.AddDamage(finding.Place, "no whole record");
                break;
            case SegmentFindingKind.UnknownVersion:
                file.IsEndTold = true;
                Tell(file, finding.Place.OffsetBytes, SegmentFaultKind.UnknownVersion, "a record that only a later program can read");
                break;
            default:
                file.IsEndTold = true;
                if (File.Exists(file.Path))
                    Tell(file, finding.Place.OffsetBytes, SegmentFaultKind.Unreadable, finding.Reason ?? "it cannot be read");
                break;
        }
    }

    /// <summary>Where the reader stops short of the end of a file, pages of zeros follow: room that nothing was written to.</summary>
    private void FinishFile(SegmentTally file)
    {
        if (!file.IsEndTold && file.EndBytes < file.LengthBytes)
            _log!.AddDamage(LogPosition.At(file.Number, file.EndBytes), "zeros instead of a record");
        file.IsEndTold = true;
    }

    private void FinishRank()
    {
        if (_log is not { } log)
            return;
        FinishFile(_rankFiles[^1]);
        log.Finish();
        var byNumber = _rankFiles.ToDictionary(file => file.Number);
        foreach (var (place, kind, reason) in log.Faults)
            Tell(byNumber[place.File], place.OffsetBytes, kind, reason);
        if (log.TornAt is { } torn)
            Tell(byNumber[torn.File], torn.OffsetBytes, SegmentFaultKind.TornEnd, "torn end: the next start cuts here");
        _tornRecords += log.TornRecords;
        _isComplete &= log.Live.IsComplete;
        _blocks += log.Live.Blocks;
        _keys += log.Live.Keys;
        var live = log.Live.LiveBytesByFile();
        foreach (var file in _rankFiles)
            file.LiveBytes = log.Live.IsComplete ? live.GetValueOrDefault(file.Number) : null;
        _log = null;
        _rankFiles.Clear();
    }

    private void Tell(SegmentTally file, long offsetBytes, SegmentFaultKind kind, string reason)
    {
        _counts[kind] = CountOf(kind) + 1;
        file.HasTornEnd |= kind == SegmentFaultKind.TornEnd;
        file.Damaged += kind == SegmentFaultKind.TornEnd ? 0 : 1;
        if (_faults.Count < FaultsMax)
            _faults.Add((file, new SegmentFault(file.Name, offsetBytes, kind, reason)));
    }

    private long CountOf(SegmentFaultKind kind) => _counts.GetValueOrDefault(kind);

    /// <summary>Reads a block again; what vanished meanwhile is not wrong.</summary>
    private string? WrongIn(LogRecordHeader header)
    {
        var file = _rankFiles.Find(f => f.Number == header.Place.File)!;
        var finding = new SegmentFinding(file.Path, file.Rank, header.Place, SegmentFindingKind.Record, header, null);
        return _verifier.IsSound(finding, out var reason) || !File.Exists(file.Path) ? null : reason;
    }
}

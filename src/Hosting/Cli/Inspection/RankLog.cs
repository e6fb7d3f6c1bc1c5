using Cascade.Core.Log;

namespace Cascade.Hosting.Cli.Inspection;

/// <summary>
/// The log of one rank as it is read in its order. A place without a record is damage where a later header vouches that the log was
/// flushed beyond it; behind that the first such place is where the log ends, as it is for the next start of its node.
/// </summary>
/// <param name="recordsMax">The most records that are remembered.</param>
/// <param name="isStillWrong">Reads the block of a record again, and says what is wrong with it; null for nothing.</param>
internal sealed class RankLog(int recordsMax, Func<LogRecordHeader, string?> isStillWrong)
{
    private readonly Queue<Item> _unflushed = new();
    private readonly LiveRecords _live = new(recordsMax);
    private LogPosition _durableTo;

    /// <summary>What holds.</summary>
    public LiveRecords Live => _live;

    /// <summary>Places at which the log is wrong.</summary>
    public List<(LogPosition Place, SegmentFaultKind Kind, string Reason)> Faults { get; } = [];

    /// <summary>Where the log ends before what was written of it; null when it does not.</summary>
    public LogPosition? TornAt { get; private set; }

    /// <summary>Whole records behind that.</summary>
    public long TornRecords { get; private set; }

    /// <summary>Takes a record in; <paramref name="wrong"/> says what is wrong with its block, when that was looked at.</summary>
    public void Add(in LogRecordHeader header, string? wrong)
    {
        _durableTo = header.DurableTo > _durableTo ? header.DurableTo : _durableTo;
        Queue(new Item(header.Place, header, wrong));
    }

    /// <summary>Takes a place in at which there is no whole record.</summary>
    public void AddDamage(LogPosition place, string reason) => Queue(new Item(place, null, reason));

    /// <summary>Nothing follows: decides about what no header vouched for.</summary>
    public void Finish()
    {
        while (_unflushed.TryDequeue(out var item))
        {
            if (item.Header is null)
                TornAt ??= item.Place;
            else if (TornAt is null)
                Take(item);
            else
                TornRecords++;
        }
    }

    private void Queue(in Item added)
    {
        _unflushed.Enqueue(added);
        while (_unflushed.TryPeek(out var item) && (item.Place < _durableTo || _unflushed.Count > recordsMax))
            Take(_unflushed.Dequeue());
    }

    private void Take(in Item item)
    {
        if (item.Header is not { } header)
        {
            Faults.Add((item.Place, SegmentFaultKind.Damaged, item.Wrong!));
            return;
        }

        _live.Add(header);

        // A running node may have been writing it when it was read.
        if (item.Wrong is not null && isStillWrong(header) is { } reason)
            Faults.Add((item.Place, SegmentFaultKind.WrongDigest, reason));
    }

    /// <summary>A record, or a place without one, and what is wrong there.</summary>
    private readonly record struct Item(LogPosition Place, LogRecordHeader? Header, string? Wrong);
}

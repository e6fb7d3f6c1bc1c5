using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Messages;

namespace Cascade.Core.Cold;

/// <summary>
/// Lends records to nodes that read them from the files themselves: a file is not deleted while a record in it is lent. Files are only ever
/// appended to, so nothing else could change a record.
/// </summary>
public sealed partial class ColdStoreCore
{
    private readonly Dictionary<ulong, LentRecord> _lent = [];
    private ulong _lastLease;

    /// <summary>Records that other nodes hold a lease on.</summary>
    public int LeasedRecords => _lent.Count;

    private void OnLeaseRecord(object sender, LeaseRecord message)
    {
        if (!IsReady)
            _outbox.Send(sender, NotReadyYet);
        else if (message.LeaseFor <= TimeSpan.Zero)
            _outbox.Send(sender, new Refused("A lease lasts more than 0: ask for some time."));
        else if (_index.Block(message.Id) is not { IsReadable: true } block)
            _outbox.Send(sender, NotFound.Instance);
        else if (block.Write is not null || block.Algorithm != _algorithm)
            _outbox.Send(sender, BusyReply($"the record is not one that others can read yet"));
        else if (_lent.Count >= _settings.RecordLeasesMax)
            _outbox.Send(sender, BusyReply($"{_lent.Count} records are leased already, the most allowed"));
        else
            _outbox.Send(sender, Lend(block, message.LeaseFor));
    }

    private RecordLeased Lend(LogEntry block, TimeSpan leaseFor)
    {
        var file = _index.Files[block.Place.File];
        if (leaseFor > _settings.RecordLeaseMax)
            leaseFor = _settings.RecordLeaseMax;
        file.InFlight++;
        block.WasRead = true;
        _lent.Add(++_lastLease, new LentRecord(block.Id, file, Deadline.After(_now, leaseFor)));
        return new RecordLeased(block.Id, file.Number, block.Place.OffsetBytes, block.PayloadBytes, _lastLease, leaseFor);
    }

    private void OnReleaseRecord(ReleaseRecord message)
    {
        if (_lent.TryGetValue(message.Lease, out var lent) && lent.Id == message.Id)
            EndLease(message.Lease, lent);
    }

    private void ExpireLeases()
    {
        foreach (var (number, lent) in _lent)
        {
            if (lent.Deadline <= _now)
                EndLease(number, lent);
        }
    }

    private void EndLease(ulong number, LentRecord lent)
    {
        _lent.Remove(number);
        lent.File.InFlight--;
    }

    private sealed record LentRecord(BlockId Id, LogFile File, TimeSpan Deadline);
}

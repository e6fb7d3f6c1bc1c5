using Cascade.Core.Messages;

namespace Cascade.Core.Cold;

/// <content>Coming to rest before a planned stop, and figures for whoever asks.</content>
public sealed partial class ColdStoreCore
{
    private const int SettlersMax = 64;

    private readonly List<object> _settlers = [];

    private void OnSettle(object sender)
    {
        if (_settlers.Count >= SettlersMax)
        {
            _outbox.Send(sender, BusyReply($"{SettlersMax} wait for the cold tier to come to rest already"));
            return;
        }

        _settlers.Add(sender);
        _checkpointSoon = true;
    }

    private void AdvanceSettling()
    {
        if (_inFlight.Count > 0 || (IsReady && !IsIdle))
            return;
        foreach (var settler in _settlers)
            _outbox.Send(settler, ColdSettled.Instance);
        _settlers.Clear();
    }

    private bool IsIdle =>
        _openWrites == 0 && _queue.Count == 0 && _copies.Count == 0 && _rewrites.Count == 0 && _log.Count == 0 && _fetches.Count == 0
        && !_checkpointSoon && _pendingCheckpoint is null;

    private void OnReport(object sender) => _outbox.Send(sender, new TierReport(
        _self.Tier, _settings.CapacityBytes, Math.Max(0, _settings.CapacityBytes - _index.ChargedBytes), _index.ReadableBlocks,
        _figures.Published, _figures.Evicted, Demoted: 0, Promoted: 0, _figures.Dropped, _figures.Corrupt, _figures.Busy, _openWrites));
}

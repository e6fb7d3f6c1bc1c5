using Cascade.Core.Clocks;
using Cascade.Core.Identity;

namespace Cascade.Core.Fabric;

/// <summary>Decides by which fabric a peer's bytes are pulled, and by which next when that fails. Pure; not thread-safe.</summary>
/// <remarks>
/// A fabric that fails rests; each failure in a row doubles the rest, up to a limit. After the rest one pull tries it, and the others go by
/// the next fabric until that one has succeeded. With all fabrics of a peer at rest a pull is a miss at once, so a dead peer costs nothing.
/// Reading in place of a mapped arena comes first whenever it is possible: it moves nothing over a network. Among the others speed may decide.
/// </remarks>
public sealed class FabricChooser
{
    // Beyond this many failures the rest has long reached its limit, whatever the settings.
    private const int MaxCountedFailures = 40;

    private readonly FabricChooserSettings _settings;
    private readonly Dictionary<NodeId, Fabric[]> _peers = [];

    /// <summary>Starts with no peers.</summary>
    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    public FabricChooser(FabricChooserSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.Validate();
        _settings = settings;
    }

    /// <summary>Peers that are kept track of.</summary>
    public int PeerCount => _peers.Count;

    /// <summary>
    /// Says by which fabrics a peer can be reached, best first. A fabric that was known keeps its rest. False when there are too many peers.
    /// </summary>
    /// <exception cref="ArgumentException">A fabric is named twice or does not exist.</exception>
    public bool TrySetFabrics(NodeId peer, ReadOnlySpan<FabricKind> order)
    {
        var known = _peers.GetValueOrDefault(peer) ?? [];
        if (known.Length == 0 && !_peers.ContainsKey(peer) && _peers.Count >= _settings.MaxPeers)
            return false;
        var fabrics = new Fabric[order.Length];
        for (var rank = 0; rank < order.Length; rank++)
        {
            var kind = order[rank];
            if (!Enum.IsDefined(kind) || order[..rank].Contains(kind))
                throw new ArgumentException($"The fabrics of {peer} cannot be in this order: {kind} is named twice or is none.", nameof(order));
            fabrics[rank] = Array.Find(known, fabric => fabric.Kind == kind) ?? new Fabric(kind);
        }

        _peers[peer] = fabrics;
        return true;
    }

    /// <summary>Forgets a peer that has left: its return starts with no rests.</summary>
    public void Forget(NodeId peer) => _peers.Remove(peer);

    /// <summary>Starts a pull.</summary>
    public FabricStep Begin(TimeSpan now, NodeId peer, out FabricTrial trial, long lengthBytes = 0)
    {
        trial = new FabricTrial { Peer = peer, LengthBytes = lengthBytes };
        return Next(now, ref trial);
    }

    /// <summary>Takes the outcome of the fabric that the pull was sent by, and says what is next.</summary>
    public FabricStep Report(TimeSpan now, ref FabricTrial trial, PullOutcome outcome)
    {
        var fabric = Find(trial.Peer, trial.Current);
        switch (outcome)
        {
            case PullOutcome.Done:
                fabric?.Recover();
                if (trial.LengthBytes >= _settings.MeasureFromBytes)
                    fabric?.Measure(now, trial.LengthBytes, now - trial.Began);
                return new FabricStep(FabricAction.Finish);

            // The fabric told the truth about a copy that has gone: the others would say the same.
            case PullOutcome.Stale:
                fabric?.Recover();
                return new FabricStep(FabricAction.Miss);

            // No time is left for another fabric, but the next pull need not wait for this one again.
            case PullOutcome.TimedOut:
                fabric?.Fail(now, _settings);
                return new FabricStep(FabricAction.Miss);
            case PullOutcome.Cancelled:
                return new FabricStep(FabricAction.Miss);

            // It is at work, not broken.
            case PullOutcome.Busy:
                return Next(now, ref trial);
            default:
                fabric?.Fail(now, _settings);
                return Next(now, ref trial);
        }
    }

    private FabricStep Next(TimeSpan now, ref FabricTrial trial)
    {
        var fabrics = _peers.GetValueOrDefault(trial.Peer) ?? [];
        for (var round = 0; round < fabrics.Length; round++)
        {
            if (Best(now, trial, fabrics) is not { } fabric)
                break;
            trial.Tried |= BitOf(fabric.Kind);
            if (!fabric.TryTake(now, _settings))
                continue;
            (trial.Current, trial.Began) = (fabric.Kind, now);
            return new FabricStep(FabricAction.Try, fabric.Kind);
        }

        return new FabricStep(FabricAction.Miss);
    }

    /// <summary>The first in order that was not tried, and with it the mapping; by speed, one that is to be measured, else the fastest.</summary>
    private Fabric? Best(TimeSpan now, in FabricTrial trial, Fabric[] fabrics)
    {
        var best = default(Fabric);
        foreach (var fabric in fabrics)
        {
            if ((trial.Tried & BitOf(fabric.Kind)) != 0)
                continue;
            if (best is null || (_settings.BySpeed && best.Kind != FabricKind.Mapping && IsBetter(now, trial.LengthBytes, fabric, best)))
                best = fabric;
        }

        return best;
    }

    private bool IsBetter(TimeSpan now, long lengthBytes, Fabric fabric, Fabric than)
    {
        var (wanted, wantedThan) = lengthBytes >= _settings.MeasureFromBytes ? (fabric.Wanted(now, _settings), than.Wanted(now, _settings)) : (0, 0);
        return wanted != wantedThan ? wanted > wantedThan : wanted == 0 && fabric.BytesPerSecond > than.BytesPerSecond;
    }

    private static uint BitOf(FabricKind kind) => 1u << (int)kind;

    private Fabric? Find(NodeId peer, FabricKind kind) =>
        Array.Find(_peers.GetValueOrDefault(peer) ?? [], fabric => fabric.Kind == kind);

    private sealed class Fabric(FabricKind kind)
    {
        private int _failures;
        private TimeSpan _restsUntil;
        private bool _probing;
        private int _measured;
        private TimeSpan _measuredAt;

        public FabricKind Kind { get; } = kind;

        /// <summary>How fast it was lately; 0 when that is not known.</summary>
        public double BytesPerSecond { get; private set; }

        /// <summary>Pulls that it is still to be measured by.</summary>
        public int Wanted(TimeSpan now, FabricChooserSettings settings) =>
            _measured < settings.MeasuredPulls ? settings.MeasuredPulls - _measured : now - _measuredAt >= settings.MeasureAgainAfter ? 1 : 0;

        public void Measure(TimeSpan now, long lengthBytes, TimeSpan took)
        {
            var speed = lengthBytes / Math.Max(took.TotalSeconds, 1e-6);
            BytesPerSecond = _measured == 0 ? speed : (BytesPerSecond + speed) / 2;
            _measured = Math.Min(_measured + 1, int.MaxValue - 1);
            _measuredAt = now;
        }

        /// <summary>False while it rests. The first to come after a rest starts another, so that it alone finds out.</summary>
        public bool TryTake(TimeSpan now, FabricChooserSettings settings)
        {
            if (_failures == 0)
                return true;
            if (now < _restsUntil)
                return false;
            _restsUntil = Deadline.After(now, Rest(settings));
            _probing = true;
            return true;
        }

        public void Fail(TimeSpan now, FabricChooserSettings settings)
        {
            // Pulls that were in flight together fail together: they say one thing, and count once.
            if (_failures > 0 && now < _restsUntil && !_probing)
                return;
            _probing = false;
            _failures = Math.Min(_failures + 1, MaxCountedFailures);
            _restsUntil = Deadline.After(now, Rest(settings));
        }

        public void Recover() => (_failures, _probing) = (0, false);

        private TimeSpan Rest(FabricChooserSettings settings)
        {
            var ticks = settings.FirstBackOff.Ticks * Math.Pow(2, _failures - 1);
            return ticks >= settings.MaxBackOff.Ticks ? settings.MaxBackOff : TimeSpan.FromTicks((long)ticks);
        }
    }
}

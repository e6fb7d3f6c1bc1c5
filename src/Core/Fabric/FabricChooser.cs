using Cascade.Core.Clocks;
using Cascade.Core.Identity;

namespace Cascade.Core.Fabric;

/// <summary>Decides by which fabric a peer's bytes are pulled, and by which next when that fails. Pure; not thread-safe.</summary>
/// <remarks>
/// A fabric that fails rests; each failure in a row doubles the rest, up to a limit. After the rest one pull tries it, and the others go by
/// the next fabric until that one has succeeded. With all fabrics of a peer at rest a pull is a miss at once, so a dead peer costs nothing.
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
    public FabricStep Begin(TimeSpan now, NodeId peer, out FabricTrial trial)
    {
        trial = new FabricTrial { Peer = peer };
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
        foreach (var fabric in _peers.GetValueOrDefault(trial.Peer) ?? [])
        {
            var bit = 1u << (int)fabric.Kind;
            if ((trial.Tried & bit) != 0 || !fabric.TryTake(now, _settings))
                continue;
            trial.Tried |= bit;
            trial.Current = fabric.Kind;
            return new FabricStep(FabricAction.Try, fabric.Kind);
        }

        return new FabricStep(FabricAction.Miss);
    }

    private Fabric? Find(NodeId peer, FabricKind kind) =>
        Array.Find(_peers.GetValueOrDefault(peer) ?? [], fabric => fabric.Kind == kind);

    private sealed class Fabric(FabricKind kind)
    {
        private int _failures;
        private TimeSpan _restsUntil;
        private bool _probing;

        public FabricKind Kind { get; } = kind;

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

using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Tiering;

/// <content>
/// The key index is told the keys of the copies here: at start, when it lost them, and of copies that were brought near. Each is told again until it is bound or
/// refused. A key that was deleted or bound to another block meanwhile is released here too.
/// </content>
public sealed partial class MemoryTierCore
{
    /// <summary>Keys under way to the index at a time, so that a full arena does not flood its mailbox.</summary>
    private const int AnnounceWindow = 256;

    /// <summary>Requests that wait; a further one is dropped, and asked for again by whoever it was.</summary>
    private const int AnnounceRequestsMax = 4096;

    /// <summary>How long the index may take to answer before the keys under way are told again.</summary>
    private static readonly TimeSpan AnnouncePatience = TimeSpan.FromSeconds(1);

    /// <summary>How soon they are told again when nobody is in charge of the index, as while the node joins its cluster.</summary>
    private static readonly TimeSpan AnnouncePause = TimeSpan.FromMilliseconds(20);

    /// <summary>Keys under way, each with the slot that it names, and since when.</summary>
    private readonly Dictionary<KeyDigest, (uint Slot, HybridTimestamp Stamp)> _announced = [];

    private readonly List<(object Sender, AnnounceKeys Request)> _announceFor = [];
    private readonly List<(object Sender, AnnounceKeys Request)> _announceNext = [];
    private uint _announceCursor;
    private int _announceRefused;
    private TimeSpan? _announceAgainAt;

    /// <summary>
    /// Starts to tell the key index what the arena held when the tier took it over, a window at a time. Owners need no word:
    /// they ask for the copies of a block when they start.
    /// </summary>
    public void Announce(Outbox outbox)
    {
        while (_announced.Count == 0)
        {
            (_announceRefused, _announceAgainAt) = (0, null);
            while (_announced.Count < AnnounceWindow && _announceCursor < _arena.SlotCount)
                AnnounceSlot(_announceCursor++, outbox);
            if (_announced.Count > 0)
                return;
            foreach (var (sender, request) in _announceFor)
            {
                // What lies on a device is told with the rest, and not waited for: most of it lies in memory as well.
                if (_self.Tier != TierKind.Gpu)
                    outbox.Send(sender, new KeysAnnounced(_self, request.Round, _settings.HasColdTier));
            }

            _announceFor.Clear();
            if (_announceNext.Count == 0)
                return;
            _announceFor.AddRange(_announceNext);
            _announceNext.Clear();
            _announceCursor = 0;
        }
    }

    /// <summary>
    /// True for a copy whose keys the index may not know from here yet: it stays until then, or they would be lost to the index with it when it goes to
    /// another tier.
    /// </summary>
    private bool IsUnannounced(uint slot) =>
        _announced.Count > 0 && (slot >= _announceCursor || _announced.Values.Any(announced => announced.Slot == slot));

    private void OnNobodyInCharge(TimeSpan now)
    {
        var again = Deadline.After(now, AnnouncePause);
        if (_announced.Count > 0 && (_announceAgainAt is not { } at || at > again))
            _announceAgainAt = again;
    }

    private void AnnounceSlot(uint slot, Outbox outbox)
    {
        if (!_copies.IsResident(slot))
            return;
        foreach (var binding in KeysOf(slot))
        {
            // The first round, at start, is of all keys.
            if (_announceFor.Count > 0 && !_announceFor.Exists(asked => asked.Request.Includes(binding.Key)))
                continue;
            AnnounceKey(slot, binding, outbox);
        }
    }

    private void AnnounceKey(uint slot, in KeyBinding binding, Outbox outbox)
    {
        _announced[binding.Key] = (slot, binding.Stamp);
        outbox.Send(Destination.KeyIndex, new Bind(binding, _copies.IdAt(slot)));
    }

    private void OnAnnounceKeys(object sender, AnnounceKeys message, Outbox outbox)
    {
        if (_settings.HasColdTier && _self.Tier != TierKind.Gpu)
            outbox.SendFor(sender, _cold, message);
        if (_settings.HasGpuTier)
            outbox.SendFor(sender, new TierAddress(_self.Node, TierKind.Gpu), message);
        var asked = (sender, message);
        if (_announceFor.Contains(asked) || _announceNext.Contains(asked) || _announceNext.Count >= AnnounceRequestsMax)
            return;
        _announceNext.Add(asked);
        Announce(outbox);
    }

    private void OnBound(TimeSpan now, Bound bound, Outbox outbox)
    {
        if (!_announced.Remove(bound.Key, out var announced))
            return;
        if (!bound.Applied && _copies.IsResident(announced.Slot) && bound.Id != _copies.IdAt(announced.Slot))
            Release(now, announced.Slot, bound.Key, announced.Stamp, outbox);
        EndWindow(outbox);
    }

    private void OnAnnounceRefused(Outbox outbox)
    {
        if (_announced.Count == 0)
            return;
        _announceRefused++;
        EndWindow(outbox);
    }

    /// <summary>When all keys that are left were refused, which does not say which, the next are due.</summary>
    private void EndWindow(Outbox outbox)
    {
        if (_announceRefused < _announced.Count)
            return;
        _announced.Clear();
        Announce(outbox);
    }

    /// <summary>What the index is not in charge of yet, or did not get, it is told again.</summary>
    private void AnnounceAgain(TimeSpan now, Outbox outbox)
    {
        if (_announced.Count == 0 || now < (_announceAgainAt ??= Deadline.After(now, AnnouncePatience)))
            return;
        (_announceRefused, _announceAgainAt) = (0, Deadline.After(now, AnnouncePatience));
        foreach (var (key, (slot, _)) in _announced.ToArray())
        {
            var at = _copies.IsResident(slot) ? KeysOf(slot).FindIndex(binding => binding.Key == key) : -1;
            if (at >= 0)
                AnnounceKey(slot, _keys[at], outbox);
            else
                _announced.Remove(key);
        }
        EndWindow(outbox);
    }
}

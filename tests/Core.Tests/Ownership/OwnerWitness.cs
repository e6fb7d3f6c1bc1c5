using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ownership;
using Cascade.Core.Placement;

namespace Cascade.Core.Tests.Ownership;

/// <summary>Knows nothing of the owner but what goes in and out, and says when an effect breaks a promise.</summary>
internal sealed class OwnerWitness(OwnerSettings settings, IEnumerable<CopyLocation> held)
{
    private sealed record Question(IBlockMessage Message, TimeSpan Deadline);

    private readonly HashSet<CopyLocation> _claimable = [.. held];
    private readonly HashSet<CopyLocation> _gone = [];
    private readonly Dictionary<string, Question> _open = [];
    private readonly Dictionary<string, IBlockMessage> _asked = [];
    private readonly Dictionary<ulong, (CopyLocation Copy, TimeSpan Deadline)> _leases = [];
    private readonly HashSet<KeyDigest> _registered = [];
    private (ulong Number, TimeSpan Deadline)? _fill;
    private bool _gaveUpProtected;
    private IBlockMessage? _latest;
    private bool _hasForgotten;

    public void BeforeStep(TimeSpan now, string sender, IBlockMessage? message)
    {
        EndDue(now);
        (_latest, _hasForgotten) = (message, false);
        if (message is null)
            return;
        _asked[sender] = message;
        if (message is Begin or Locate or Delete or Evict or Commit or Promote or Protect or Unprotect or Describe)
        {
            var wait = message is Begin begin && begin.Timeout > TimeSpan.Zero ? begin.Timeout : TimeSpan.Zero;
            _open[sender] = new Question(message, now + wait);
        }
        switch (message)
        {
            case AddCopy added: Announce(added.Copy); break;
            case Commit commit when commit.Fill == _fill?.Number: Announce(commit.Copy); break;
            case RemoveCopy removed: Lose(removed.Copy); break;
            case Evict evict: LoseOlder(evict.Copy, evict.Copy.Generation - 1); break;
            case Release release: _leases.Remove(release.Lease); break;
            case Abort abort when abort.Fill == _fill?.Number: _fill = null; break;
            case Unprotect unprotect: _registered.Remove(unprotect.Key); break;
            default: break;
        }
        if (message is Commit ended && ended.Fill == _fill?.Number)
            _fill = null;
    }

    public void Judge(TimeSpan now, Ports.Effect effect)
    {
        if (effect.To is string asker)
        {
            Check(_open.Remove(asker), $"{asker} was answered twice or asked nothing");
        }
        switch (effect.Message)
        {
            case BeginGranted granted:
                Check(_fill is null, "a second fill was granted while one is live");
                _fill = (granted.Fill, now + settings.FillTimeout);
                break;
            case AlreadyPresent present:
                Check(_claimable.Contains(present.Copy), "a copy that is gone was claimed");
                break;
            case Located located:
                Check(_claimable.Contains(located.Copy), "a copy that is gone was located");
                Lease(located.Lease, located.Copy, now + located.LeaseFor, now);
                break;
            case Pull pull:
                Check(_claimable.Contains(pull.Source), "a copy that is gone is pulled");
                Lease(pull.Lease, pull.Source, now + pull.LeaseFor, now);
                break;
            case EvictGranted granted:
                Check(!IsLeased(granted.Copy), "a leased copy was given up");
                _claimable.Remove(granted.Copy);
                _gaveUpProtected |= _registered.Count > 0 && granted.Copy.Tier != TierKind.Cold;
                break;
            case Demote demote:
                Check(demote.To == (demote.Copy.Tier == TierKind.Gpu ? TierKind.Shm : TierKind.Cold) && (settings.HasColdTier || demote.To == TierKind.Shm) && demote.Copy.Tier != TierKind.Cold, "a demotion leads nowhere");
                Check(effect.To is string tier && _asked[tier] is Evict { Discard: false }, "a copy that cannot be demoted is to be demoted");
                break;
            case Forget forget:
                _hasForgotten = true;
                Check(_latest is RemoveCopy removal && removal.Binding.Key == forget.Key, "another key was forgotten");
                break;
            case Drop drop:
                Check(!IsLeased(drop.Copy), "a leased copy was dropped");
                _claimable.Remove(drop.Copy);
                break;
            case ProtectDone when effect.To is string registrar && _asked[registrar] is Protect protect:
                _registered.Add(protect.Key);
                break;
            case Deleted:
                _registered.Clear();
                _gone.UnionWith(_claimable);
                _claimable.Clear();
                _fill = null;
                break;
            default: break;
        }
    }

    /// <summary>What the owner counts is what the directory knows, so that a new life of it starts from the same.</summary>
    public static void HoldAgainst(TimeSpan now, BlockOwnerCore owner, KnownCopies directory)
    {
        var outbox = new Ports.Outbox();
        owner.Handle(now, "witness", new Describe(OwnerTranscript.Block), outbox);
        var copies = ((BlockDescription)Assert.Single(outbox.Effects).Message).Copies;
        Check(copies.ToHashSet().SetEquals(directory.Copies), "the directory knows other copies than the owner");
    }

    public void AfterStep(TimeSpan now, BlockOwnerCore owner)
    {
        foreach (var (asker, question) in _open)
            Check(question.Deadline > now, $"{asker} was not answered by its deadline");
        var outbox = new Ports.Outbox();
        owner.Handle(now, this, new Describe(OwnerTranscript.Block), outbox);
        var description = (BlockDescription)Assert.Single(outbox.Effects).Message;
        var (state, isEmpty) = (description.State, description.Copies.Count == 0);
        Check(state == BlockState.Absent == (isEmpty && _fill is null), "absent with a copy or fill");
        var isToForget = state == BlockState.Absent && _latest is RemoveCopy { Binding.Key.IsZero: false };
        Check(_hasForgotten == isToForget, "a key is forgotten when the last copy is removed, and then only");
        Check(state == BlockState.Filling == (isEmpty && _fill is not null), "filling without a fill");
        Check(state != BlockState.Resident || _claimable.IsSupersetOf(description.Copies), "a copy that is gone is counted");
        Check(description.Copies.Count <= settings.MaxCopies && description.Leases <= settings.MaxLeases, "a bound is broken");
        Check(description.Leases == _leases.Count, $"{description.Leases} leases are counted, {_leases.Count} are held");
        Check(description.Registrations == _registered.Count, "registrations differ");
        Check(_open.Count == 0 || state is BlockState.Filling or BlockState.Draining, "a writer waits for nothing");
        Check(!_gaveUpProtected || description.Copies.Any(copy => copy.Tier != TierKind.Cold), "a protected block left memory");
        _gaveUpProtected = false;
        var due = _open.Values.Select(question => question.Deadline).Concat(_leases.Values.Select(lease => lease.Deadline));
        if (_fill is { } fill)
            due = due.Append(fill.Deadline);
        foreach (var deadline in due)
            Check(owner.NextDeadline <= deadline, "the timer would come too late");
        Check(owner.NextDeadline is null || owner.NextDeadline > now, "the timer would be due at once, for ever");
        var isIdle = _open.Count == 0 && _leases.Count == 0 && _fill is null;
        Check(isIdle || !owner.CanPassivate, "passivation would lose something");
    }

    private void EndDue(TimeSpan now)
    {
        foreach (var (number, lease) in _leases.ToArray())
        {
            if (lease.Deadline <= now)
                _leases.Remove(number);
        }
        if (_fill?.Deadline <= now)
            _fill = null;
    }

    private void Lease(ulong number, CopyLocation copy, TimeSpan deadline, TimeSpan now)
    {
        if (deadline > now)
            Check(_leases.TryAdd(number, (copy, deadline)), "a lease number was given twice");
    }

    private bool IsLeased(CopyLocation copy) => _leases.Values.Any(lease => lease.Copy == copy);

    private void Announce(CopyLocation copy)
    {
        if (_gone.Any(gone => SameSlot(gone, copy) && gone.Generation >= copy.Generation))
            return;
        if (_claimable.Any(other => SameSlot(other, copy) && other.Generation > copy.Generation))
            return;
        LoseOlder(copy, copy.Generation - 1);
        _claimable.Add(copy);
    }

    private void Lose(CopyLocation copy)
    {
        _gone.Add(copy);
        LoseOlder(copy, copy.Generation);
    }

    private void LoseOlder(CopyLocation copy, uint generation)
    {
        _claimable.RemoveWhere(other => SameSlot(other, copy) && other.Generation <= generation);
        foreach (var (number, lease) in _leases.ToArray())
        {
            if (SameSlot(lease.Copy, copy) && lease.Copy.Generation <= generation)
                _leases.Remove(number);
        }
    }

    private static bool SameSlot(CopyLocation one, CopyLocation other) => one.Slot == other.Slot && one.Address == other.Address;

    private static void Check(bool holds, string otherwise)
    {
        if (!holds)
            throw new InvalidOperationException(otherwise);
    }
}

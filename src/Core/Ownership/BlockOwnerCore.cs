using System.Globalization;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ports;

namespace Cascade.Core.Ownership;

/// <summary>
/// The life of one block: <c>Absent → Filling → Resident{copies} → Draining → Absent</c>, its leases and who waits for it.
/// </summary>
/// <remarks>
/// One thread at a time. The state is soft: an activation starts from what the nodes physically hold, and losing it
/// costs at most a duplicate copy, because a block's name is the digest of its bytes. Any message may be duplicated, late or
/// out of order. A time that is over takes effect with the next message or <see cref="Tick"/>.
/// </remarks>
public sealed partial class BlockOwnerCore
{
    private readonly BlockId _id;
    private readonly OwnerSettings _settings;
    private readonly ICopyDirectory _directory;

    /// <summary>The copies that readers can locate or, while draining, those whose drop is not confirmed.</summary>
    private readonly List<HeldCopy> _copies = new(1);

    // Lists are made when first needed and let go when empty: most owners are idle and hold one copy.
    private LeaseTable? _leases;
    private List<Waiter>? _waiters;
    private HashSet<KeyDigest>? _registrations;
    private RemovedCopies? _removed;

    private ulong _nextNumber;
    private ulong _fill;
    private NodeId _writer;
    private ulong _committedFill;
    private TimeSpan _fillDeadline;
    private TimeSpan _nextDeadline = TimeSpan.MaxValue;
    private bool _isDraining;
    private bool _isComplete;
    private long _seenVersion;

    /// <summary>Starts from the copies that are known.</summary>
    /// <param name="id">The block.</param>
    /// <param name="settings">Limits and waits.</param>
    /// <param name="directory">Knows the copies, and is told of every change in the step that makes it; copies past
    /// <see cref="OwnerSettings.MaxCopies"/> are not counted.</param>
    /// <param name="firstNumber">
    /// Where fill and lease numbers start. Later than every number an earlier activation can have given (the value of a hybrid
    /// timestamp will do), so that a late commit or release of that time meets no number of this one.
    /// </param>
    public BlockOwnerCore(BlockId id, OwnerSettings settings, ICopyDirectory directory, ulong firstNumber)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(directory);
        _id = id;
        _settings = settings;
        _directory = directory;
        _nextNumber = Math.Max(1, firstNumber);
        _seenVersion = directory.Version;
        foreach (var copy in ReadDirectory())
        {
            if (_copies.Count < settings.MaxCopies)
                Hold(copy);
        }
    }

    /// <summary>Where the block is in its life.</summary>
    public BlockState State =>
        _isDraining ? BlockState.Draining
        : _copies.Count > 0 ? BlockState.Resident
        : _fill != 0 ? BlockState.Filling
        : BlockState.Absent;

    /// <summary>
    /// When <see cref="Tick"/> is due; null when nothing waits for time to pass. May be earlier than anything that is due, never
    /// later.
    /// </summary>
    public TimeSpan? NextDeadline => _nextDeadline == TimeSpan.MaxValue ? null : _nextDeadline;

    /// <summary>
    /// True when no more would be lost with this object than can be rebuilt from the nodes: no fill, lease, pull, waiter or
    /// drain is under way and no resident block is protected.
    /// </summary>
    public bool CanPassivate =>
        _fill == 0 && _leases is null && _waiters is null && !_isDraining && (_registrations is null || _copies.Count == 0);

    /// <summary>Takes one message in.</summary>
    /// <param name="now">Monotonic time.</param>
    /// <param name="sender">Whom a reply goes to.</param>
    /// <param name="message">A message of this block.</param>
    /// <param name="outbox">Takes the effects.</param>
    /// <exception cref="ArgumentException">The message is of another block, or none that an owner knows.</exception>
    public void Handle(TimeSpan now, object sender, IBlockMessage message, Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(outbox);
        if (message.Id != _id)
            throw new ArgumentException($"The owner of {_id} got a message of {message.Id}: route by the id.", nameof(message));
        Tick(now, outbox);
        ReadNews(now, outbox);
        switch (message)
        {
            case Begin begin: OnBegin(now, sender, begin, outbox); break;
            case Commit commit: OnCommit(now, sender, commit, outbox); break;
            case Abort abort: OnAbort(now, abort, outbox); break;
            case Locate locate: OnLocate(now, sender, locate, outbox); break;
            case Release release: OnRelease(now, release, outbox); break;
            case Promote promote: OnPromote(now, sender, promote, outbox); break;
            case AddCopy added: OnAddCopy(now, added.Copy, outbox); break;
            case RemoveCopy removed: OnRemoveCopy(now, removed, outbox); break;
            case Evict evict: OnEvict(now, sender, evict, outbox); break;
            case Protect protect: OnProtect(sender, protect.Key, outbox); break;
            case Unprotect unprotect: OnUnprotect(sender, unprotect.Key, outbox); break;
            case Delete: OnDelete(now, sender, outbox); break;
            case Describe: outbox.Send(sender, State == BlockState.Absent && !_isComplete ? Moved.Instance : Description()); break;
            default:
                throw new ArgumentException($"A block owner does not know {message.GetType().Name}.", nameof(message));
        }
    }

    /// <summary>Carries out what is due at <paramref name="now"/>; cheap when nothing is.</summary>
    public void Tick(TimeSpan now, Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(outbox);
        if (now < _nextDeadline)
            return;
        _nextDeadline = TimeSpan.MaxValue;
        ExpireWaiters(now, outbox);
        ExpireLeases(now, outbox);
        ExpireDrops(now, outbox);
        ExpireFill(now, outbox);
    }

    private BlockDescription Description() => new(
        _id, State, _copies.ConvertAll(copy => copy.Location), _leases?.Count ?? 0, _registrations?.Count ?? 0);

    private void Arm(TimeSpan deadline)
    {
        if (deadline < _nextDeadline)
            _nextDeadline = deadline;
    }

    private void OnProtect(object sender, KeyDigest key, Outbox outbox)
    {
        if (State != BlockState.Resident)
        {
            outbox.Send(sender, NotHere);
            return;
        }
        _registrations ??= [];
        if (_registrations.Count >= _settings.MaxRegistrations && !_registrations.Contains(key))
        {
            outbox.Send(sender, new Refused(string.Create(CultureInfo.InvariantCulture,
                $"{_registrations.Count} keys of the block are registered, the most allowed: unregister one first.")));
            return;
        }
        _registrations.Add(key);
        outbox.Send(sender, new ProtectDone(_id, _registrations.Count));
    }

    private void OnUnprotect(object sender, KeyDigest key, Outbox outbox)
    {
        _registrations?.Remove(key);
        if (_registrations?.Count == 0)
            _registrations = null;
        outbox.Send(sender, new ProtectDone(_id, _registrations?.Count ?? 0));
    }
}

using System.Globalization;
using Cascade.Core.Identity;
using Cascade.Core.Indices;
using Cascade.Core.Messages;
using Cascade.Core.Ports;

namespace Cascade.Core.Registry;

/// <summary>What one node knows of the shared prefixes, and what the cluster's registry does with requests: it keeps the quota.</summary>
/// <remarks>
/// One thread at a time. Two registries of a partitioned cluster may together exceed the quota: after the merge nothing is dropped, and only what adds bytes
/// is refused.
/// </remarks>
public sealed class PrefixRegistryCore
{
    private readonly RegistrySettings _settings;
    private readonly TombstoneQueue _tombstones;

    /// <summary>Starts with an empty state.</summary>
    public PrefixRegistryCore(RegistrySettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _settings = settings;
        _tombstones = new TombstoneQueue(settings.MaxTombstones, settings.TombstoneAge);
    }

    /// <summary>What is registered now; another object after every change, for the replicas.</summary>
    public RegistryState State { get; private set; } = RegistryState.Empty;

    /// <summary>When <see cref="Tick"/> is due; null when nothing waits for time to pass.</summary>
    public TimeSpan? NextDeadline => _tombstones.NextDeadline;

    /// <summary>Carries out a request and returns the reply.</summary>
    /// <param name="now">Monotonic time.</param>
    /// <param name="message">The registration or its withdrawal.</param>
    /// <param name="outbox">Takes what owners of blocks are told.</param>
    /// <exception cref="ArgumentException">The message is none that a registry knows.</exception>
    public object Handle(TimeSpan now, IRegistryMessage message, Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(outbox);
        return message switch
        {
            Register register => OnRegister(register, outbox),
            Unregister unregister => OnUnregister(now, unregister, outbox),
            _ => throw new ArgumentException($"A prefix registry does not know {message.GetType().Name}.", nameof(message)),
        };
    }

    /// <summary>Forgets withdrawn registrations that are old enough.</summary>
    public void Tick(TimeSpan now) => ForgetTombstones(now);

    /// <summary>Takes in what another node knows.</summary>
    /// <param name="now">Monotonic time.</param>
    /// <param name="entries">What it knows; an entry that is known, or overruled by one that is, changes nothing.</param>
    /// <param name="owners">Takes what owners of blocks are told; null unless this is the cluster's registry.</param>
    public void Merge(TimeSpan now, IEnumerable<RegistryEntry> entries, Outbox? owners = null)
    {
        ArgumentNullException.ThrowIfNull(entries);
        foreach (var entry in entries)
        {
            var next = State.With(entry);
            if (owners is not null)
                TellFormerOwners(next, entry, owners);
            if (ReferenceEquals(next, State))
                continue;
            if (entry.IsRemoved)
                _tombstones.Add(now, entry.Key, entry.Stamp);
            State = next;
        }
        ForgetTombstones(now);
    }

    private object OnRegister(Register register, Outbox outbox)
    {
        if (register.Id.IsZero || register.Key.IsZero || register.LengthBytes <= 0)
            return new Refused("The registration names no key, no block or no length: fill all three in.");
        var entry = new RegistryEntry(register.Key, register.Id, register.LengthBytes, register.Stamp, IsRemoved: false);
        var next = State.With(entry);
        if (next.UsedBytes > State.UsedBytes && next.UsedBytes > _settings.QuotaBytes)
            return new QuotaExceeded(next.UsedBytes - State.UsedBytes, State.UsedBytes, _settings.QuotaBytes);
        if (next.Keys > State.Keys && next.Keys > _settings.MaxKeys)
        {
            return new Refused(string.Create(CultureInfo.InvariantCulture,
                $"{State.Keys} keys are registered, the most allowed: unregister one first."));
        }
        TellFormerOwner(next, register.Key, outbox);
        State = next;
        return new Registered(State.UsedBytes, _settings.QuotaBytes);
    }

    private Registered OnUnregister(TimeSpan now, Unregister unregister, Outbox outbox)
    {
        var next = State.With(RegistryEntry.Removed(unregister.Key, unregister.Stamp));
        if (!ReferenceEquals(State, next))
            _tombstones.Add(now, unregister.Key, unregister.Stamp);
        TellFormerOwner(next, unregister.Key, outbox);
        State = next;
        ForgetTombstones(now);
        return new Registered(State.UsedBytes, _settings.QuotaBytes);
    }

    /// <summary>
    /// The block that the key registered so far may go. Only the registry knows for sure which it was: the key may name another
    /// block, or none, by now.
    /// </summary>
    private void TellFormerOwner(RegistryState next, in KeyDigest key, Outbox outbox)
    {
        if (!State.TryGet(key, out var former) || former.IsRemoved)
            return;
        if (!next.TryGet(key, out var held) || held.Id != former.Id)
            outbox.Send(Destination.Owners, new Unprotect(former.Id, key));
    }

    /// <summary>Of two registrations of one key the block of the one that is overruled may go, whichever was known first.</summary>
    private void TellFormerOwners(RegistryState next, in RegistryEntry entry, Outbox outbox)
    {
        TellFormerOwner(next, entry.Key, outbox);
        if (!entry.IsRemoved && next.TryGet(entry.Key, out var held) && held.Id != entry.Id)
            outbox.Send(Destination.Owners, new Unprotect(entry.Id, entry.Key));
    }

    private void ForgetTombstones(TimeSpan now)
    {
        while (_tombstones.TryTakeDue(now, out var key, out var stamp))
            State = State.Forget(key, stamp);
    }
}

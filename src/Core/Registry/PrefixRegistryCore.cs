using System.Globalization;
using Cascade.Core.Identity;
using Cascade.Core.Indices;
using Cascade.Core.Messages;
using Cascade.Core.Ports;

namespace Cascade.Core.Registry;

/// <summary>The cluster's one registry of shared prefixes: keeps the quota and hands out states for the replicas.</summary>
/// <remarks>
/// One thread at a time. A new singleton starts with nothing lost by merging the replicas' states. Two singletons of a
/// partitioned cluster may together exceed the quota: after the merge nothing is dropped, and only what adds bytes is refused.
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

    /// <summary>Takes one message in.</summary>
    /// <param name="now">Monotonic time.</param>
    /// <param name="sender">Whom the reply goes to.</param>
    /// <param name="message">The registration or its withdrawal.</param>
    /// <param name="outbox">Takes the reply.</param>
    /// <exception cref="ArgumentException">The message is none that a registry knows.</exception>
    public void Handle(TimeSpan now, object sender, IRegistryMessage message, Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(outbox);
        switch (message)
        {
            case Register register: outbox.Send(sender, OnRegister(register, outbox)); break;
            case Unregister unregister: outbox.Send(sender, OnUnregister(now, unregister, outbox)); break;
            default:
                throw new ArgumentException($"A prefix registry does not know {message.GetType().Name}.", nameof(message));
        }
    }

    /// <summary>Forgets withdrawn registrations that are old enough.</summary>
    public void Tick(TimeSpan now, Outbox outbox) => ForgetTombstones(now);

    /// <summary>Takes in what a replica, or the registry of another part of the cluster, knows.</summary>
    public void Merge(TimeSpan now, RegistryState other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var before = State;
        State = State.Merge(other);
        foreach (var entry in other.Entries)
        {
            var isNews = entry.IsRemoved && State.TryGet(entry.Key, out var held) && held == entry
                && !(before.TryGet(entry.Key, out var known) && known == entry);
            if (isNews)
                _tombstones.Add(now, entry.Key, entry.Stamp);
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

    private void ForgetTombstones(TimeSpan now)
    {
        while (_tombstones.TryTakeDue(now, out var key, out var stamp))
            State = State.Forget(key, stamp);
    }
}

namespace Cascade.Actors;

/// <summary>Tells subscribed actors of events of the system, by type: <see cref="DeadLetter"/>, <see cref="LogEvent"/>, one's own. Thread-safe.</summary>
public sealed class EventStream
{
    private readonly Lock _lock = new();
    private (IActorRef Subscriber, Type Channel)[] _subscriptions = [];

    /// <summary>Sends <paramref name="subscriber"/> every event of type <paramref name="channel"/> or derived from it; false if it already is.</summary>
    public bool Subscribe(IActorRef subscriber, Type channel)
    {
        lock (_lock)
        {
            if (_subscriptions.Contains((subscriber, channel))) return false;
            _subscriptions = [.. _subscriptions, (subscriber, channel)];
            return true;
        }
    }

    /// <summary>Ends one subscription; false if there was none.</summary>
    public bool Unsubscribe(IActorRef subscriber, Type channel) => Keep(entry => entry != (subscriber, channel));

    /// <summary>Ends all subscriptions of an actor; false if there were none.</summary>
    public bool Unsubscribe(IActorRef subscriber) => Keep(entry => entry.Subscriber != subscriber);

    /// <summary>Sends the event to whom it concerns.</summary>
    public void Publish(object @event)
    {
        ArgumentNullException.ThrowIfNull(@event);
        foreach (var (subscriber, channel) in Volatile.Read(ref _subscriptions))
        {
            // A subscriber's own undeliverable events would come back to it for ever.
            if (@event is DeadLetter letter && letter.Recipient == subscriber) continue;
            if (channel.IsInstanceOfType(@event)) subscriber.Tell(@event, null);
        }
    }

    private bool Keep(Predicate<(IActorRef Subscriber, Type Channel)> stays)
    {
        lock (_lock)
        {
            var kept = Array.FindAll(_subscriptions, stays);
            var changed = kept.Length != _subscriptions.Length;
            _subscriptions = kept;
            return changed;
        }
    }
}

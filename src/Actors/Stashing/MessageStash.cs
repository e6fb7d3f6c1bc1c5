namespace Cascade.Actors;

internal sealed class MessageStash(ActorCell cell) : IStash
{
    private readonly Queue<Envelope> _envelopes = new();
    private Envelope? _last;

    public int Count => _envelopes.Count;

    public int Capacity => cell.System.Settings.StashCapacity;

    public void Stash()
    {
        var envelope = cell.MessageInHand;
        if (envelope is null)
            throw new InvalidOperationException("No message that could be stashed is in hand; call Stash while handling one.");
        if (ReferenceEquals(envelope, _last))
            throw new InvalidOperationException($"{envelope.Message.GetType()} is stashed already; stash a message once.");
        if (_envelopes.Count >= Capacity)
        {
            throw new StashOverflowException(
                $"The stash of {cell.Self} is full with {Capacity} messages; unstash sooner or raise StashCapacity.");
        }

        _last = envelope;
        _envelopes.Enqueue(envelope);
    }

    public void Unstash()
    {
        if (_envelopes.Count > 0) PutBack([_envelopes.Dequeue()]);
    }

    public void UnstashAll()
    {
        if (_envelopes.Count == 0) return;
        PutBack(_envelopes);
        _envelopes.Clear();
    }

    // As fresh envelopes: the message in hand is known by its envelope, and may be among them.
    private void PutBack(IEnumerable<Envelope> envelopes) =>
        cell.Mailbox.Prepend([.. envelopes.Select(static old => new Envelope(old.Message, old.Sender, isSignal: false))]);
}

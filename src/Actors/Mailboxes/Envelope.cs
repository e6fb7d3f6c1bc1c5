namespace Cascade.Actors;

/// <summary>A message on its way: the link of the mailbox's list, so that a told message costs one object.</summary>
internal sealed class Envelope(object message, IActorRef? sender, bool isSignal)
{
    public readonly object Message = message;
    public readonly IActorRef? Sender = sender;
    public Envelope? Next;

    /// <summary>How many were posted up to this one; the distance to the consumed count is the number waiting.</summary>
    public uint Ordinal;

    /// <summary>True for what the engine posts itself: it is exempt from the bound.</summary>
    public readonly bool IsSignal = isSignal;
}

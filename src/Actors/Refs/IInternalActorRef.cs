namespace Cascade.Actors;

/// <summary>What the engine needs of a ref beyond telling: lifecycle signals that no bound may drop.</summary>
internal interface IInternalActorRef : IActorRef
{
    /// <summary>The system the ref belongs to; null for a ref that belongs to none.</summary>
    ActorSystem? System { get; }

    /// <summary>Delivers a lifecycle signal; callable from any thread, never dropped.</summary>
    void SendSystemMessage(SystemMessage message);
}

internal static class InternalActorRefExtensions
{
    public static IInternalActorRef AsInternal(this IActorRef actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        return actor as IInternalActorRef
            ?? throw new ArgumentException($"{actor.GetType()} is not a ref of this engine; use refs made by ActorOf.", nameof(actor));
    }
}

namespace Cascade.Actors;

/// <summary>The sender of an asked message, which can be told that no reply will come.</summary>
internal interface IAskPromise : IInternalActorRef
{
    void Fail(Exception cause);
}

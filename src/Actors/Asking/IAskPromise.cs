namespace Cascade.Actors;

/// <summary>The sender of an asked message, which can be told that no reply will come.</summary>
internal interface IAskPromise : IInternalActorRef
{
    /// <summary>True once it has its reply or failure: nothing that still comes will be taken.</summary>
    bool IsSettled { get; }

    void Fail(Exception cause);
}

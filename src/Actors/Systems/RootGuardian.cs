namespace Cascade.Actors;

/// <summary>The parent of the two guardians: ends the system when the user's has stopped or failed for good.</summary>
internal sealed class RootGuardian(ActorSystem system, ActorPath path) : IInternalActorRef
{
    public ActorSystem System => system;

    public ActorPath Path => path;

    public void Tell(object message, IActorRef? sender) => system.DeadLetterRef.Tell(message, sender);

    public void SendSystemMessage(SystemMessage message)
    {
        switch (message)
        {
            case Failed failed:
                system.Publish(new Error(failed.Cause, failed.Child.Path.ToString(), "A failure was escalated past the guardian; the system terminates."));
                _ = system.Terminate();
                break;
            case ChildTerminated terminated:
                system.OnGuardianTerminated(terminated.Child);
                break;
        }
    }

    public override string ToString() => $"[{path}]";
}

/// <summary>The parent of top-level actors; handles nothing itself.</summary>
internal sealed class GuardianActor(SupervisorStrategy strategy) : ActorBase
{
    protected override bool Receive(object message) => false;

    protected override SupervisorStrategy SupervisorStrategy() => strategy;
}

namespace Cascade.Actors;

internal sealed partial class ActorCell
{
    // Why user messages wait: one bit a reason, and above them how many times an ancestor's failure suspended this actor.
    private const int HasFailed = 1;
    private const int AwaitsHandler = 2;
    private const int InLifecycle = 4;
    private const int WithParent = 8;

    /// <summary>Suspends the actor with its children and leaves the decision to its parent.</summary>
    private void Fail(Exception cause)
    {
        if (_state is CellState.Terminating or CellState.Terminated || (_suspension & HasFailed) != 0)
        {
            System.Publish(new Error(cause, Self.Path.ToString(), "Failed again while stopping or waiting for its supervisor."));
            return;
        }

        _suspension |= HasFailed;
        Extras.FailedAt = _message?.Message;
        foreach (var child in ChildRefs()) child.SendSystemMessage(new Suspend());
        SelfRef.Parent.SendSystemMessage(new Failed(SelfRef, cause));
    }

    private void OnChildFailed(LocalActorRef child, Exception cause)
    {
        if (_state == CellState.Terminating || Child(child.Name) != child) return;
        var strategy = _props.SupervisorStrategy ?? _actor?.AroundSupervisorStrategy() ?? SupervisorStrategy.DefaultStrategy;
        var directive = strategy.Decider(cause);
        if (directive == Directive.Restart && !StatisticsOf(child).RequestRestart(strategy, System.Time)) directive = Directive.Stop;
        if (directive != Directive.Escalate)
            System.Publish(new Error(cause, child.Path.ToString(), $"Failed: {cause.Message} ({directive})"));
        switch (directive)
        {
            case Directive.Resume:
                child.SendSystemMessage(new Resume(isAfterOwnFailure: true));
                break;
            case Directive.Restart:
                foreach (var one in Affected(strategy, child)) one.SendSystemMessage(new Recreate(cause));
                break;
            case Directive.Stop:
                foreach (var one in Affected(strategy, child)) Stop(one);
                break;
            default:
                Fail(cause);
                break;
        }
    }

    private RestartStatistics StatisticsOf(LocalActorRef child)
    {
        var restarts = Extras.Restarts ??= [];
        if (!restarts.TryGetValue(child, out var statistics)) restarts.Add(child, statistics = new RestartStatistics());
        return statistics;
    }

    private LocalActorRef[] Affected(SupervisorStrategy strategy, LocalActorRef child) => strategy.IsForAll ? ChildRefs() : [child];

    private void OnSuspend()
    {
        _suspension += WithParent;
        foreach (var child in ChildRefs()) child.SendSystemMessage(new Suspend());
    }

    private void OnResume(bool isAfterOwnFailure)
    {
        if (isAfterOwnFailure && _actor is null && _state == CellState.Running)
        {
            // There is no instance to go on with, since it never came to be.
            BeginRestart(new ActorInitializationException($"{Self} was resumed before it had started."));
            return;
        }

        if (isAfterOwnFailure) _suspension &= ~HasFailed;
        else if (_suspension >= WithParent) _suspension -= WithParent;
        foreach (var child in ChildRefs()) child.SendSystemMessage(new Resume(isAfterOwnFailure: false));
    }
}

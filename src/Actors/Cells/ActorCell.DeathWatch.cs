namespace Cascade.Actors;

/// <summary>Queues the news of a watched actor's end behind the messages that came before it.</summary>
internal sealed record WatchedTerminated(IActorRef Actor, object Message);

internal sealed partial class ActorCell
{
    public IActorRef Watch(IActorRef subject)
    {
        if (StartWatch(subject, null, out var present) || present is null) return subject;
        throw new InvalidOperationException($"{subject} is watched with a message already; unwatch it first.");
    }

    public IActorRef WatchWith(IActorRef subject, object message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (StartWatch(subject, message, out var present) || Equals(present, message)) return subject;
        throw new InvalidOperationException($"{subject} is watched otherwise already; unwatch it first.");
    }

    public IActorRef Unwatch(IActorRef subject)
    {
        ArgumentNullException.ThrowIfNull(subject);
        _extras?.TerminatedQueued?.Remove(subject);
        if (_extras?.Watching?.Remove(subject) == true) subject.AsInternal().SendSystemMessage(new Unwatch(SelfRef));
        return subject;
    }

    private bool StartWatch(IActorRef subject, object? message, out object? present)
    {
        var target = subject.AsInternal();
        present = null;
        if (subject == SelfRef) return true;
        var watching = Extras.Watching ??= [];
        if (watching.TryGetValue(subject, out present)) return false;
        // First, since it throws when too many remote actors are watched.
        target.SendSystemMessage(new Watch(SelfRef));
        watching.Add(subject, message);
        return true;
    }

    private void AddWatcher(IInternalActorRef watcher)
    {
        var watchers = Extras.WatchedBy ??= [];
        if (!watchers.Contains(watcher)) watchers.Add(watcher);
    }

    private void OnWatchedTerminated(IActorRef actor)
    {
        if (_extras?.Watching?.Remove(actor, out var message) != true) return;
        // A second watch after an end that is queued already answers for both.
        if ((Extras.TerminatedQueued ??= []).Add(actor))
            Mailbox.PostSignal(new WatchedTerminated(actor, message ?? new Terminated(actor)));
    }
}

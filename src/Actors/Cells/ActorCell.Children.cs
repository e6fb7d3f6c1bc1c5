using System.Globalization;

namespace Cascade.Actors;

internal sealed partial class ActorCell
{
    public IActorRef ActorOf(Props props, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(props);
        if (name is not null && !ActorPath.IsValidPathElement(name))
        {
            throw new InvalidActorNameException(
                $"'{name}' is no actor name: use 1 to 255 letters, digits or -_.*+:@&=,!~';% and no leading $.");
        }

        return StartChild(props, name);
    }

    /// <summary>As <see cref="ActorOf"/> with a name that is known to be well-formed.</summary>
    public LocalActorRef StartChild(Props props, string? name)
    {
        var extras = Extras;
        LocalActorRef child;
        // The guardians take children from any thread; for other actors the lock is uncontended.
        lock (extras)
        {
            if (_state is CellState.Terminating or CellState.Terminated)
                throw new InvalidOperationException($"{Self} is stopping and takes no more children.");
            extras.Children ??= new Dictionary<string, LocalActorRef>(StringComparer.Ordinal);
            name ??= string.Create(CultureInfo.InvariantCulture, $"${extras.ChildrenNamed++:x}");
            child = new LocalActorRef(System, props, SelfRef, name, System.NextUid());
            if (!extras.Children.TryAdd(name, child))
                throw new InvalidActorNameException($"{Self} has a child named '{name}' already; choose another name or wait until it has stopped.");
        }

        child.Start();
        return child;
    }

    public void Stop(IActorRef actor)
    {
        if (actor is LocalActorRef local && local.Parent == SelfRef && _state != CellState.Terminating)
        {
            lock (Extras)
            {
                if (Extras.Children?.GetValueOrDefault(local.Name) == local) (Extras.Dying ??= []).Add(local);
            }
        }

        actor.AsInternal().SendSystemMessage(new Terminate());
    }

    public IReadOnlyList<IActorRef> GetChildren() => ChildRefs();

    public IActorRef Child(string name)
    {
        if (_extras is not { } extras) return ActorRefs.Nobody;
        lock (extras)
        {
            return extras.Children is { } children && children.TryGetValue(name, out var child) ? child : ActorRefs.Nobody;
        }
    }

    private LocalActorRef[] ChildRefs()
    {
        if (_extras is not { } extras) return [];
        lock (extras)
        {
            return extras.Children is { Count: > 0 } children ? [.. children.Values] : [];
        }
    }

    private bool HasChildren
    {
        get
        {
            if (_extras is not { } extras) return false;
            lock (extras)
            {
                return extras.Children is { Count: > 0 };
            }
        }
    }

    private bool HasDyingChildren => _extras?.Dying is { Count: > 0 };

    private void OnChildTerminated(LocalActorRef child)
    {
        var extras = Extras;
        lock (extras)
        {
            if (extras.Children?.Remove(child.Name) != true) return;
            extras.Dying?.Remove(child);
        }

        extras.Restarts?.Remove(child);
        if (_state == CellState.Terminating)
        {
            if (!HasChildren) FinishTerminate();
        }
        else if (_state == CellState.Restarting)
        {
            if (!HasDyingChildren) FinishRestart();
        }
        else
        {
            _actor?.OnChildTerminated(child);
        }
    }
}

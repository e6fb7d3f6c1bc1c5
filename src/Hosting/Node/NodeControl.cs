using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Sharding;

namespace Cascade.Hosting.Node;

/// <summary>The actor by which others have a node drained: <see cref="DrainNode"/>. Whoever can send it messages is in the cluster, and so trusted.</summary>
internal sealed class NodeControl : UntypedActor
{
    private readonly ClusterView _view;
    private readonly Action _onDrain;

    private NodeControl(ClusterView view, Action onDrain) => (_view, _onDrain) = (view, onDrain);

    /// <summary>Name of the actor.</summary>
    public static string Name { get; } = NodePaths.NodeControl[(NodePaths.NodeControl.LastIndexOf('/') + 1)..];

    /// <summary>How to start it.</summary>
    /// <param name="view">What the node knows of the cluster, itself included.</param>
    /// <param name="onDrain">Called for each request to drain; must not block.</param>
    public static Props Props(ClusterView view, Action onDrain) => Actors.Props.Create(() => new NodeControl(view, onDrain));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        if (message is DrainNode drain)
            OnDrain(drain.Life);
        else
            Unhandled(message);
    }

    private void OnDrain(NodeLife life)
    {
        if (_view.Current.Members.Find(_view.Self)?.Life != life)
        {
            Sender.Tell(Moved.Instance, Self);
            return;
        }

        // The answer comes first: the stop that follows ends this actor.
        Sender.Tell(new Draining(life), Self);
        _onDrain();
    }
}

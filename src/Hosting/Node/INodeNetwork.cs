using Cascade.Actors;
using Cascade.Core.Membership;

namespace Cascade.Hosting.Node;

/// <summary>How a node reaches the actors of others. Thread-safe; ends with the actor system.</summary>
internal interface INodeNetwork
{
    /// <summary>Where others reach this node.</summary>
    NodeAddress Address { get; }

    /// <summary>Told of each node to which messages flow from now on. On any thread.</summary>
    event Action<NodeAddress>? Connected;

    /// <summary>Told of each node to which the connection was lost. On any thread.</summary>
    event Action<NodeAddress>? Lost;

    /// <summary>The actor of a path at the node that listens at an address; never throws: what cannot be reached is nobody.</summary>
    IActorRef Resolve(NodeAddress address, string path);

    /// <summary>As the other, but for one life of the node alone: what another life is told in its place fails at once.</summary>
    IActorRef Resolve(Member member, string path);

    /// <summary>This node goes on as a later life than it began as: others are greeted anew.</summary>
    void BeginLife(Member self);

    /// <summary>A life of a node is over, whatever it says itself: what waits for it fails at once.</summary>
    void MarkDown(Member member);

    /// <summary>A life of a node is taken for dead, which may be wrong: what waits for it fails at once, and it is still heard when it is there after all.</summary>
    void MarkLost(Member member);

    /// <summary>A node lives: it may be called.</summary>
    void MarkUp(Member member);
}

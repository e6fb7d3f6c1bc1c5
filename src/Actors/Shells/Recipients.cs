using System.Collections.Immutable;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Actors.Shells;

/// <summary>Turns what a core calls a receiver into an actor, and carries out an outbox.</summary>
/// <remarks>Thread-safe. Filled in while a node is put together, each receiver before the first message to it.</remarks>
public sealed class Recipients
{
    [ThreadStatic]
    private static Outbox? _outbox;

    private ImmutableDictionary<object, IActorRef> _known = ImmutableDictionary<object, IActorRef>.Empty;

    /// <summary>Gives the actors of other nodes; null on a node that is alone. To be set before the first message to one of them.</summary>
    public NodeRefs? Others { get; set; }

    /// <summary>
    /// An outbox for one step on this thread, empty: what a step left in it that failed is not the next one's to send. A step ends with
    /// <see cref="Deliver"/>, so steps on a thread never nest.
    /// </summary>
    public static Outbox StepOutbox
    {
        get
        {
            var outbox = _outbox ??= new Outbox();
            outbox.Clear();
            return outbox;
        }
    }

    /// <summary>Says which actor stands for a destination or a tier address.</summary>
    /// <exception cref="ArgumentException">One is known for it already.</exception>
    public void Add(object receiver, IActorRef actor)
    {
        if (!ImmutableInterlocked.TryAdd(ref _known, receiver, actor))
            throw new ArgumentException($"An actor stands for '{receiver}' already: add each receiver once.", nameof(receiver));
    }

    /// <summary>
    /// The actor that stands for a destination or a tier address; for a tier of another node the one that it has there, and nobody when that node has left.
    /// </summary>
    /// <exception cref="InvalidOperationException">None is known.</exception>
    public IActorRef this[object receiver]
    {
        get
        {
            if (_known.TryGetValue(receiver, out var actor))
                return actor;
            if (receiver is TierAddress tier && Others is { } others && tier.Node != others.Self)
                return others.Of(tier.Node, NodePaths.Of(tier.Tier)) ?? ActorRefs.Nobody;
            throw new InvalidOperationException($"No actor stands for '{receiver}': the node was not put together in full.");
        }
    }

    /// <summary>Sends every effect in order and empties the outbox.</summary>
    public void Deliver(Outbox outbox, IActorRef self)
    {
        for (var i = 0; i < outbox.Effects.Count; i++)
        {
            var (to, message) = outbox.Effects[i];
            (to as IActorRef ?? this[to]).Tell(message, self);
        }

        outbox.Clear();
    }
}

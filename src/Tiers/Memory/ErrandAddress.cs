using Cascade.Actors;
using Cascade.Core.Tiering;

namespace Cascade.Tiers.Memory;

/// <summary>Where the answers to one errand go: each is passed on to the memory tier under the errand's number.</summary>
internal sealed class ErrandAddress(IActorRef tier, long number) : IActorRef
{
    public ActorPath Path => tier.Path;

    public void Tell(object message, IActorRef? sender) => tier.Tell(new ColdAnswer(number, message), sender);

    public override string ToString() => $"[{Path} errand {number}]";
}

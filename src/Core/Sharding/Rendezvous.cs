using Cascade.Core.Identity;

namespace Cascade.Core.Sharding;

/// <summary>Rendezvous hashing (Thaler and Ravishankar, 1998): each subject scores every node, and the highest score wins.</summary>
public static class Rendezvous
{
    /// <summary>The score of a node for a subject: uniform, and the same in every process.</summary>
    public static ulong Score(ulong subject, NodeId node) => Mixing.Mix(Mixing.Mix(subject) ^ Mixing.Mix(node.Value + 1UL));
}

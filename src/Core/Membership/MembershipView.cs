using System.Collections.Immutable;
using Cascade.Core.Identity;

namespace Cascade.Core.Membership;

/// <summary>Who is in the cluster, as one node knew at one time. Immutable, and so safe for any thread.</summary>
/// <param name="Version">Rises with every change of this node's knowledge; versions of different nodes have nothing to do with each other.</param>
/// <param name="Self">The node whose view it is.</param>
/// <param name="Members">All live members, the node itself among them unless it has left, in the order of their numbers.</param>
/// <param name="Digest">The same on two nodes that know the same of the same members, and hardly ever else.</param>
public sealed record MembershipView(long Version, NodeId Self, ImmutableArray<Member> Members, ulong Digest)
{
    /// <summary>The live member with this number; null when there is none.</summary>
    public Member? Find(NodeId node)
    {
        int low = 0, high = Members.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = Members[middle].Node.CompareTo(node);
            if (order == 0)
                return Members[middle];
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return null;
    }
}

using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Sharding;
using Cascade.Hosting.Node;

namespace Cascade.Hosting;

/// <summary>Which nodes are asked to take a block in, and in which order.</summary>
internal static class Placement
{
    /// <summary>
    /// The nodes that store, nearest first: those of this machine, then the others; among equals by a draw that depends on block and node alone, so that blocks
    /// spread evenly. Suspects come last.
    /// </summary>
    /// <param name="members">Who is in the cluster.</param>
    /// <param name="id">The block.</param>
    /// <param name="exclude">Nodes that hold it already.</param>
    public static IReadOnlyList<NodeId> Candidates(MembershipView members, BlockId id, IReadOnlyCollection<NodeId> exclude)
    {
        var machine = members.Find(members.Self)?.Metadata[NodeFabric.MachineLabel];
        return
        [
            .. members.Members
                .Where(member => member.TakesWork && !exclude.Contains(member.Node))
                .OrderBy(static member => member.State == MemberState.Suspect)
                .ThenBy(member => machine is null || member.Metadata[NodeFabric.MachineLabel] != machine)
                .ThenByDescending(member => Rendezvous.Score(id.Prefix64, member.Node))
                .Select(static member => member.Node),
        ];
    }
}

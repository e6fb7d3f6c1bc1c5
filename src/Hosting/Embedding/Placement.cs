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
    public static IReadOnlyList<NodeId> Candidates(MembershipView members, BlockId id, IReadOnlyCollection<NodeId> exclude) =>
        Sort(members, id, member => member.TakesWork && !exclude.Contains(member.Node));

    /// <summary>As <see cref="Candidates"/>, of other nodes that are well and not known to be full.</summary>
    public static IReadOnlyList<NodeId> WithRoom(MembershipView members, BlockId id, FullNodes full, TimeSpan now) =>
        Sort(members, id, member => MayHaveRoom(members, member, full, now));

    /// <summary>True when some other node may have room. Allocates nothing.</summary>
    public static bool IsRoomElsewhere(MembershipView members, FullNodes full, TimeSpan now)
    {
        foreach (var member in members.Members)
        {
            if (MayHaveRoom(members, member, full, now))
                return true;
        }

        return false;
    }

    private static bool MayHaveRoom(MembershipView members, Member member, FullNodes full, TimeSpan now) =>
        member.TakesWork && member.State == MemberState.Up && member.Node != members.Self && !full.Contains(member.Node, now);

    private static IReadOnlyList<NodeId> Sort(MembershipView members, BlockId id, Func<Member, bool> isWanted)
    {
        var machine = members.Find(members.Self)?.Metadata[NodeFabric.MachineLabel];
        return
        [
            .. members.Members
                .Where(isWanted)
                .OrderBy(static member => member.State == MemberState.Suspect)
                .ThenBy(member => machine is null || member.Metadata[NodeFabric.MachineLabel] != machine)
                .ThenByDescending(member => Rendezvous.Score(id.Prefix64, member.Node))
                .Select(static member => member.Node),
        ];
    }
}

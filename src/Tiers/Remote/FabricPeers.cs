using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Tiers.Fabric;
using Cascade.Tiers.Mpi;

namespace Cascade.Tiers.Remote;

/// <summary>Keeps the fabrics to the nodes that are in the cluster. One thread at a time.</summary>
/// <remarks>A node that comes back is a new one to the fabrics: neither the mapping nor a connection of its life before is used for it.</remarks>
/// <param name="router">Chooses among the fabrics.</param>
/// <param name="mapping">Maps arenas of this machine; null for none.</param>
/// <param name="bulk">Pulls over TCP; null for none.</param>
/// <param name="mpi">Pulls by MPI; null for none.</param>
public sealed class FabricPeers(FabricRouter router, SameHostFabric? mapping, BulkClient? bulk, MpiFabric? mpi = null)
{
    private readonly Dictionary<NodeId, (NodeLife Life, MemberState State)> _known = [];

    /// <summary>Takes nodes in that joined or came up, and forgets those that left or whose life before is over.</summary>
    public void Update(MembershipView members)
    {
        ArgumentNullException.ThrowIfNull(members);
        foreach (var (node, known) in _known.ToArray())
        {
            if (members.Find(node)?.Life == known.Life)
                continue;
            _known.Remove(node);
            router.Forget(node);
            mapping?.Forget(node);
            bulk?.Forget(node);
            mpi?.MarkLeft(node);
        }

        foreach (var member in members.Members)
        {
            if (member.Node == members.Self)
                continue;
            if (_known.TryGetValue(member.Node, out var known) && known.State == member.State)
                continue;

            // Looked at again at each change of state: what it serves by may not have been there when it joined.
            _known[member.Node] = (member.Life, member.State);
            mpi?.Meet(member.Life);
            router.TryAdd(member.Node);
        }
    }
}

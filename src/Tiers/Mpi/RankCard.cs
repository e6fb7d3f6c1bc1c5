using System.Runtime.InteropServices;
using System.Text;
using Cascade.Core.Clocks;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Mpi;

/// <summary>What each rank tells all others at the start.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RankCard
{
    /// <summary>Changes with whatever a rank has to know of another's memory.</summary>
    private const ulong CurrentVersion = 0x32_4950_4D43_5343;

    public ulong Version;
    public ulong Cluster;
    public ulong Start;
    public long PayloadBytes;
    public int SlotCount;
    public uint Node;
    public uint Algorithm;
    public uint Reserved;

    public static RankCard Of(MpiOptions options, ArenaLayout layout) => new()
    {
        Version = CurrentVersion,
        Cluster = BlockDigest.Compute(DigestAlgorithm.Blake3, Encoding.UTF8.GetBytes(options.ClusterName)).Prefix64,
        Start = options.Start.Value,
        PayloadBytes = layout.PayloadBytes,
        SlotCount = layout.SlotCount,
        Node = options.Node.Value,
        Algorithm = (uint)options.DigestAlgorithm,
    };

    /// <summary>Makes peers of the cards, in the order of ranks. All ranks come to the same finding.</summary>
    /// <exception cref="MpiRefusedException">They do not fit together.</exception>
    public static MpiPeer[] ToPeers(ReadOnlySpan<RankCard> cards)
    {
        var peers = new MpiPeer[cards.Length];
        var ranks = new Dictionary<NodeId, int>();
        for (var rank = 0; rank < cards.Length; rank++)
        {
            ref readonly var card = ref cards[rank];
            if (card.Version != CurrentVersion)
                throw new MpiRefusedException($"MPI rank {rank} runs another version of Cascade: start the same one on all nodes.");
            if (card.Cluster != cards[0].Cluster || card.Algorithm != cards[0].Algorithm)
                throw new MpiRefusedException($"MPI rank {rank} is of another cluster than rank 0, or names blocks by another digest: give all ranks the same settings.");
            var node = new NodeId(card.Node);
            if (!ranks.TryAdd(node, rank))
                throw new MpiRefusedException($"MPI ranks {ranks[node]} and {rank} are both {node}: give each rank a node number of its own.");
            peers[rank] = new MpiPeer(new NodeLife(node, new HybridTimestamp(card.Start)), rank, new ArenaLayout(card.SlotCount, card.PayloadBytes));
        }

        return peers;
    }
}

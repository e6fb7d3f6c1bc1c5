using Cascade.Core.Identity;
using Cascade.Core.Leases;
using Cascade.Core.Membership;
using Cascade.Core.Placement;
using Cascade.Core.Remote;

namespace Cascade.Core.Tests.Remote;

/// <summary>A directory of made-up copies that counts the leases on them.</summary>
internal sealed class LendableStandIn : ILendableCopies, ILeaseHolder
{
    private uint _last;

    public static readonly NodeId Self = new(1);

    public Dictionary<BlockId, CopyLocation> Copies { get; } = [];

    public HashSet<uint> Held { get; } = [];

    public bool IsFull { get; set; }

    public static BlockId Block(int number)
    {
        Span<byte> digest = stackalloc byte[BlockId.SizeBytes];
        digest.Fill((byte)number);
        return new BlockId(digest);
    }

    public static CopyLocation Copy(int number, TierKind tier = TierKind.Shm, uint node = 1, long length = 4096) =>
        new(new NodeId(node), tier, (uint)number, 2, number * 4096L, length);

    public static Member Node(uint node, ulong start) =>
        Member.Starting(new NodeId(node), new NodeAddress($"n{node}:1"), new(start), MemberMetadata.None) with { State = MemberState.Up };

    public static MembershipView View(params Member[] members) => new(1, Self, [.. members.OrderBy(static member => member.Node)], 0);

    public LendOutcome TryLease(BlockId id, in CopyLocation copy, TimeSpan duration, out BlockLease lease)
    {
        lease = default;
        if (IsFull)
            return LendOutcome.Full;
        if (!Copies.TryGetValue(id, out var known) || known != copy)
            return LendOutcome.Gone;
        Held.Add(++_last);
        lease = new BlockLease(this, _last, 1, 1, copy.LengthBytes, id, TierKind.Shm);
        return LendOutcome.Lent;
    }

    public bool TryFind(BlockId id, out CopyLocation copy) => Copies.TryGetValue(id, out copy);

    public bool IsHeld(uint entry, uint stamp) => Held.Contains(entry);

    public bool TryRenew(uint entry, uint stamp, TimeSpan duration) => Held.Contains(entry);

    public void Release(uint entry, uint stamp) => Held.Remove(entry);
}

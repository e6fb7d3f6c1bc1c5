using Cascade.Core.Clocks;
using Cascade.Core.Identity;

namespace Cascade.Core.Membership;

/// <summary>What is told of one node: on the wire, and in a <see cref="MembershipView"/>. Immutable.</summary>
/// <param name="Node">Its number.</param>
/// <param name="Address">Where it listens.</param>
/// <param name="Start">
/// When this life of it was started, by its own clock: a later start overrules all that is told of an earlier one. Two processes that were
/// started with one number in the same instant are told apart by address.
/// </param>
/// <param name="Incarnation">Rises whenever the node says something new of itself; 0 to <see cref="IncarnationMax"/>.</param>
/// <param name="State">What is known of it.</param>
/// <param name="Share">How much of its share of the shards it takes, 1 to <see cref="FullShare"/>: rises while it is slow-started.</param>
/// <param name="Metadata">What it says of itself.</param>
/// <param name="Accuser">While it is suspect: who got no answer from it. Null otherwise.</param>
public sealed record Member(
    NodeId Node, NodeAddress Address, HybridTimestamp Start, long Incarnation, MemberState State, int Share, MemberMetadata Metadata,
    NodeId? Accuser)
{
    /// <summary>The share of a node that is no longer slow-started.</summary>
    public const int FullShare = 8;

    /// <summary>Highest incarnation that is believed, of an accusation the one below, so that there is one to refute it with: no life gets there.</summary>
    public const long IncarnationMax = 1L << 48;

    // Numbers, stamps and the framing of a record on the wire: an upper bound for any encoding in use.
    private const int FixedBytes = 64;

    /// <summary>Most bytes that one member takes in a message.</summary>
    public const int SizeBytesMax = FixedBytes + NodeAddress.LengthMax + MemberMetadata.LabelBytesMax;

    /// <summary>The life that this is about.</summary>
    public NodeLife Life => new(Node, Start);

    /// <summary>True unless it is removed or has left.</summary>
    public bool IsLive => State < MemberState.Removed;

    /// <summary>True for a node that is to be given work: up, or suspected of not being so, and not a client.</summary>
    public bool TakesWork => State is MemberState.Up or MemberState.Suspect && !Metadata.IsClient;

    /// <summary>The part of its share of work that a node takes, more than 0 to 1: less than 1 while it is slow-started.</summary>
    public double Weight => (double)Share / FullShare;

    /// <summary>Bytes that it takes in a message, at most.</summary>
    public int SizeBytes => FixedBytes + Address.Text.Length + Metadata.SizeBytes;

    /// <summary>A node that was just started.</summary>
    /// <param name="node">Its number.</param>
    /// <param name="address">Where others reach it.</param>
    /// <param name="start">Now, by its clock. The counter may be filled with random bits to tell lives of one millisecond apart.</param>
    /// <param name="metadata">What it says of itself.</param>
    public static Member Starting(NodeId node, NodeAddress address, HybridTimestamp start, MemberMetadata metadata) =>
        new(node, address, start, Incarnation: 0, MemberState.Joining, Share: 1, metadata, Accuser: null);

    /// <inheritdoc/>
    public override string ToString() => $"{Node} {Address} {Start} {State}.{Incarnation}" + (Share == FullShare ? "" : $" {Share}/{FullShare}");

    /// <summary>Negative when this is about an earlier life of the node than the other, positive for a later one, zero for the same.</summary>
    internal int CompareLife(Member other)
    {
        var byStart = Start.CompareTo(other.Start);
        return byStart != 0 ? byStart : Address.CompareTo(other.Address);
    }

    /// <summary>True when this tells something newer of the same life. What a node said when it left is the last word.</summary>
    internal bool IsNewsTo(Member held)
    {
        if (held.State == MemberState.Left || State == MemberState.Left)
            return held.State != MemberState.Left;
        return Incarnation > held.Incarnation || (Incarnation == held.Incarnation && State > held.State);
    }

    /// <summary>True when all fields are in their ranges: what came from elsewhere need not be.</summary>
    internal bool IsValid() =>
        Incarnation >= 0 && Incarnation <= (State is MemberState.Suspect or MemberState.Removed ? IncarnationMax - 1 : IncarnationMax)
        && State <= MemberState.Left && Share is > 0 and <= FullShare;
}

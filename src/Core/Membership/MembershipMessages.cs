namespace Cascade.Core.Membership;

/// <summary>A message between the membership cores of two nodes. Any may be lost, late, repeated or overtaken.</summary>
/// <param name="From">The life that sends it.</param>
/// <param name="To">The life it is meant for; null for whoever listens at the address. Any other life takes no notice.</param>
public abstract record MembershipMessage(NodeLife From, NodeLife? To);

/// <summary>Asks for a sign of life. Reply: <see cref="Ack"/>.</summary>
/// <param name="From">Who asks.</param>
/// <param name="To">Who is asked.</param>
/// <param name="Sequence">Number of the probe, given back in the answer.</param>
/// <param name="Gossip">News of members, <see cref="MembershipSettings.GossipBytesMax"/> in all at most.</param>
public sealed record Ping(NodeLife From, NodeLife? To, long Sequence, IReadOnlyList<Member> Gossip) : MembershipMessage(From, To);

/// <summary>Asks a third node to ask for a sign of life. Reply: <see cref="Ack"/> once there was one, or <see cref="Nack"/>.</summary>
/// <param name="From">Who asks.</param>
/// <param name="To">Who is to pass it on.</param>
/// <param name="Sequence">Number of the probe, given back in the answer.</param>
/// <param name="Target">Whose sign of life is wanted.</param>
/// <param name="TargetAddress">Where it listens.</param>
/// <param name="Gossip">As in <see cref="Ping"/>.</param>
public sealed record PingRequest(
    NodeLife From, NodeLife? To, long Sequence, NodeLife Target, NodeAddress TargetAddress, IReadOnlyList<Member> Gossip) : MembershipMessage(From, To);

/// <summary>A sign of life: the sender's own, or that of the node which it was asked to probe.</summary>
/// <param name="From">Who sends it.</param>
/// <param name="To">Who asked.</param>
/// <param name="Sequence">As in the question.</param>
/// <param name="Gossip">As in <see cref="Ping"/>.</param>
public sealed record Ack(NodeLife From, NodeLife? To, long Sequence, IReadOnlyList<Member> Gossip) : MembershipMessage(From, To);

/// <summary>The node that was to be probed did not answer the sender either; tells the asker that its own connection works.</summary>
/// <param name="From">Who sends it.</param>
/// <param name="To">Who asked.</param>
/// <param name="Sequence">As in the question.</param>
public sealed record Nack(NodeLife From, NodeLife? To, long Sequence) : MembershipMessage(From, To);

/// <summary>News of members that are not to wait for the next probe. No reply.</summary>
/// <param name="From">Who sends it.</param>
/// <param name="To">Who gets it.</param>
/// <param name="Records">As in <see cref="Ping"/>.</param>
public sealed record Gossip(NodeLife From, NodeLife? To, IReadOnlyList<Member> Records) : MembershipMessage(From, To);

/// <summary>
/// Compares all that two nodes know, a page at a time; a node that joins begins with it. Reply: <see cref="SyncReply"/>, or
/// <see cref="SyncRefused"/>.
/// </summary>
/// <param name="From">Who asks.</param>
/// <param name="To">Who is asked; null when only the address is known.</param>
/// <param name="Cluster">Name of the sender's cluster.</param>
/// <param name="Sequence">Number of the page, given back in the answer.</param>
/// <param name="Self">What the sender says of itself.</param>
/// <param name="Digest">Digest over what the sender knows of live members: when the receiver's is the same there is nothing to compare.</param>
/// <param name="Range">The numbers that this page is about.</param>
/// <param name="Records">All that the sender knows of nodes in that range, in order of their numbers; <see cref="MembershipSettings.PageBytesMax"/> at most.</param>
public sealed record Sync(
    NodeLife From, NodeLife? To, string Cluster, long Sequence, Member Self, ulong Digest, NodeRange Range, IReadOnlyList<Member> Records)
    : MembershipMessage(From, To);

/// <summary>What the sender knows better than the page that it was told.</summary>
/// <param name="From">Who sends it.</param>
/// <param name="To">Who asked.</param>
/// <param name="Sequence">As in the question.</param>
/// <param name="Range">The numbers that are dealt with now: the range of the question or, when not all fitted in, the head of it.</param>
/// <param name="Records">What is newer, in order of the numbers; <see cref="MembershipSettings.PageBytesMax"/> at most.</param>
public sealed record SyncReply(NodeLife From, NodeLife? To, long Sequence, NodeRange Range, IReadOnlyList<Member> Records) : MembershipMessage(From, To);

/// <summary>The receiver is not wanted: another cluster's, overruled by a later start of its number, or one too many.</summary>
/// <param name="From">Who sends it.</param>
/// <param name="To">Who is refused.</param>
/// <param name="Reason">What is wrong and what to do, in words for a person.</param>
/// <param name="By">The life of the same node that overrules it; null when it is something else.</param>
public sealed record SyncRefused(NodeLife From, NodeLife? To, string Reason, Member? By) : MembershipMessage(From, To);

/// <summary>A range of node numbers.</summary>
/// <param name="From">First number in it.</param>
/// <param name="Through">Last number in it.</param>
public readonly record struct NodeRange(uint From, uint Through);

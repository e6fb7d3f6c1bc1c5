namespace Cascade.Core.Membership;

/// <summary>What a core keeps of one node.</summary>
internal sealed class MemberEntry(Member member)
{
    /// <summary>The latest that was told of it. Changed by <see cref="MemberTable.Set"/> alone.</summary>
    public Member Member { get; set; } = member;

    /// <summary>Its place among the live peers; -1 when it is none.</summary>
    public int LiveIndex { get; set; } = -1;

    /// <summary>Its part of the digest; 0 when it is not live.</summary>
    public ulong DigestPart { get; set; }

    /// <summary>Set while it is suspected, aloud or not.</summary>
    public Suspicion? Suspicion { get; set; }

    /// <summary>True while it is remembered as removed or as having left.</summary>
    public bool IsGone { get; set; }

    /// <summary>When it was removed or left, while it is remembered.</summary>
    public TimeSpan GoneAt { get; set; }

    /// <summary>Names its place in the gossip queue; 0 when it is not in it.</summary>
    public long GossipTicket { get; set; }
}

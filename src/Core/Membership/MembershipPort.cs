namespace Cascade.Core.Membership;

/// <summary>A receiver of what the membership core has to say, beside other nodes: those are named by <see cref="NodeAddress"/> or as the sender of a message.</summary>
public sealed class MembershipPort
{
    /// <summary>Who runs the core: gets <see cref="MemberChanged"/>, <see cref="SeedsSilent"/>, <see cref="JoinRefused"/> and <see cref="Overruled"/>.</summary>
    public static readonly MembershipPort Observers = new("membership-observers");

    private readonly string _name;

    private MembershipPort(string name) => _name = name;

    /// <inheritdoc/>
    public override string ToString() => _name;
}

/// <summary>This node knows something new of a node, itself included.</summary>
/// <param name="Before">What it knew; null when it knew nothing of it. Of an earlier life when the start differs.</param>
/// <param name="After">What it knows now.</param>
public sealed record MemberChanged(Member? Before, Member After);

/// <summary>No seed answered; they are asked again.</summary>
/// <param name="Rounds">How often all of them have been asked.</param>
/// <param name="Wait">How long each is given in the next round.</param>
public sealed record SeedsSilent(int Rounds, TimeSpan Wait);

/// <summary>A node that was asked for entry refused. Other seeds are still tried.</summary>
/// <param name="Reason">What is wrong and what to do, in words for a person.</param>
public sealed record JoinRefused(string Reason);

/// <summary>Another process with this node's number counts: this one has to stop. The core does nothing any more.</summary>
/// <param name="Reason">What is wrong and what to do, in words for a person.</param>
/// <param name="By">The life that counts.</param>
public sealed record Overruled(string Reason, Member By);

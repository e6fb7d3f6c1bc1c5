using Cascade.Core.Identity;
using Cascade.Core.Membership;

namespace Cascade.Cluster.Membership;

/// <summary>To the membership's actor: the connection to a node broke, so that it is to be probed next. No reply.</summary>
/// <param name="Node">The node.</param>
public sealed record ConnectionLost(NodeId Node);

/// <summary>
/// To the membership's actor: announce that this node will leave, so that it gets no new work and hands over what it has. Reply: <see cref="LeaveBegun"/>.
/// May be repeated.
/// </summary>
public sealed record BeginLeave
{
    /// <summary>The one instance; it says nothing but its type.</summary>
    public static readonly BeginLeave Instance = new();

    private BeginLeave()
    {
    }
}

/// <summary>Reply: the others are being told. <see cref="Depart"/> ends it.</summary>
public sealed record LeaveBegun
{
    /// <summary>The one instance; it says nothing but its type.</summary>
    public static readonly LeaveBegun Instance = new();

    private LeaveBegun()
    {
    }
}

/// <summary>
/// To the membership's actor: leave now. Reply: <see cref="Departed"/> once the others have been told, or this node is out for another reason. May be
/// repeated.
/// </summary>
public sealed record Depart
{
    /// <summary>The one instance; it says nothing but its type.</summary>
    public static readonly Depart Instance = new();

    private Depart()
    {
    }
}

/// <summary>Reply: this node takes no part in the membership any more.</summary>
public sealed record Departed
{
    /// <summary>The one instance; it says nothing but its type.</summary>
    public static readonly Departed Instance = new();

    private Departed()
    {
    }
}

/// <summary>Whom the membership's actor tells what. All are called in its turns, return soon and must not throw. Each may be left out.</summary>
public sealed record MembershipHooks
{
    /// <summary>No hooks.</summary>
    public static readonly MembershipHooks None = new();

    /// <summary>Something new is known of a node, this one included.</summary>
    public Action<MemberChanged>? OnChanged { get; init; }

    /// <summary>No seed answered yet.</summary>
    public Action<SeedsSilent>? OnSeedsSilent { get; init; }

    /// <summary>A seed refused this node; others are still tried.</summary>
    public Action<JoinRefused>? OnRefused { get; init; }

    /// <summary>Another process has this node's number and counts: this one has to stop.</summary>
    public Action<Overruled>? OnOverruled { get; init; }
}

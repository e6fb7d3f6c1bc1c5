using System.Numerics;

namespace Cascade.Core.Eviction;

/// <summary>What is remembered of a block's accesses, in eight bytes; it outlives the block's stay in the tier.</summary>
/// <param name="LastAccess">The clock at the last access.</param>
/// <param name="Uses">Accesses before the last one, with those of the conversation that the block continues.</param>
/// <param name="NewBefore">For a block seen once: how many new blocks it came behind, itself counted. 0 for one seen again.</param>
/// <param name="Followers">Different blocks that were seen to continue it, up to 255.</param>
/// <param name="PauseAndDepth">See <see cref="Pause"/> and <see cref="DepthClass"/>.</param>
internal readonly record struct BlockHistory(uint LastAccess, byte Uses, byte NewBefore, byte Followers, byte PauseAndDepth)
{
    /// <summary>Kinds of blocks that <see cref="Kind"/> tells apart.</summary>
    public const int Kinds = UseClasses * NewClasses * AgeScale.PauseClasses * FollowedClasses * DepthClasses;

    /// <summary>Kinds by uses and place among new blocks together, by pause, by being continued, and by depth.</summary>
    public const int UseClasses = 8;

    /// <summary>See <see cref="UseClasses"/>.</summary>
    public const int NewClasses = 5;

    /// <summary>See <see cref="UseClasses"/>.</summary>
    public const int FollowedClasses = 3;

    /// <summary>See <see cref="UseClasses"/>.</summary>
    public const int DepthClasses = 4;

    /// <summary>
    /// A block that more others continue is shared between conversations, so that its past says nothing about any one of them. Within
    /// one there are two: the unfilled end of a turn, and what the next turn has in its place; and a third when a turn is asked again.
    /// </summary>
    private const byte FollowersOfConversationMax = 3;

    private const int PauseBits = 4;
    private const int PauseMask = (1 << PauseBits) - 1;
    private const int DepthStride = 1;
    private const int FollowedStride = DepthClasses * DepthStride;
    private const int PauseStride = FollowedClasses * FollowedStride;
    private const int NewStride = AgeScale.PauseClasses * PauseStride;
    private const int UseStride = NewClasses * NewStride;

    // What each value of a field adds to the number of the kind: a history is classed many times for each access.
    private static readonly ushort[] OfUses = Shares(static uses => UseClass(uses) * UseStride);
    private static readonly ushort[] OfNewBefore = Shares(static newBefore => NewClass(newBefore) * NewStride);
    private static readonly ushort[] OfFollowers = Shares(static followers => FollowedClass(followers) * FollowedStride);
    private static readonly ushort[] OfPauseAndDepth = Shares(static both => ((both & PauseMask) * PauseStride) + ((both >> PauseBits) * DepthStride));

    /// <summary>Class of the time between the last two accesses; 0 when there was one only.</summary>
    public int Pause => PauseAndDepth & PauseMask;

    /// <summary>Quadruplings of the place in the prefix.</summary>
    public int DepthClass => PauseAndDepth >> PauseBits;

    /// <summary>The class of blocks with a like future.</summary>
    public int Kind => KindOf(Followers);

    /// <summary>The class that the block is of if the access that has just been is followed by one of a child.</summary>
    public int KindWhenFollowed => KindOf(Math.Max((byte)1, Followers));

    /// <summary>True for a kind of blocks that conversations share.</summary>
    public static bool IsShared(int kind) => kind / DepthClasses % FollowedClasses == 2;

    /// <summary>The history of a block seen for the first time, behind a parent of which something is known or not.</summary>
    /// <param name="now">The clock.</param>
    /// <param name="depth">Blocks before it in its prefix.</param>
    /// <param name="isParentKnown">True when the next argument means something.</param>
    /// <param name="parent">The parent's history.</param>
    public static BlockHistory First(uint now, int depth, bool isParentKnown, in BlockHistory parent)
    {
        var newBefore = (byte)(isParentKnown ? Math.Min(parent.NewBefore + 1, byte.MaxValue) : 1);
        var depthClass = Math.Min(DepthClasses - 1, BitOperations.Log2((uint)Math.Max(0, depth) + 1) / 2);
        return isParentKnown && parent.Followers < FollowersOfConversationMax
            ? new BlockHistory(now, parent.Uses, newBefore, 0, Pack(parent.Pause, depthClass))
            : new BlockHistory(now, 0, newBefore, 0, Pack(0, depthClass));
    }

    /// <summary>The history after another access.</summary>
    public BlockHistory Again(uint now, int pause) =>
        new(now, (byte)Math.Min(Uses + 1, byte.MaxValue), 0, Followers, Pack(pause, DepthClass));

    /// <summary>The history once a block continues this one.</summary>
    /// <param name="isNew">True when that block is not known to have done so before.</param>
    public BlockHistory Followed(bool isNew) =>
        this with { Followers = (byte)(isNew ? Math.Min(Followers + 1, byte.MaxValue) : Math.Max((byte)1, Followers)) };

    private static byte Pack(int pause, int depthClass) => (byte)((depthClass << PauseBits) | pause);

    // 0 to 4, 5 to 7, 8 to 31, more: a conversation's next turn is the likelier the more there were, at first with every turn.
    private static int UseClass(int uses) => uses switch { < 5 => uses, < 8 => 5, < 32 => 6, _ => 7 };

    // Seen again, the first new one, 2 to 3, 4 to 7, more: far from what was known, a block is often of one turn only.
    private static int NewClass(int newBefore) => newBefore switch { 0 => 0, 1 => 1, < 4 => 2, < 8 => 3, _ => 4 };

    private static int FollowedClass(int followers) => followers switch { 0 => 0, <= FollowersOfConversationMax => 1, _ => 2 };

    private static ushort[] Shares(Func<int, int> shareOf) => [.. Enumerable.Range(0, byte.MaxValue + 1).Select(value => (ushort)shareOf(value))];

    private int KindOf(byte followers) => OfUses[Uses] + OfNewBefore[NewBefore] + OfFollowers[followers] + OfPauseAndDepth[PauseAndDepth];
}

using Cascade.Core.Identity;
using Cascade.Core.Indices;
using Cascade.Core.Membership;
using Cascade.Core.Placement;

namespace Cascade.Core.Messages;

/// <summary>A message from a lane of the key index to the same lane of another node, or from a tier that announced its keys to one.</summary>
public interface IKeyLaneMessage;

/// <summary>
/// The primary of a shard to its backup, in the name of who asked the primary: what is known of a key after the request. Reply, to the asker: that of the request,
/// <see cref="Bound"/>, <see cref="Found"/> or <see cref="NotFound"/>; <see cref="Moved"/>, and nothing is done, when the two do not agree who is primary and who is
/// backup; <see cref="Refused"/> when the shard is full. May be repeated.
/// </summary>
/// <param name="From">The primary.</param>
/// <param name="Binding">The key, and the stamp of what is known of it.</param>
/// <param name="Id">The block that it names; zero when it was deleted.</param>
/// <param name="Bound">The reply, when it is this.</param>
/// <param name="Found">The reply, when it is this; <see cref="NotFound"/> when it is neither.</param>
public sealed record KeyReplicate(NodeLife From, KeyBinding Binding, BlockId Id, Bound? Bound, Found? Found) : IKeyLaneMessage;

/// <summary>The primary of a shard to its backup: it was asked to <see cref="Forget"/>. No reply. May be repeated.</summary>
public sealed record KeyForget(NodeLife From, KeyDigest Key, BlockId Id, Clocks.HybridTimestamp Stamp) : IKeyLaneMessage;

/// <summary>
/// A node that became the primary of shards to every other: what of them do you hold? Reply: <see cref="KeysHeld"/>. May be repeated.
/// </summary>
/// <param name="From">The new primary.</param>
/// <param name="Round">Names the question.</param>
/// <param name="Shards">Shards of the lane.</param>
public sealed record WhoHoldsKeys(NodeLife From, long Round, ulong Shards) : IKeyLaneMessage;

/// <summary>Reply: of the shards in neither set the node holds nothing.</summary>
/// <param name="From">Who answers.</param>
/// <param name="Round">The question's.</param>
/// <param name="Held">Shards that it holds something of, and serves no more: to be fetched.</param>
/// <param name="NotYet">Shards that it is primary or backup of by its own view, in which another is the primary: ask again.</param>
public sealed record KeysHeld(NodeLife From, long Round, ulong Held, ulong NotYet) : IKeyLaneMessage;

/// <summary>Asks for a page of a shard. Reply: <see cref="KeyPage"/>. May be repeated.</summary>
/// <param name="From">Who asks.</param>
/// <param name="Shard">The shard.</param>
/// <param name="Transfer">0 for the first page, then what the first one named.</param>
/// <param name="Place">0 for the first page, then where the last one said that the next begins.</param>
public sealed record FetchKeys(NodeLife From, int Shard, long Transfer, int Place) : IKeyLaneMessage;

/// <summary>Reply: a page of a shard.</summary>
/// <param name="From">Who holds it.</param>
/// <param name="Shard">The shard.</param>
/// <param name="Transfer">Names the content that the pages are of; 0 when it is not there any more.</param>
/// <param name="Place">The request's.</param>
/// <param name="Next">Where the next page begins; 0 when this is the last.</param>
/// <param name="IsWhole">True when the sender has all that was acknowledged up to when it was primary or backup last.</param>
/// <param name="Lives">Who was in the cluster by the sender's view, as a digest: <paramref name="IsWhole"/> says nothing of the copies of others.</param>
/// <param name="Unheard">Of these, who came with copies whose keys the sender may lack all the same, <see cref="UnheardMax"/> at most.</param>
/// <param name="Entries">What is known of keys, <see cref="EntriesMax"/> at most.</param>
public sealed record KeyPage(
    NodeLife From, int Shard, long Transfer, int Place, int Next, bool IsWhole, ulong Lives, IReadOnlyList<NodeLife> Unheard,
    IReadOnlyList<KeyIndexEntry> Entries) : IKeyLaneMessage
{
    /// <summary>Most entries of a page: about 500 KB.</summary>
    public const int EntriesMax = 4096;

    /// <summary>Most lives that a page names.</summary>
    public const int UnheardMax = 64;
}

/// <summary>
/// The primary of a shard, which has all of it, to its backup: what the shard comes to. Reply: <see cref="KeysAgree"/>, after the backup has fetched the shard if
/// it holds something else. May be repeated.
/// </summary>
/// <param name="From">The primary.</param>
/// <param name="Shard">The shard.</param>
/// <param name="Round">Names what the backup is to agree to.</param>
/// <param name="Keys">Keys that name a block.</param>
/// <param name="Digest">Over these.</param>
/// <param name="Deletions">Digest over the deletions that are remembered.</param>
/// <param name="Lives">Who was in the cluster by the sender's view, as a digest: a backup that sees others does not agree yet.</param>
public sealed record KeysDigest(NodeLife From, int Shard, long Round, int Keys, ulong Digest, ulong Deletions, ulong Lives) : IKeyLaneMessage;

/// <summary>Reply: the backup holds what the primary does.</summary>
public sealed record KeysAgree(NodeLife From, int Shard, long Round) : IKeyLaneMessage;

/// <summary>
/// To the primary, from a node that still holds shards that it is neither primary nor backup of, or a backup that holds more than the primary gave it. Reply:
/// <see cref="KeysSettled"/>, some time. May be repeated.
/// </summary>
/// <param name="From">Who holds them.</param>
/// <param name="Held">To be fetched, lest something is lost.</param>
/// <param name="Spare">The primary has all of it, or is to say when it has no more need of this.</param>
public sealed record KeysOffered(NodeLife From, ulong Held, ulong Spare) : IKeyLaneMessage;

/// <summary>Reply: primary and backup have all of these shards; they may be dropped. No reply. May be repeated.</summary>
public sealed record KeysSettled(NodeLife From, ulong Shards) : IKeyLaneMessage;

/// <summary>
/// A primary of shards that nobody holds any more to a memory tier: bind anew, in the key index, all keys of copies there that are of these shards. The tier passes it on
/// to the node's cold tier. Reply: <see cref="KeysAnnounced"/> when it is done, of each tier. May be repeated: while it is under way that changes nothing.
/// </summary>
/// <param name="Lane">The lane of the shards.</param>
/// <param name="Shards">Shards of the lane.</param>
/// <param name="Round">Names the request.</param>
public sealed record AnnounceKeys(int Lane, ulong Shards, long Round)
{
    /// <summary>True when a key is of one of the shards.</summary>
    public bool Includes(in KeyDigest key)
    {
        var shard = KeyLanes.ShardOf(key);
        return KeyLanes.LaneOf(shard) == Lane && (Shards >> KeyLanes.SlotOf(shard) & 1) != 0;
    }
}

/// <summary>Reply: all keys of a tier were bound, or refused.</summary>
/// <param name="From">The tier.</param>
/// <param name="Round">The request's.</param>
/// <param name="AwaitCold">True when the node's cold tier answers too.</param>
public sealed record KeysAnnounced(TierAddress From, long Round, bool AwaitCold) : IKeyLaneMessage;

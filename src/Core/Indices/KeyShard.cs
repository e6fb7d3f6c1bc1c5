using Cascade.Core.Membership;
using Cascade.Core.Messages;

namespace Cascade.Core.Indices;

/// <summary>What a node is to a shard, by its own view.</summary>
internal enum KeyRole : byte
{
    /// <summary>It holds what it was once in charge of, until that is settled.</summary>
    None,

    Backup,

    Primary,
}

/// <summary>How far a primary is.</summary>
internal enum KeyStage : byte
{
    /// <summary>It asks who holds the shard, and holds messages back meanwhile.</summary>
    Loading,

    /// <summary>It serves, but that it does not know a key means nothing.</summary>
    Partial,

    /// <summary>It has all that was acknowledged.</summary>
    Whole,
}

/// <summary>A shard on a node.</summary>
internal sealed class KeyShard(int shard, long instance, KeyIndexSettings settings)
{
    public int Number { get; } = shard;

    public int Slot { get; } = KeyLanes.SlotOf(shard);

    public ulong Bit => 1UL << Slot;

    /// <summary>Names this content among all that this lane ever held of the shard.</summary>
    public long Instance { get; } = instance;

    public KeyIndexCore Keys { get; } = new(settings);

    public KeyRole Role { get; set; }

    public NodeLife? Primary { get; set; }

    public NodeLife? Backup { get; set; }

    /// <summary>True when it had all that was acknowledged while the node was primary or backup last, and no primary after that was lost with more.</summary>
    public bool IsWhole { get; set; }

    /// <summary>
    /// Who came with copies, out of another part of a divided cluster, say, and has not told their keys of this shard since: also what is whole may lack these.
    /// </summary>
    public List<NodeLife> Unheard { get; } = [];

    /// <summary>The primary that had all of it last: it may have taken in more since, unless this is in step with it.</summary>
    public NodeLife? PassedTo { get; set; }

    // As primary.
    public KeyStage Stage { get; set; }

    /// <summary>Until then what cannot be answered yet is held back.</summary>
    public TimeSpan HoldUntil { get; set; }

    /// <summary>True once every other node has said what it holds, and that was fetched.</summary>
    public bool IsSurveyed { get; set; }

    public List<NodeLife> Sources { get; } = [];

    public List<(object Sender, IKeyMessage Message)> Held { get; } = [];

    /// <summary>True when the backup has all that this primary has.</summary>
    public bool IsAgreed { get; set; }

    /// <summary>What the backup is to agree to; of a backup, what it agreed to last or fetches the shard for.</summary>
    public long AgreeRound { get; set; }

    public TimeSpan DigestAgainAt { get; set; }

    public bool IsServing => Role == KeyRole.Primary && Stage != KeyStage.Loading;

    public bool IsServingAll => Role == KeyRole.Primary && Stage == KeyStage.Whole;

    /// <summary>True when the backup can be brought up to date: it then has heard of all copies too.</summary>
    public bool IsComplete => IsServingAll && Unheard.Count == 0;

    // As backup.

    /// <summary>True when it has all that its primary has acknowledged.</summary>
    public bool IsInStep { get; set; }

    /// <summary>It was fetched from the primary since they agreed last: what differs still is here alone.</summary>
    public bool WasFetched { get; set; }

    // As neither.

    /// <summary>The primary that is known to have all of this.</summary>
    public NodeLife? SpareFor { get; set; }

    public TimeSpan Since { get; set; }
}

/// <summary>The fetching of one shard from one node, a page after the other.</summary>
internal sealed class KeyFetch(KeyShard shard, NodeLife source, long agreeRound)
{
    public KeyShard Shard { get; } = shard;

    public NodeLife Source { get; } = source;

    /// <summary>What a backup says that it agrees to in the end.</summary>
    public long AgreeRound { get; } = agreeRound;

    public long Transfer { get; set; }

    public int Place { get; set; }

    public TimeSpan AskAgainAt { get; set; }
}

/// <summary>Another node, as far as it was asked something about shards of a lane.</summary>
internal sealed class KeyPeer(NodeLife life)
{
    public NodeLife Life { get; } = life;

    /// <summary>Shards of which it has not said whether it holds them.</summary>
    public ulong Pending { get; set; }

    public ulong Asked { get; set; }

    public bool IsAsked { get; set; }

    public TimeSpan AskAgainAt { get; set; }
}

namespace Cascade.Actors;

/// <summary>What a region knows of a shard's place.</summary>
internal enum ShardState : byte
{
    /// <summary>Not this node's. Entities from before may still be stopping.</summary>
    Elsewhere,

    /// <summary>This node's, and waiting: for entities from before to be gone, then to be loaded.</summary>
    Loading,

    /// <summary>This node's; entities run.</summary>
    Ready,
}

/// <summary>A shard: what is handed over as one.</summary>
internal sealed class Shard(int number, ShardState state)
{
    public readonly int Number = number;

    public ShardState State = state;

    /// <summary>Entities that run or stop. When the shard is not ready, all of them stop.</summary>
    public int Entities;

    /// <summary>In which round it is being loaded; 0 for none.</summary>
    public long Round;

    /// <summary>Since when it is loading, or when what was held for it was last given up.</summary>
    public long Stamp;

    /// <summary>What came while it was loading; null for nothing.</summary>
    public Queue<(object Message, IActorRef? Sender)>? Held;
}

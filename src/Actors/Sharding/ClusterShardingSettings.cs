using Cascade.Core.Messages;

namespace Cascade.Actors;

/// <summary>How a shard region keeps its entities.</summary>
public sealed record ClusterShardingSettings
{
    /// <summary>
    /// An entity that got no message through its region for so long is stopped; <see cref="Timeout.InfiniteTimeSpan"/> for never.
    /// </summary>
    public TimeSpan PassivateIdleEntityAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// True when an idle entity is told <see cref="ReceiveTimeout"/> instead of being stopped, and either stops itself or answers
    /// <see cref="StayAlive"/>; it is told again when it has been idle for as long. What comes for it meanwhile is held back, so that it
    /// decides knowing all that was told before.
    /// </summary>
    public bool EntitiesDecideOnPassivation { get; init; }

    /// <summary>
    /// What stops an entity that is idle or one too many, unless entities decide, and one whose shard goes to another node. An entity that was told that it is
    /// idle may be told this while it stops.
    /// </summary>
    public object HandOffStopMessage { get; init; } = PoisonPill.Instance;

    /// <summary>
    /// An entity that has not stopped so long after its stop message is stopped at once; <see cref="Timeout.InfiniteTimeSpan"/> for never. The loader of a shard
    /// that goes to another node is told so then, if not before.
    /// </summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Messages the region holds, all together, for entities that are stopping and shards that are being loaded. Past it they go to the dead letters,
    /// and asks fail with <see cref="MailboxFullException"/>; those for shards that are being loaded are answered <see cref="Moved"/>.
    /// </summary>
    public int BufferSize { get; init; } = 100_000;

    /// <summary>
    /// What is held for a shard that is not loaded after so long is answered <see cref="Moved"/>, and the loader is asked again;
    /// <see cref="Timeout.InfiniteTimeSpan"/> for never. Only in a cluster.
    /// </summary>
    public TimeSpan LoadTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Entities kept alive; past it the one used longest ago is passivated, or told that it is idle where entities decide. Those that are
    /// stopping, or that decide to stay, come on top of it.
    /// </summary>
    public int ActiveEntityLimit { get; init; } = int.MaxValue;
}

using Cascade.Actors;

namespace Cascade.Hosting;

/// <summary>The actors of a node, for a host that prefers to Ask by itself. Messages are in <c>Cascade.Core.Messages</c>.</summary>
/// <param name="Memory">The memory tier: <c>Reserve</c>, <c>Publish</c>, <c>Cancel</c>, <c>BindAlias</c>, <c>MakeDurable</c>, <c>ReportTier</c>.</param>
/// <param name="Cold">The cold tier: <c>ColdFetch</c>, <c>ColdUnbind</c>, <c>ReportTier</c>; null when the node has none.</param>
/// <param name="Owners">The block owners: every <c>IBlockMessage</c>.</param>
/// <param name="KeyIndex">The key index: every <c>IKeyMessage</c>.</param>
/// <param name="Registry">The prefix registry: <c>Register</c>, <c>Unregister</c>.</param>
/// <param name="Tracker">The access tracker: <c>EstimateFrequency</c>.</param>
public sealed record CascadeActors(
    IActorRef Memory, IActorRef? Cold, IActorRef Owners, IActorRef KeyIndex, IActorRef Registry, IActorRef Tracker);

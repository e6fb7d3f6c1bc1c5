using Cascade.Core.Membership;

namespace Cascade.Core.Messages;

/// <summary>
/// Asks a node to drain and to stop, as its own program would be asked to by a signal. Replies: <see cref="Draining"/>, at once; <see cref="Moved"/> when the node
/// lives another life than the one that is meant. May be repeated.
/// </summary>
/// <param name="Life">The node, and which life of it: a request that is late must not stop the next one.</param>
public sealed record DrainNode(NodeLife Life);

/// <summary>Reply: the node's program knows that it is to drain. When it has, the node leaves the cluster.</summary>
/// <param name="Life">The request's.</param>
public sealed record Draining(NodeLife Life);

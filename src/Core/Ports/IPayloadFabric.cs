using Cascade.Core.Fabric;
using Cascade.Core.Identity;

namespace Cascade.Core.Ports;

/// <summary>A way by which block bytes come from a peer's memory into this node's. Pull only; thread-safe.</summary>
public interface IPayloadFabric
{
    /// <summary>Which way it is.</summary>
    FabricKind Kind { get; }

    /// <summary>
    /// True when a pull from the peer is worth trying: cheap, moves no bytes, and is no promise.
    /// </summary>
    bool CanReach(NodeId peer);

    /// <summary>
    /// Brings the bytes of a remote copy to the target. The task never fails: whatever goes wrong is its result, within the time given.
    /// Pulls in flight are bounded; one more is answered <see cref="PullOutcome.Busy"/> at once.
    /// </summary>
    /// <remarks>
    /// When the task has ended nothing stores to the target any more, however it ended; until then the target must not be given back.
    /// With any outcome but <see cref="PullOutcome.Done"/> the target holds anything. The caller need not lease the copy: done means that it lay where it was
    /// said to lie for as long as its bytes were read.
    /// </remarks>
    /// <param name="request">What to bring, and where to.</param>
    /// <param name="cancellation">Ends the pull as soon as that is safe, with <see cref="PullOutcome.Cancelled"/>.</param>
    /// <exception cref="ArgumentException">The request contradicts itself.</exception>
    Task<PullResult> PullAsync(PullRequest request, CancellationToken cancellation = default);
}

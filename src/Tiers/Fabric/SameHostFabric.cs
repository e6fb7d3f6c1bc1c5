using System.Diagnostics.CodeAnalysis;
using Cascade.Core.Fabric;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Tiers.Payload;

namespace Cascade.Tiers.Fabric;

/// <summary>Pulls from nodes of the same machine: their arena files are mapped for reading. Thread-safe.</summary>
public sealed class SameHostFabric : IPayloadFabric, IDisposable
{
    private readonly SameHostOptions _options;
    private readonly TimeProvider _time;
    private readonly PayloadWriter? _writer;
    private readonly PeerArenas _arenas;
    private readonly PullGate _gate;

    /// <summary>Starts with nothing mapped.</summary>
    /// <param name="options">What it is to be.</param>
    /// <param name="time">The clock of deadlines.</param>
    /// <param name="writer">
    /// Copies and hashes in one pass, by the options' algorithm; null to leave digests to the callers. It is not disposed here.
    /// </param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public SameHostFabric(SameHostOptions options, TimeProvider time, PayloadWriter? writer = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        (_options, _time, _writer) = (options, time, writer);
        _arenas = new PeerArenas(options);
        _gate = new PullGate(options.MaxPullsInFlight);
    }

    /// <inheritdoc/>
    public FabricKind Kind => FabricKind.Mapping;

    /// <summary>Pulls in flight now.</summary>
    public int PullsInFlight => _gate.Inside;

    /// <summary>True when the peer runs on this machine, as far as is known: its arena may be there to be mapped.</summary>
    public bool IsHere(NodeId peer) => _options.IsHere?.Invoke(peer) != false;

    /// <inheritdoc/>
    /// <remarks>Maps the peer's arena when it is not mapped yet.</remarks>
    public bool CanReach(NodeId peer)
    {
        if (!_arenas.TryTake(peer, out var arena, out _))
            return false;
        arena.Mapping.DangerousRelease();
        return true;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The copy runs on a thread of the pool; deadline and cancellation are looked at every few MiB.
    /// </remarks>
    public Task<PullResult> PullAsync(PullRequest request, CancellationToken cancellation = default)
    {
        request.Validate();
        if (!_gate.TryEnter())
            return Task.FromResult(PullResult.Busy);
        var pull = new SameHostPull(this, request, cancellation);
        ThreadPool.UnsafeQueueUserWorkItem(pull, preferLocal: false);
        return pull.Completion;
    }

    /// <summary>Opens a copy for reading in place, or says why not. The caller holds a lease at the holder for as long as it reads.</summary>
    public PullOutcome TryOpen(in CopyLocation copy, out PeerWindow? window, out string? reason)
    {
        window = null;
        if (!TryTake(copy, out var arena, out var address, out var failure))
        {
            reason = failure.Reason;
            return failure.Outcome;
        }

        reason = null;
        window = new PeerWindow(arena, copy, address);
        return PullOutcome.Done;
    }

    /// <summary>Unmaps the arena of a peer that has left, so that the memory of a removed file becomes free.</summary>
    public void Forget(NodeId peer) => _arenas.Forget(peer);

    /// <summary>Unmaps everything, as soon as pulls and windows have ended; pulls from now on find nobody.</summary>
    public void Dispose() => _arenas.Dispose();

    /// <summary>Finds a copy; the caller then gives the reference on the arena's mapping back.</summary>
    internal bool TryTake(in CopyLocation copy, [NotNullWhen(true)] out PeerArena? arena, out nint address, out PullResult failure)
    {
        (address, failure) = (0, PullResult.Stale);
        if (copy.Tier != TierKind.Shm)
        {
            arena = null;
            failure = PullResult.Unreachable($"the copy is in the tier {copy.Tier} of {copy.Node}, which no mapping reaches");
            return false;
        }

        if (!_arenas.TryTake(copy.Node, out arena, out var reason))
        {
            failure = PullResult.Unreachable(reason);
            return false;
        }

        if (arena.TryLocate(copy, out address))
            return true;
        arena.Mapping.DangerousRelease();
        arena = null;
        return false;
    }

    private void End() => _gate.Exit();

    /// <summary>One pull, from its start to its result.</summary>
    private sealed class SameHostPull(SameHostFabric fabric, PullRequest request, CancellationToken cancellation) : IThreadPoolWorkItem
    {
        private readonly long _start = fabric._time.GetTimestamp();
        private readonly TaskCompletionSource<PullResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<PullResult> Completion => _completion.Task;

        public void Execute()
        {
            PullResult result;
            try
            {
                result = Run();
            }
            catch (Exception failure)
            {
                // The promise of a result holds even for a defect: the caller has a target that it waits to give back.
                result = PullResult.Unreachable(failure.ToString());
            }

            fabric.End();
            _completion.SetResult(result);
        }

        private PullResult Run()
        {
            if (IsOver(out var over))
                return over;
            if (!fabric.TryTake(request.Source, out var arena, out var address, out var failure))
                return failure;
            try
            {
                var mover = new PieceMover(address + (nint)request.SkipBytes, request.Target.Address, request.Target.LengthBytes);
                var digest = default(BlockId?);
                if (request.WithDigest && fabric._writer is not null)
                    digest = mover.MoveAndHash(fabric._writer, fabric._options.DigestAlgorithm, () => IsOver(out over));
                else
                    mover.Move(() => IsOver(out over));
                if (!mover.IsComplete)
                    return over;
                return arena.Holds(request.Source) ? PullResult.Done with { Digest = digest } : PullResult.Stale;
            }
            finally
            {
                arena.Mapping.DangerousRelease();
                GC.KeepAlive(request.Target.Owner);
            }
        }

        private bool IsOver(out PullResult result)
        {
            result = cancellation.IsCancellationRequested ? PullResult.Cancelled : PullResult.TimedOut;
            return result.Outcome == PullOutcome.Cancelled || fabric._time.GetElapsedTime(_start) >= request.Timeout;
        }
    }
}

using Cascade.Core.Fabric;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Ports;
using Cascade.Tiers.Fabric;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Mpi;

/// <summary>Pulls from the arenas of the nodes that were started together as one MPI job, by one-sided reads. Thread-safe.</summary>
/// <remarks>
/// The nodes at the other end do nothing but let MPI run. Reads land in memory of the fabric's own and are copied from there, so that one that comes after its pull has ended
/// does no harm.
/// Who was not there at the start of the job, a node that was restarted among them, is not reached.
/// </remarks>
public sealed class MpiFabric : IPayloadFabric, IDisposable
{
    private readonly MpiOptions _options;
    private readonly TimeProvider _time;
    private readonly Dictionary<NodeId, MpiPeer> _peers;
    private readonly MpiWorld? _world;
    private readonly Quarantine _quarantine;
    private readonly SmallPulls _smallPulls;
    private readonly PullGate _smallGate;
    private readonly PullGate _largeGate;
    private readonly MpiLane _small;
    private readonly MpiLane[] _large;
    private readonly Lock _ending = new();
    private string? _off;
    private MpiEnd? _end;

    /// <summary>A fabric over any memory of ranks; its lanes do not run yet.</summary>
    internal MpiFabric(MpiOptions options, IRemoteMemory memory, ReadOnlySpan<MpiPeer> peers, TimeProvider time)
    {
        (_options, _time, _world) = (options, time, memory as MpiWorld);
        _peers = peers.ToArray().ToDictionary(static peer => peer.Node);
        _quarantine = new Quarantine(options.QuarantineBytes);
        _smallPulls = new SmallPulls(time);
        (_smallGate, _largeGate) = (new PullGate(options.MaxSmallPullsInFlight), new PullGate(options.MaxPullsInFlight));
        _small = Lane(memory, new MpiLaneShape("cascade-mpi-small", options.MaxSmallPullsInFlight, options.SmallBytes, 1, IsSmall: true), _smallGate);
        _large = new MpiLane[options.Threads];
        for (var i = 0; i < _large.Length; i++)
            _large[i] = Lane(memory, new MpiLaneShape($"cascade-mpi-{i + 1}", options.MaxPullsInFlight, options.PieceBytes, options.PiecesInFlight), _largeGate);
    }

    /// <inheritdoc/>
    public FabricKind Kind => FabricKind.Mpi;

    /// <summary>This process's rank.</summary>
    public int Rank => _world?.Rank ?? 0;

    /// <summary>How many ranks there are.</summary>
    public int Size => _peers.Count;

    /// <summary>Pulls in flight now.</summary>
    public int PullsInFlight => _smallGate.Inside + _largeGate.Inside;

    /// <summary>Memory that late reads keep out of use now, in bytes.</summary>
    public long QuarantinedBytes => _quarantine.Bytes;

    /// <summary>Why the fabric reaches nobody any more; null while it works.</summary>
    public string? OffReason => Volatile.Read(ref _off);

    /// <summary>The lanes, for tests that take their threads' place.</summary>
    internal IEnumerable<MpiLane> Lanes => [_small, .. _large];

    /// <summary>The world, for measurements beside it.</summary>
    internal MpiWorld? World => _world;

    /// <summary>
    /// Starts MPI, together with all ranks of the job, and opens the arena to them. Blocks, at most for <see cref="MpiOptions.StartTimeout"/>. Once in a process.
    /// </summary>
    /// <param name="options">What it is to be.</param>
    /// <param name="arena">The node's arena. It is closed only after <see cref="Stop"/>.</param>
    /// <param name="time">The clock of deadlines.</param>
    /// <param name="cancellation">Gives up waiting for the other ranks.</param>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    /// <exception cref="MpiRefusedException">There is no usable MPI library, the job was started in another way than it needs, or not all ranks came.</exception>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public static MpiFabric Start(MpiOptions options, ShmArena arena, TimeProvider time, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(arena);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        var world = MpiWorld.Start(options, arena, time, cancellation);
        var fabric = new MpiFabric(options, world, world.Peers, time);
        foreach (var lane in fabric.Lanes)
            lane.Start();
        return fabric;
    }

    /// <inheritdoc/>
    public bool CanReach(NodeId peer) => OffReason is null && _peers.TryGetValue(peer, out var known) && known.WhyNot is null;

    /// <inheritdoc/>
    public Task<PullResult> PullAsync(PullRequest request, CancellationToken cancellation = default)
    {
        request.Validate();
        if (request.Source.Tier != TierKind.Shm)
            return Task.FromResult(PullResult.Unreachable($"the copy is in the tier {request.Source.Tier} of {request.Source.Node}, which is not open to MPI"));
        if (!_peers.TryGetValue(request.Source.Node, out var peer))
            return Task.FromResult(PullResult.Unreachable($"{request.Source.Node} is not a rank of this MPI job"));
        if ((OffReason ?? peer.WhyNot) is { } reason)
            return Task.FromResult(PullResult.Unreachable(reason));
        if (cancellation.IsCancellationRequested)
            return Task.FromResult(PullResult.Cancelled);
        if (!MpiPull.IsPlausible(request, peer.Layout))
            return Task.FromResult(PullResult.Stale);
        if (_quarantine.IsFull)
            return Task.FromResult(PullResult.Unreachable(TurnOff($"late reads keep {_quarantine.Bytes} bytes out of use: too many ranks hang or have died")));
        return Begin(request, peer, cancellation);
    }

    /// <summary>Tells which life of a node is in the cluster now: one that was started later than its rank is no rank, and is not asked.</summary>
    public void Meet(NodeLife life)
    {
        if (_peers.TryGetValue(life.Node, out var peer) && peer.Life != life)
            MarkDead(life.Node);
    }

    /// <summary>Tells that a node has left in order: it is not asked again.</summary>
    public void MarkLeft(NodeId node)
    {
        if (_peers.TryGetValue(node, out var peer))
            peer.Lose($"{node} has left");
    }

    /// <summary>
    /// Tells that a node has died: its pulls end, it is not asked again, and MPI will be left without being finalized. Not for a node that leaves in order, see
    /// <see cref="MarkLeft"/>, for it may be that all do.
    /// </summary>
    public void MarkDead(NodeId node)
    {
        if (_peers.TryGetValue(node, out var peer))
            Lose(peer, "it has died");
    }

    /// <summary>
    /// Ends pulls, with <see cref="PullOutcome.Unreachable"/>, then MPI, where that can be done: all ranks have to stop within the time given of each other. Blocks at most
    /// for about twice that time. Where MPI is left open, the process is to exit as it is; that harms nobody.
    /// </summary>
    public MpiEnd Stop(TimeSpan within)
    {
        lock (_ending)
            return _end ??= End(within);
    }

    /// <summary>Stops without waiting for other ranks.</summary>
    public void Dispose() => Stop(TimeSpan.Zero);

    private Task<PullResult> Begin(in PullRequest request, MpiPeer peer, CancellationToken cancellation)
    {
        var isSmall = request.Target.LengthBytes <= _options.SmallBytes;
        var gate = isSmall ? _smallGate : _largeGate;
        if (!gate.TryEnter())
            return Task.FromResult(PullResult.Busy);
        if (isSmall)
            _smallPulls.Note();
        var lane = isSmall ? _small : LeastBusy();
        var pull = new MpiPull(request, peer, lane, _options.DigestAlgorithm, _time.GetTimestamp(), cancellation);
        if (lane.TryAdd(pull))
            return pull.Completion;
        gate.Exit();
        return Task.FromResult(PullResult.Unreachable("the fabric is closed"));
    }

    private MpiLane LeastBusy()
    {
        var least = _large[0];
        foreach (var lane in _large)
        {
            if (lane.Count < least.Count)
                least = lane;
        }

        return least;
    }

    private MpiLane Lane(IRemoteMemory memory, MpiLaneShape shape, PullGate gate) => new(shape, memory, _quarantine, gate, _smallPulls, Lose, _time);

    private void Lose(MpiPeer peer, string why)
    {
        _world?.ForbidFinalize();
        var reason = $"{peer.Node} is not read by MPI any more: {why}";
        if (peer.Lose(reason))
            _options.OnTrouble?.Invoke(reason);
    }

    private string TurnOff(string why)
    {
        if (Interlocked.CompareExchange(ref _off, why, null) is null)
            _options.OnTrouble?.Invoke($"MPI is not used any more: {why}");
        return why;
    }

    private MpiEnd End(TimeSpan within)
    {
        Interlocked.CompareExchange(ref _off, "the fabric is closed", null);
        var start = _time.GetTimestamp();
        var allCame = true;
        foreach (var lane in Lanes)
            allCame &= lane.Close(Left(within, start));
        if (!allCame || _quarantine.Bytes > 0)
            _world?.ForbidFinalize();
        var end = _world?.Stop(Left(within, start)) ?? MpiEnd.LeftOpen;
        foreach (var lane in Lanes)
            lane.Dispose();
        return end;
    }

    private TimeSpan Left(TimeSpan within, long start)
    {
        // A moment for threads to end is never saved.
        var least = TimeSpan.FromMilliseconds(100);
        var left = within - _time.GetElapsedTime(start);
        return left > least ? left : least;
    }
}

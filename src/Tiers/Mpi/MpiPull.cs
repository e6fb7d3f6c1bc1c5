using System.Runtime.CompilerServices;
using Cascade.Core.Fabric;
using Cascade.Core.Hashing;
using Cascade.Tiers.Fabric;
using Cascade.Tiers.Native;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Mpi;

/// <summary>One pull, from its start to its result. Its lane's thread alone steps it.</summary>
/// <remarks>
/// The copy's descriptor is read with the first bytes, so that a copy that has gone ends the pull early, and again when all bytes are here. The second read decides:
/// generations only
/// grow, and the copy was there when its place was told, so one that has its generation still has lain there all the time.
/// </remarks>
internal sealed unsafe class MpiPull
{
    private const int StepBytes = 256 << 10;

    private readonly PullRequest _request;
    private readonly MpiPeer _peer;
    private readonly MpiLane _lane;
    private readonly long _start;
    private readonly CancellationToken _cancellation;
    private readonly LandingDigest? _digest;
    private readonly TaskCompletionSource<PullResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // In the order in which they were begun, which is that of the bytes.
    private readonly Queue<RemoteGet> _gets = new();
    private RemoteGet? _descriptor;
    private long _begun;
    private long _landed;
    private long _hashed;
    private bool _isSeen;

    public MpiPull(in PullRequest request, MpiPeer peer, MpiLane lane, DigestAlgorithm algorithm, long start, CancellationToken cancellation)
    {
        (_request, _peer, _lane, _start, _cancellation) = (request, peer, lane, start, cancellation);
        if (request.WithDigest && algorithm == DigestAlgorithm.Blake3)
            _digest = new LandingDigest(request.Target.Address, request.Target.LengthBytes);
    }

    /// <summary>The result.</summary>
    public Task<PullResult> Completion => _completion.Task;

    /// <summary>True when there is a result.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>True when the copy lies where the rank may have one.</summary>
    public static bool IsPlausible(in PullRequest request, in ArenaLayout layout)
    {
        var copy = request.Source;
        return copy.Slot < (uint)layout.SlotCount && (copy.Generation & 1) == 0
            && copy.LengthBytes <= layout.PayloadBytes && copy.OffsetBytes <= layout.PayloadBytes - copy.LengthBytes;
    }

    /// <summary>Goes on as far as it can without waiting; true when that was anything at all.</summary>
    public bool Step()
    {
        try
        {
            if (_cancellation.IsCancellationRequested)
                return End(PullResult.Cancelled);
            if (_peer.Lost is { } reason)
                return End(PullResult.Unreachable(reason));
            if (_lane.Time.GetElapsedTime(_start) >= _request.Timeout)
                return End(PullResult.TimedOut);
            return Proceed();
        }
        catch (MpiException failure)
        {
            _lane.Lose(_peer, failure.Message);
            return End(PullResult.Unreachable(failure.Message));
        }
        catch (Exception failure)
        {
            // The promise of a result holds even for a defect: the caller has a target that it waits to give back.
            return End(PullResult.Unreachable(failure.ToString()));
        }
    }

    /// <summary>Ends it; what has not come goes on to land in memory that is out of use.</summary>
    public bool End(PullResult result)
    {
        var isOverdue = result.Outcome == PullOutcome.TimedOut;
        if (_descriptor is { } descriptor)
            _lane.Abandon(descriptor, _peer, isOverdue);
        foreach (var get in _gets)
            _lane.Abandon(get, _peer, isOverdue);
        _gets.Clear();
        _descriptor = null;
        HasEnded = true;
        _lane.Leave();
        GC.KeepAlive(_request.Target.Owner);
        _completion.SetResult(result);
        return true;
    }

    private bool Proceed()
    {
        var moved = BeginGets();
        if (_descriptor is { } descriptor && TryEnd(ref descriptor))
        {
            _descriptor = null;
            var holds = Holds(descriptor.Piece);
            descriptor.Pool.Return(descriptor.Piece);
            if (!holds)
                return End(PullResult.Stale);
            if (_isSeen)
                return End(PullResult.Done with { Digest = _digest?.Finish() });
            (_isSeen, moved) = (true, true);
        }

        if (_gets.TryPeek(out var get) && TryEnd(ref get))
        {
            _gets.Dequeue();
            Land(get);
            get.Pool.Return(get.Piece);
            moved = true;
        }

        return moved;
    }

    private bool BeginGets()
    {
        var moved = false;
        var length = _request.Target.LengthBytes;
        if (_descriptor is null && (!_isSeen || _landed == length))
        {
            var from = ArenaLayout.TableOffset + ((long)_request.Source.Slot * Descriptor.SizeBytes);
            if (Begin(_lane.Notes, Descriptor.SizeBytes, from) is { } descriptor)
                (_descriptor, moved) = (descriptor, true);
        }

        var givesWay = !_lane.IsSmall && _lane.Small.AreAbout;
        var piece = givesWay ? Math.Min(SmallPulls.PieceBytes, _lane.Pieces.PieceBytes) : _lane.Pieces.PieceBytes;
        var most = givesWay ? Math.Min(SmallPulls.PiecesInFlight, _lane.PiecesInFlight) : _lane.PiecesInFlight;
        while (_begun < length && _gets.Count < most)
        {
            var from = _peer.Layout.PayloadOffset + _request.Source.OffsetBytes + _request.SkipBytes + _begun;
            if (Begin(_lane.Pieces, (int)Math.Min(piece, length - _begun), from) is not { } get)
                break;
            _gets.Enqueue(get);
            _begun += get.LengthBytes;
            moved = true;
        }

        return moved;
    }

    private RemoteGet? Begin(BouncePool pool, int length, long from)
    {
        if (!pool.TryTake(out var piece))
            return null;
        try
        {
            return new RemoteGet(_lane.Memory.BeginGet(piece, length, _peer.Rank, from), piece, length, pool);
        }
        catch
        {
            // Nobody says whether a read that failed to begin has begun.
            _lane.Lose(_peer, "a read could not be begun");
            _lane.Abandon(new RemoteGet(0, piece, length, pool), _peer, isOverdue: false);
            throw;
        }
    }

    private bool TryEnd(ref RemoteGet get)
    {
        var request = get.Request;
        return _lane.Memory.HasEnded(ref request);
    }

    private bool Holds(nint note)
    {
        var entry = Unsafe.ReadUnaligned<Descriptor>((void*)note);
        var copy = _request.Source;
        return entry.Generation == copy.Generation && entry.Kind == DescriptorKind.Resident && entry.OffsetBytes == copy.OffsetBytes && entry.LengthBytes == copy.LengthBytes
            && (_request.Block is not { } block || entry.Id == block) && entry.FindFault(_peer.Layout.PayloadBytes) is null;
    }

    /// <summary>Copies a piece to where it is wanted, and hashes it while the cache has it.</summary>
    private void Land(in RemoteGet get)
    {
        for (var done = 0; done < get.LengthBytes;)
        {
            var step = Math.Min(StepBytes, get.LengthBytes - done);
            Buffer.MemoryCopy((byte*)get.Piece + done, (byte*)_request.Target.Address + _landed, step, step);
            done += step;
            _landed += step;
            if (_digest is not null)
                _hashed = _digest.Land(_hashed, _landed);
        }
    }
}

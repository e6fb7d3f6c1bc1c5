using Cascade.Core.Fabric;
using Cascade.Core.Hashing;

namespace Cascade.Tiers.Fabric;

/// <summary>One pull over TCP: pieces that one or more streams take in turn. Ends when no stream stores to the target any more.</summary>
internal sealed class BulkTransfer : IDisposable
{
    private readonly PullRequest _request;
    private readonly BulkLane _lane;
    private readonly LandingDigest? _digest;
    private readonly int _pieceBytes;
    private readonly int _pieceCount;
    private readonly int _streams;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly CancellationToken _caller;
    private readonly BulkDeadline _deadline;

    // Ends the other streams when one has failed.
    private readonly CancellationTokenSource _stop;

    // Ends further streams that are still being opened when there is nothing left for them.
    private readonly CancellationTokenSource _opening;
    private readonly TaskCompletionSource<PullResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _streamsLeft;
    private int _nextPiece;
    private int _piecesDone;
    private object? _failure;

    public BulkTransfer(in PullRequest request, BulkLane lane, BulkClientOptions options, TimeProvider time, CancellationToken caller)
    {
        (_request, _lane, _time, _caller) = (request, lane, time, caller);
        _start = time.GetTimestamp();
        _pieceBytes = options.PieceBytes;
        if (request.WithDigest && options.DigestAlgorithm == DigestAlgorithm.Blake3)
        {
            // Each request is to be whole pieces of the digest, so that its stream can hash them by itself.
            _digest = new LandingDigest(request.Target.Address, request.Target.LengthBytes);
            _pieceBytes = (_pieceBytes + _digest.PieceBytes - 1) / _digest.PieceBytes * _digest.PieceBytes;
        }

        _pieceCount = (int)((request.Target.LengthBytes + _pieceBytes - 1) / _pieceBytes);
        _streams = request.Target.LengthBytes > options.SplitAboveBytes ? Math.Min(options.StreamsPerPull, _pieceCount) : 1;
        _deadline = new BulkDeadline(request.Timeout, time, caller);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(_deadline.Token);
        _opening = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
    }

    /// <summary>Moves the bytes.</summary>
    public Task<PullResult> RunAsync(BulkThreads threads)
    {
        _streamsLeft = _streams;
        threads.Run(() => RunStream(isFirst: true));
        for (var stream = 1; stream < _streams; stream++)
            threads.Run(() => RunStream(isFirst: false));
        return _ended.Task;
    }

    public void Dispose()
    {
        _opening.Dispose();
        _stop.Dispose();
        _deadline.Dispose();
    }

    private PullResult Result()
    {
        GC.KeepAlive(_request.Target.Owner);
        if (_failure is not null)
            return (PullResult)_failure;
        if (_piecesDone == _pieceCount)
            return PullResult.Done with { Digest = _digest?.Finish() };
        return _caller.IsCancellationRequested ? PullResult.Cancelled : PullResult.TimedOut;
    }

    private void RunStream(bool isFirst)
    {
        var connection = default(BulkConnection);
        try
        {
            connection = isFirst ? _lane.Take(_stop.Token) : TryTakeFurther();
            if (connection is not null && Move(connection) is { } failure)
                Fail(failure);
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // The result says why: this stream was stopped, it did not fail.
        }
        catch (Exception failure)
        {
            // Whatever it is, the caller gets a result, and the target back.
            Fail(PullResult.Unreachable(BulkStreams.IsConnectionFailure(failure) ? failure.Message : failure.ToString()));
        }

        if (connection is not null)
            _lane.Return(connection);
        if (Interlocked.Decrement(ref _streamsLeft) == 0)
            _ended.SetResult(Result());
    }

    /// <summary>Further streams are for speed alone: without them the first does it all.</summary>
    private BulkConnection? TryTakeFurther()
    {
        try
        {
            return _lane.TryTake(_opening.Token);
        }
        catch (Exception failure) when (_opening.IsCancellationRequested || BulkStreams.IsConnectionFailure(failure))
        {
            return null;
        }
    }

    /// <summary>
    /// Moves pieces until none is left; the next one is asked for before the bytes of this one are received. Gives why the peer would not, which
    /// leaves the connection as good as it was.
    /// </summary>
    private PullResult? Move(BulkConnection connection)
    {
        using var cut = connection.CutBy(_stop.Token);
        var current = AskNext(connection);
        while (current is { } piece)
        {
            var next = AskNext(connection);
            var status = connection.Receive(piece, _request.Target.Address, piece.SkipBytes - _request.SkipBytes, _digest);
            if (status != BulkStatus.Good)
                return ResultOf(status);
            Interlocked.Increment(ref _piecesDone);
            current = next;
        }

        return null;
    }

    private BulkRequest? AskNext(BulkConnection connection)
    {
        var piece = Interlocked.Increment(ref _nextPiece) - 1;
        if (piece >= _pieceCount)
        {
            _opening.Cancel();
            return null;
        }

        var from = (long)piece * _pieceBytes;
        var length = (int)Math.Min(_pieceBytes, _request.Target.LengthBytes - from);
        var left = Math.Clamp((_request.Timeout - _time.GetElapsedTime(_start)).TotalMilliseconds + 1, 1, uint.MaxValue);
        return connection.Ask(new BulkRequest(0, _request.Source, _request.SkipBytes + from, length, (uint)left, _request.Block));
    }

    private void Fail(PullResult result)
    {
        Interlocked.CompareExchange(ref _failure, result, null);
        _stop.Cancel();
    }

    private static PullResult ResultOf(BulkStatus status) => status switch
    {
        BulkStatus.Stale => PullResult.Stale,
        BulkStatus.Busy => PullResult.Busy with { Reason = "as many leases are held at the peer as it allows" },
        _ => PullResult.Unreachable("the peer does not take the request: it may allow smaller pieces only"),
    };
}

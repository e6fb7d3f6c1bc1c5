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
    public async Task<PullResult> RunAsync()
    {
        var streams = new Task[_streams];
        for (var stream = 0; stream < _streams; stream++)
            streams[stream] = RunStreamAsync(isFirst: stream == 0);
        await Task.WhenAll(streams);
        GC.KeepAlive(_request.Target.Owner);
        if (_failure is not null)
            return (PullResult)_failure;
        if (_piecesDone == _pieceCount)
            return PullResult.Done with { Digest = _digest?.Finish() };
        return _caller.IsCancellationRequested ? PullResult.Cancelled : PullResult.TimedOut;
    }

    public void Dispose()
    {
        _opening.Dispose();
        _stop.Dispose();
        _deadline.Dispose();
    }

    private async Task RunStreamAsync(bool isFirst)
    {
        var connection = default(BulkConnection);
        try
        {
            connection = isFirst ? await _lane.TakeAsync(_stop.Token) : await TakeFurtherAsync();
            if (connection is not null)
                await MoveAsync(connection);
        }
        catch (OperationCanceledException)
        {
            // The result says why: this stream was stopped, it did not fail.
        }
        catch (Exception failure)
        {
            // Whatever it is, the caller gets a result, and the target back.
            await FailAsync(PullResult.Unreachable(BulkStreams.IsConnectionFailure(failure) ? failure.Message : failure.ToString()));
        }
        finally
        {
            if (connection is not null)
                _lane.Return(connection);
        }
    }

    /// <summary>Further streams are for speed alone: without them the first does it all.</summary>
    private async Task<BulkConnection?> TakeFurtherAsync()
    {
        try
        {
            return await _lane.TryTakeAsync(_opening.Token);
        }
        catch (Exception failure) when (BulkStreams.IsConnectionFailure(failure))
        {
            return null;
        }
    }

    /// <summary>Moves pieces until none is left; the next one is asked for before the bytes of this one are received.</summary>
    private async Task MoveAsync(BulkConnection connection)
    {
        var current = await AskNextAsync(connection);
        while (current is { } piece)
        {
            var next = await AskNextAsync(connection);
            var status = await connection.ReceiveAsync(piece, _request.Target.Address, piece.SkipBytes - _request.SkipBytes, _digest, _stop.Token);
            if (status != BulkStatus.Good)
            {
                await FailAsync(ResultOf(status));
                return;
            }

            Interlocked.Increment(ref _piecesDone);
            current = next;
        }
    }

    private async ValueTask<BulkRequest?> AskNextAsync(BulkConnection connection)
    {
        var piece = Interlocked.Increment(ref _nextPiece) - 1;
        if (piece >= _pieceCount)
        {
            await _opening.CancelAsync();
            return null;
        }

        var from = (long)piece * _pieceBytes;
        var length = (int)Math.Min(_pieceBytes, _request.Target.LengthBytes - from);
        var left = Math.Clamp((_request.Timeout - _time.GetElapsedTime(_start)).TotalMilliseconds + 1, 1, uint.MaxValue);
        return await connection.AskAsync(new BulkRequest(0, _request.Source, _request.SkipBytes + from, length, (uint)left), _stop.Token);
    }

    private Task FailAsync(PullResult result)
    {
        Interlocked.CompareExchange(ref _failure, result, null);
        return _stop.CancelAsync();
    }

    private static PullResult ResultOf(BulkStatus status) => status switch
    {
        BulkStatus.Stale => PullResult.Stale,
        BulkStatus.Busy => PullResult.Busy with { Reason = "as many leases are held at the peer as it allows" },
        _ => PullResult.Unreachable("the peer does not take the request: it may allow smaller pieces only"),
    };
}

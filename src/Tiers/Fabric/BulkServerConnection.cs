using System.Net.Sockets;
using System.Security.Cryptography;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Fabric;

/// <summary>The serving end of one bulk connection: one request after another. Any failure ends this connection and nothing else.</summary>
internal sealed class BulkServerConnection(
    BulkServerOptions options, ShmDirectory copies, TimeProvider time, BulkSecurity security, Action<int> onSent, CancellationToken stopping) : IDisposable
{
    // A lease must not end before the deadline that ends the sending, or a slow client would be told that the copy is gone.
    private static readonly TimeSpan LeaseSlack = TimeSpan.FromSeconds(5);

    private readonly byte[] _frame = new byte[BulkFrames.LongestBytes];
    private readonly MappedMemory _payload = new();

    /// <summary>Serves the connection to its end and says what that was.</summary>
    public async Task<BulkCloseReason> RunAsync(Socket socket)
    {
        using var opening = Within(options.HandshakeTimeout);
        Stream stream;
        BulkCloseReason? refused;
        try
        {
            stream = await BulkStreams.OpenAsync(socket, options.Wrapper, isServer: true, opening.Token);
        }
        catch (OperationCanceledException)
        {
            return BulkCloseReason.HandshakeTimedOut;
        }

        await using var closing = stream;
        try
        {
            refused = await OpenAsync(stream, opening.Token);
        }
        catch (OperationCanceledException)
        {
            return BulkCloseReason.HandshakeTimedOut;
        }

        if (refused is not null)
            return refused.Value;
        while (true)
        {
            var ended = await ServeNextAsync(stream);
            if (ended is not null)
                return ended.Value;
        }
    }

    public void Dispose() => ((IDisposable)_payload).Dispose();

    /// <summary>Gives why the client is refused; null when it is not.</summary>
    private async Task<BulkCloseReason?> OpenAsync(Stream stream, CancellationToken deadline)
    {
        var nonce = RandomNumberGenerator.GetBytes(BulkFrames.NonceBytes);
        BulkFrames.WriteOpening(_frame.AsSpan(0, BulkFrames.GreetingBytes), options.Node, nonce);
        await stream.WriteAsync(_frame.AsMemory(0, BulkFrames.GreetingBytes), deadline);
        var read = await stream.ReadAtLeastAsync(
            _frame.AsMemory(0, BulkFrames.HelloBytes), BulkFrames.HelloBytes, throwOnEndOfStream: false, deadline);

        // A client that finds its pull done by other streams meanwhile leaves without a word.
        if (read == 0)
            return BulkCloseReason.Closed;
        if (read < BulkFrames.HelloBytes || BulkFrames.FaultOfOpening(_frame, out _) is not null)
            return BulkCloseReason.WrongProtocol;
        if (!Answer(nonce))
            return BulkCloseReason.WrongCluster;
        await stream.WriteAsync(_frame.AsMemory(0, BulkFrames.WelcomeBytes), deadline);
        return null;
    }

    /// <summary>Turns a Hello in the frame into its Welcome.</summary>
    private bool Answer(ReadOnlySpan<byte> nonce)
    {
        Span<byte> clientNonce = stackalloc byte[BulkFrames.NonceBytes];
        Span<byte> proof = stackalloc byte[BulkFrames.ProofBytes];
        BulkFrames.NonceOf(_frame).CopyTo(clientNonce);
        if (!security.IsProven(asServer: false, nonce, clientNonce, BulkFrames.ProofOf(_frame)))
            return false;
        security.Prove(asServer: true, nonce, clientNonce, proof);
        BulkFrames.WriteWelcome(_frame.AsSpan(0, BulkFrames.WelcomeBytes), proof);
        return true;
    }

    /// <summary>Serves one request; gives why the connection is over, or null when it goes on.</summary>
    private async Task<BulkCloseReason?> ServeNextAsync(Stream stream)
    {
        using (var idle = Within(options.IdleTimeout))
        {
            try
            {
                var read = await stream.ReadAtLeastAsync(
                    _frame.AsMemory(0, BulkFrames.RequestBytes), BulkFrames.RequestBytes, throwOnEndOfStream: false, idle.Token);
                if (read < BulkFrames.RequestBytes)
                    return read == 0 ? BulkCloseReason.Closed : BulkCloseReason.Malformed;
            }
            catch (OperationCanceledException)
            {
                return stopping.IsCancellationRequested ? BulkCloseReason.Closed : BulkCloseReason.Idle;
            }
        }

        var isRequest = BulkFrames.TryReadRequest(_frame, options.Node, out var request) && request.LengthBytes <= options.MaxRequestBytes;
        var allowed = TimeSpan.FromMilliseconds(isRequest ? request.TimeoutMilliseconds : 1000);
        allowed = allowed < options.MaxServeTime ? allowed : options.MaxServeTime;
        using var deadline = Within(allowed);
        try
        {
            if (isRequest)
            {
                await ServeAsync(stream, request, allowed, deadline.Token);
                return null;
            }

            await ReplyAsync(stream, request, BulkStatus.Malformed, deadline.Token);
            return BulkCloseReason.Malformed;
        }
        catch (OperationCanceledException)
        {
            return stopping.IsCancellationRequested ? BulkCloseReason.Closed : BulkCloseReason.SlowReader;
        }
    }

    private async Task ServeAsync(Stream stream, BulkRequest request, TimeSpan allowed, CancellationToken deadline)
    {
        var outcome = copies.Lease(request.Copy, allowed + LeaseSlack, out var lease);
        if (outcome != LeaseOutcome.Leased)
        {
            await ReplyAsync(stream, request, outcome == LeaseOutcome.TooManyLeases ? BulkStatus.Busy : BulkStatus.Stale, deadline);
            return;
        }

        using (lease)
        {
            await ReplyAsync(stream, request, BulkStatus.Good, deadline);
            await stream.WriteAsync(_payload.At(lease.Address + (nint)request.SkipBytes, request.LengthBytes), deadline);
            BulkFrames.WriteTrailer(_frame, request.Id, lease.IsHeld ? BulkStatus.Good : BulkStatus.Stale);
        }

        onSent(request.LengthBytes);
        await stream.WriteAsync(_frame.AsMemory(0, BulkFrames.TrailerBytes), deadline);
    }

    private ValueTask ReplyAsync(Stream stream, in BulkRequest request, BulkStatus status, CancellationToken deadline)
    {
        BulkFrames.WriteReply(_frame, request.Id, status, status == BulkStatus.Good ? request.LengthBytes : 0);
        return stream.WriteAsync(_frame.AsMemory(0, BulkFrames.ReplyBytes), deadline);
    }

    private BulkDeadline Within(TimeSpan timeout) => new(timeout, time, stopping);
}

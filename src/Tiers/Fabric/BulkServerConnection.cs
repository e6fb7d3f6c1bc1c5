using System.Net.Sockets;
using System.Security.Cryptography;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Fabric;

/// <summary>The serving end of one bulk connection: one request after another, on a thread that blocks. Any failure ends this connection and nothing else.</summary>
internal sealed unsafe class BulkServerConnection(
    BulkServerOptions options, ShmDirectory copies, TimeProvider time, BulkSecurity security, Socket socket, Action<int> onSent, CancellationToken stopping) : IDisposable
{
    // A lease must not end before the deadline that ends the sending, or a slow client would be told that the copy is gone.
    private static readonly TimeSpan LeaseSlack = TimeSpan.FromSeconds(5);

    private readonly byte[] _frame = new byte[BulkFrames.LongestBytes];
    private readonly BulkWatch _watch = new(time, socket, stopping);

    /// <summary>Serves the connection to its end and says what that was.</summary>
    public BulkCloseReason Run()
    {
        using var stream = TryOpen(out var refused);
        if (stream is null)
            return refused;
        while (true)
        {
            var ended = ServeNext(stream);
            if (ended is not null)
                return ended.Value;
        }
    }

    public void Dispose() => _watch.Dispose();

    /// <summary>Opens the conversation; null, and why, when the client is refused.</summary>
    private Stream? TryOpen(out BulkCloseReason refused)
    {
        _watch.Give(options.HandshakeTimeout);
        var stream = default(Stream);
        refused = BulkCloseReason.HandshakeTimedOut;
        try
        {
            stream = BulkStreams.Open(socket, options.Wrapper, isServer: true);
            var reason = Greet(stream);
            if (reason is null)
                return stream;
            refused = reason.Value;
        }
        catch (Exception) when (_watch.IsOver)
        {
            // Closed, as the reason says.
        }
        catch
        {
            stream?.Dispose();
            throw;
        }

        stream?.Dispose();
        return null;
    }

    /// <summary>Gives why the client is refused; null when it is not.</summary>
    private BulkCloseReason? Greet(Stream stream)
    {
        var nonce = RandomNumberGenerator.GetBytes(BulkFrames.NonceBytes);
        BulkFrames.WriteOpening(_frame.AsSpan(0, BulkFrames.GreetingBytes), options.Node, nonce);
        stream.Write(_frame.AsSpan(0, BulkFrames.GreetingBytes));
        var read = stream.ReadAtLeast(_frame.AsSpan(0, BulkFrames.HelloBytes), BulkFrames.HelloBytes, throwOnEndOfStream: false);

        // A client that finds its pull done by other streams meanwhile leaves without a word.
        if (read == 0)
            return BulkCloseReason.Closed;
        if (read < BulkFrames.HelloBytes || BulkFrames.FaultOfOpening(_frame, out _) is not null)
            return BulkCloseReason.WrongProtocol;
        if (!Answer(nonce))
            return BulkCloseReason.WrongCluster;
        stream.Write(_frame.AsSpan(0, BulkFrames.WelcomeBytes));
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
    private BulkCloseReason? ServeNext(Stream stream)
    {
        _watch.Give(options.IdleTimeout);
        try
        {
            var read = stream.ReadAtLeast(_frame.AsSpan(0, BulkFrames.RequestBytes), BulkFrames.RequestBytes, throwOnEndOfStream: false);
            if (read < BulkFrames.RequestBytes)
                return _watch.IsOver ? Ended(BulkCloseReason.Idle) : read == 0 ? BulkCloseReason.Closed : BulkCloseReason.Malformed;
        }
        catch (Exception) when (_watch.IsOver)
        {
            return Ended(BulkCloseReason.Idle);
        }

        var isRequest = BulkFrames.TryReadRequest(_frame, options.Node, out var request) && request.LengthBytes <= options.MaxRequestBytes;
        var allowed = TimeSpan.FromMilliseconds(isRequest ? request.TimeoutMilliseconds : 1000);
        allowed = allowed < options.MaxServeTime ? allowed : options.MaxServeTime;
        _watch.Give(allowed);
        try
        {
            if (isRequest)
            {
                Serve(stream, request, allowed);
                return null;
            }

            Reply(stream, request, BulkStatus.Malformed);
            return BulkCloseReason.Malformed;
        }
        catch (Exception) when (_watch.IsOver)
        {
            return Ended(BulkCloseReason.SlowReader);
        }
    }

    private void Serve(Stream stream, BulkRequest request, TimeSpan allowed)
    {
        var outcome = copies.Lease(request.Copy, allowed + LeaseSlack, out var lease);
        if (outcome == LeaseOutcome.Leased && request.Block is { } block && lease.Id != block)
        {
            lease.Dispose();
            outcome = LeaseOutcome.Missing;
        }

        if (outcome != LeaseOutcome.Leased)
        {
            Reply(stream, request, outcome == LeaseOutcome.TooManyLeases ? BulkStatus.Busy : BulkStatus.Stale);
            return;
        }

        using (lease)
        {
            Reply(stream, request, BulkStatus.Good);
            stream.Write(new ReadOnlySpan<byte>((byte*)lease.Address + request.SkipBytes, request.LengthBytes));
            BulkFrames.WriteTrailer(_frame, request.Id, lease.IsHeld ? BulkStatus.Good : BulkStatus.Stale);
        }

        onSent(request.LengthBytes);
        stream.Write(_frame.AsSpan(0, BulkFrames.TrailerBytes));
    }

    private void Reply(Stream stream, in BulkRequest request, BulkStatus status)
    {
        BulkFrames.WriteReply(_frame, request.Id, status, status == BulkStatus.Good ? request.LengthBytes : 0);
        stream.Write(_frame.AsSpan(0, BulkFrames.ReplyBytes));
    }

    /// <summary>Why a connection was cut, unless the server ends.</summary>
    private BulkCloseReason Ended(BulkCloseReason reason) => stopping.IsCancellationRequested ? BulkCloseReason.Closed : reason;
}

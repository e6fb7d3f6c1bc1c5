using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Fabric;

/// <summary>The pulling end of one bulk connection. For one pull at a time.</summary>
internal sealed class BulkConnection : IDisposable
{
    // What is received before it is hashed: few calls, and still in a cache.
    private const int LandBytes = 1 << 20;

    private readonly byte[] _frame = new byte[BulkFrames.LongestBytes];
    private readonly byte[] _requestFrame = new byte[BulkFrames.RequestBytes];
    private readonly MappedMemory _target = new();
    private readonly Socket _socket;
    private readonly Stream _stream;
    private ulong _lastId;
    private int _unanswered;
    private bool _broken;

    private BulkConnection(Socket socket, Stream stream) => (_socket, _stream) = (socket, stream);

    /// <summary>True when it stands between two requests, so that another pull may use it.</summary>
    public bool IsClean => !_broken && _unanswered == 0;

    /// <summary>False when the peer has closed it meanwhile, or says what nobody asked for.</summary>
    public bool IsQuiet
    {
        get
        {
            try
            {
                return !_socket.Poll(TimeSpan.Zero, SelectMode.SelectRead);
            }
            catch (Exception failure) when (BulkStreams.IsConnectionFailure(failure))
            {
                return false;
            }
        }
    }

    /// <summary>Connects to a peer and opens the conversation.</summary>
    /// <exception cref="IOException">The peer refuses, or is another one than expected.</exception>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    /// <exception cref="OperationCanceledException">The deadline passed.</exception>
    public static async Task<BulkConnection> ConnectAsync(
        BulkClientOptions options, BulkSecurity security, NodeId peer, EndPoint endPoint, CancellationToken deadline)
    {
        var socket = endPoint is IPEndPoint ip
            ? new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            BulkStreams.Configure(socket, options.SocketBufferBytes);
            await socket.ConnectAsync(endPoint, deadline);
            var stream = await BulkStreams.OpenAsync(socket, options.Wrapper, isServer: false, deadline);
            var connection = new BulkConnection(socket, stream);
            await connection.OpenAsync(options, security, peer, deadline);
            return connection;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Asks for bytes. At most two requests are open at a time, so that the peer can go on while the first's bytes are on their way.</summary>
    public async ValueTask<BulkRequest> AskAsync(BulkRequest wanted, CancellationToken deadline)
    {
        var request = wanted with { Id = ++_lastId };
        _unanswered++;
        BulkFrames.WriteRequest(_requestFrame, request);
        await _stream.WriteAsync(_requestFrame, deadline);
        return request;
    }

    /// <summary>Receives what was asked for; requests are answered in their order.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="target">Memory of the whole pull.</param>
    /// <param name="offsetBytes">Where in it these bytes go.</param>
    /// <param name="digest">Hashes them as they land there; null for no digest.</param>
    /// <param name="deadline">Ends the wait, and with it the connection.</param>
    /// <exception cref="IOException">The connection broke, or the peer does not keep to the protocol.</exception>
    public async ValueTask<BulkStatus> ReceiveAsync(BulkRequest request, nint target, long offsetBytes, LandingDigest? digest, CancellationToken deadline)
    {
        await _stream.ReadExactlyAsync(_frame.AsMemory(0, BulkFrames.ReplyBytes), deadline);
        if (!BulkFrames.TryReadReply(_frame, request, out var status))
            throw Nonsense();
        if (status != BulkStatus.Good)
        {
            _unanswered--;
            return status;
        }

        await LandAsync(_target.At(target + (nint)offsetBytes, request.LengthBytes), offsetBytes, digest, deadline);
        await _stream.ReadExactlyAsync(_frame.AsMemory(0, BulkFrames.TrailerBytes), deadline);
        if (!BulkFrames.TryReadTrailer(_frame, request, out status))
            throw Nonsense();
        _unanswered--;
        return status;
    }

    private async ValueTask LandAsync(Memory<byte> target, long offsetBytes, LandingDigest? digest, CancellationToken deadline)
    {
        if (digest is null)
        {
            await _stream.ReadExactlyAsync(target, deadline);
            return;
        }

        var hashed = offsetBytes;
        for (var landed = 0; landed < target.Length;)
        {
            var read = await _stream.ReadAsync(target.Slice(landed, Math.Min(target.Length - landed, LandBytes)), deadline);
            if (read == 0)
                throw new EndOfStreamException("The peer closed the connection in the middle of its answer.");
            landed += read;
            hashed = digest.Land(hashed, offsetBytes + landed);
        }
    }

    public void Dispose()
    {
        _broken = true;
        _stream.Dispose();
        _socket.Dispose();
        ((IDisposable)_target).Dispose();
    }

    private async Task OpenAsync(BulkClientOptions options, BulkSecurity security, NodeId peer, CancellationToken deadline)
    {
        try
        {
            await _stream.ReadExactlyAsync(_frame.AsMemory(0, BulkFrames.GreetingBytes), deadline);
            var fault = BulkFrames.FaultOfOpening(_frame, out var found);
            if (fault is not null)
                throw new IOException($"What answers for {peer} is refused: {fault}.");
            if (found != peer)
                throw new IOException($"What answers for {peer} is {found}: its address is out of date.");
            var serverNonce = BulkFrames.NonceOf(_frame).ToArray();
            var clientNonce = RandomNumberGenerator.GetBytes(BulkFrames.NonceBytes);
            BulkFrames.WriteOpening(_frame, options.Node, clientNonce);
            security.Prove(asServer: false, serverNonce, clientNonce, BulkFrames.ProofOf(_frame));
            await _stream.WriteAsync(_frame.AsMemory(0, BulkFrames.HelloBytes), deadline);
            await _stream.ReadExactlyAsync(_frame.AsMemory(0, BulkFrames.WelcomeBytes), deadline);
            if (!BulkFrames.TryReadWelcome(_frame, out var proof) || !security.IsProven(asServer: true, serverNonce, clientNonce, proof))
                throw new IOException($"{peer} does not prove that it is of this cluster: compare the cluster's name and token there and here.");
        }
        catch (EndOfStreamException ended)
        {
            throw new IOException(
                $"{peer} closed the connection at its opening: it has as many as it allows, or another cluster name, token or version than this node.", ended);
        }
    }

    private static IOException Nonsense() => new("The peer's answer is none to what was asked: its program differs, or something between changes the bytes.");
}

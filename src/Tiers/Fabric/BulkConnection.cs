using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Fabric;

/// <summary>The pulling end of one bulk connection, whose calls block. For one pull at a time.</summary>
internal sealed unsafe class BulkConnection : IDisposable
{
    // What is received before it is hashed: few calls, and still in a cache.
    private const int LandBytes = 256 << 10;

    private readonly byte[] _frame = new byte[BulkFrames.LongestBytes];
    private readonly byte[] _requestFrame = new byte[BulkFrames.RequestBytes];
    private readonly Socket _socket;
    private readonly Stream _stream;
    private ulong _lastId;
    private int _unanswered;
    private volatile bool _broken;

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
    /// <exception cref="OperationCanceledException">The deadline passed; some of the others may come in its place.</exception>
    public static BulkConnection Connect(
        BulkClientOptions options, BulkSecurity security, NodeId peer, EndPoint endPoint, CancellationToken deadline)
    {
        var address = endPoint as IPEndPoint ?? Resolve((DnsEndPoint)endPoint, deadline);
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            using var cut = deadline.UnsafeRegister(static cut => ((Socket)cut!).Dispose(), socket);
            BulkStreams.Configure(socket, options.SocketBufferBytes);
            socket.Connect(address);
            var stream = BulkStreams.Open(socket, options.Wrapper, isServer: false);
            var connection = new BulkConnection(socket, stream);
            connection.Open(options, security, peer);
            return connection;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Asks for bytes. At most two requests are open at a time, so that the peer can go on while the first's bytes are on their way.</summary>
    public BulkRequest Ask(BulkRequest wanted)
    {
        var request = wanted with { Id = ++_lastId };
        _unanswered++;
        BulkFrames.WriteRequest(_requestFrame, request);
        _stream.Write(_requestFrame);
        return request;
    }

    /// <summary>Receives what was asked for; requests are answered in their order.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="target">Memory of the whole pull.</param>
    /// <param name="offsetBytes">Where in it these bytes go.</param>
    /// <param name="digest">Hashes them as they land there; null for no digest.</param>
    /// <exception cref="IOException">The connection broke or was cut, or the peer does not keep to the protocol.</exception>
    public BulkStatus Receive(BulkRequest request, nint target, long offsetBytes, LandingDigest? digest)
    {
        _stream.ReadExactly(_frame.AsSpan(0, BulkFrames.ReplyBytes));
        if (!BulkFrames.TryReadReply(_frame, request, out var status))
            throw Nonsense();
        if (status != BulkStatus.Good)
        {
            _unanswered--;
            return status;
        }

        Land(new Span<byte>((byte*)target + offsetBytes, request.LengthBytes), offsetBytes, digest);
        _stream.ReadExactly(_frame.AsSpan(0, BulkFrames.TrailerBytes));
        if (!BulkFrames.TryReadTrailer(_frame, request, out status))
            throw Nonsense();
        _unanswered--;
        return status;
    }

    /// <summary>Until the registration ends, the connection ends with the token, whoever is blocked in it.</summary>
    public CancellationTokenRegistration CutBy(CancellationToken token) => token.UnsafeRegister(
        static connection =>
        {
            var cut = (BulkConnection)connection!;
            cut._broken = true;
            cut._socket.Dispose();
        },
        this);

    private static IPEndPoint Resolve(DnsEndPoint name, CancellationToken deadline)
    {
        var found = Dns.GetHostAddressesAsync(name.Host, name.AddressFamily, deadline).GetAwaiter().GetResult();
        return found.Length > 0 ? new IPEndPoint(found[0], name.Port) : throw new IOException($"{name.Host} has no address.");
    }

    private void Land(Span<byte> target, long offsetBytes, LandingDigest? digest)
    {
        if (digest is null)
        {
            _stream.ReadExactly(target);
            return;
        }

        var hashed = offsetBytes;
        for (var landed = 0; landed < target.Length;)
        {
            var read = _stream.Read(target.Slice(landed, Math.Min(target.Length - landed, LandBytes)));
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
    }

    private void Open(BulkClientOptions options, BulkSecurity security, NodeId peer)
    {
        try
        {
            _stream.ReadExactly(_frame.AsSpan(0, BulkFrames.GreetingBytes));
            var fault = BulkFrames.FaultOfOpening(_frame, out var found);
            if (fault is not null)
                throw new IOException($"What answers for {peer} is refused: {fault}.");
            if (found != peer)
                throw new IOException($"What answers for {peer} is {found}: its address is out of date.");
            var serverNonce = BulkFrames.NonceOf(_frame).ToArray();
            var clientNonce = RandomNumberGenerator.GetBytes(BulkFrames.NonceBytes);
            BulkFrames.WriteOpening(_frame, options.Node, clientNonce);
            security.Prove(asServer: false, serverNonce, clientNonce, BulkFrames.ProofOf(_frame));
            _stream.Write(_frame.AsSpan(0, BulkFrames.HelloBytes));
            _stream.ReadExactly(_frame.AsSpan(0, BulkFrames.WelcomeBytes));
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

using System.Net;
using System.Net.Sockets;
using Cascade.Core.Identity;
using Cascade.Tiers.Fabric;
using Cascade.Tiers.Tests.Shm;

namespace Cascade.Tiers.Tests.Fabric;

/// <summary>A node that serves bulk reads of an arena, and what another node needs to pull from it.</summary>
internal sealed class BulkSandbox : IAsyncDisposable
{
    public static readonly NodeId Holder = new(3);
    public static readonly NodeId Reader = new(4);

    private readonly System.Threading.Channels.Channel<BulkCloseReason> _faults = System.Threading.Channels.Channel.CreateUnbounded<BulkCloseReason>();

    public BulkSandbox(
        Func<BulkServerOptions, BulkServerOptions>? server = null, TimeProvider? time = null, long capacityBytes = 65 << 20, int maxLeases = 64)
    {
        Box = new ArenaSandbox(capacityBytes: capacityBytes, maxLeases: maxLeases);
        var options = new BulkServerOptions
        {
            ClusterName = "test",
            Node = Holder,
            Token = "secret",
            EndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            OnFault = (_, reason, _) => _faults.Writer.TryWrite(reason),
        };
        try
        {
            Server = BulkServer.Start(server is null ? options : server(options), Box.Readers, time ?? TimeProvider.System);
        }
        catch
        {
            Box.Dispose();
            throw;
        }

        ClientOptions = new BulkClientOptions
        {
            ClusterName = "test",
            Node = Reader,
            Token = "secret",
            Locate = node => node == Holder ? Server.EndPoint : null,
        };
    }

    public ArenaSandbox Box { get; }

    public BulkServer Server { get; }

    public BulkClientOptions ClientOptions { get; }

    public BulkClient Client(Func<BulkClientOptions, BulkClientOptions>? change = null, TimeProvider? time = null) =>
        new(change is null ? ClientOptions : change(ClientOptions), time ?? TimeProvider.System);

    /// <summary>The next reason for which the server closed a connection.</summary>
    public async Task<BulkCloseReason> NextFaultAsync() => await _faults.Reader.ReadAsync();

    public async Task<RawClient> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(Server.EndPoint);
        return new RawClient(socket);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Box.Dispose();
    }
}

/// <summary>A client that says what a test wants said, byte by byte.</summary>
internal sealed class RawClient(Socket socket) : IDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);

    /// <summary>Opens the conversation as a sound client does.</summary>
    public async Task OpenAsync(string token = "secret")
    {
        var greeting = await ReadAsync(BulkFrames.GreetingBytes);
        var (nonce, hello) = (new byte[BulkFrames.NonceBytes], new byte[BulkFrames.HelloBytes]);
        BulkFrames.WriteOpening(hello, BulkSandbox.Reader, nonce);
        new BulkSecurity("test", token).Prove(asServer: false, BulkFrames.NonceOf(greeting), nonce, BulkFrames.ProofOf(hello));
        await WriteAsync(hello);
        await ReadAsync(BulkFrames.WelcomeBytes);
    }

    public Task AskAsync(BulkRequest request)
    {
        var frame = new byte[BulkFrames.RequestBytes];
        BulkFrames.WriteRequest(frame, request);
        return WriteAsync(frame);
    }

    public async Task<byte[]> ReadAsync(int length)
    {
        var bytes = new byte[length];
        await _stream.ReadExactlyAsync(bytes);
        return bytes;
    }

    public async Task WriteAsync(byte[] bytes) => await _stream.WriteAsync(bytes);

    /// <summary>Waits until the server has closed the connection.</summary>
    public async Task AssertClosedAsync()
    {
        var rest = new byte[4096];
        try
        {
            while (await _stream.ReadAsync(rest) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Closed with bytes of ours unread: the same to this end.
        }
    }

    public void Dispose() => _stream.Dispose();
}

/// <summary>A stream that tells of payload before it is written, and may hold it up.</summary>
internal sealed class HookedStream(Stream inner, Func<Task> beforePayload) : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length > BulkFrames.LongestBytes)
            beforePayload().GetAwaiter().GetResult();
        inner.Write(buffer);
    }

    public override int Read(Span<byte> buffer) => inner.Read(buffer);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}

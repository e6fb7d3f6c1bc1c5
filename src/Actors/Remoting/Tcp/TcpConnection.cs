using System.Net.Sockets;

namespace Cascade.Actors.Remoting.Tcp;

/// <summary>One TCP connection: a loop that receives, and sends that are seldom waited for.</summary>
/// <remarks>The handler's buffers are used as they are, on both ways: there is no pipe between, and no copy.</remarks>
internal sealed class TcpConnection : IRemoteConnection
{
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(2);

    private readonly TcpClient _client;
    private IRemoteConnectionHandler? _handler;
    private Stream? _stream;
    private int _isSending;
    private int _isClosed;

    public TcpConnection(TcpClient client, string name)
    {
        (_client, Name) = (client, name);
        client.NoDelay = true;
    }

    public string Name { get; }

    public void Join(IRemoteConnectionHandler handler) => _handler = handler;

    public void Use(Stream stream) => _stream = stream;

    /// <summary>Receives until the connection ends.</summary>
    public async Task Run(Stream stream)
    {
        Use(stream);
        while (true)
        {
            var count = await stream.ReadAsync(_handler!.GetReceiveBuffer()).ConfigureAwait(false);
            if (count == 0) break;
            _handler.OnReceived(count);
        }

        End("closed by the peer");
    }

    public bool Send(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            Volatile.Write(ref _isSending, 1);
            var sending = _stream!.WriteAsync(bytes);
            if (!sending.IsCompletedSuccessfully)
            {
                _ = Finish(sending);
                return false;
            }

            sending.GetAwaiter().GetResult();
            Volatile.Write(ref _isSending, 0);
            return true;
        }
        catch (Exception cause)
        {
            _ = EndLater(cause.Message);
            return false;
        }
    }

    public void Close(ReadOnlyMemory<byte> lastWords = default)
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0) return;
        if (lastWords.IsEmpty || _stream is not { } stream || Interlocked.CompareExchange(ref _isSending, 1, 0) != 0) _client.Dispose();
        else _ = Leave(stream, lastWords);
    }

    /// <summary>Ends the connection and says so.</summary>
    public void End(string reason)
    {
        Close();
        _handler?.OnClosed(reason);
    }

    private async Task Finish(ValueTask sending)
    {
        try
        {
            await sending.ConfigureAwait(false);
        }
        catch (Exception cause)
        {
            End(cause.Message);
            return;
        }

        Volatile.Write(ref _isSending, 0);
        _handler!.OnSent();
    }

    private async Task EndLater(string reason)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        End(reason);
    }

    /// <summary>Sends the last words, for as long as a peer that takes none is waited for.</summary>
    private async Task Leave(Stream stream, ReadOnlyMemory<byte> lastWords)
    {
        try
        {
            using var limit = new CancellationTokenSource(LeaveLimit, TimeProvider.System);
            await stream.WriteAsync(lastWords, limit.Token).ConfigureAwait(false);
        }
        catch (Exception cause) when (cause is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The peer is gone already and needs no farewell.
        }

        _client.Dispose();
    }
}

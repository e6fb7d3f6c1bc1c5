using System.Net;
using System.Net.Sockets;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Fabric;

/// <summary>Serves reads of this node's copies over TCP, from the arena's memory to the socket. Thread-safe.</summary>
/// <remarks>Copies that are being sent are leased, so that they stay in place; after <see cref="DisposeAsync"/> nothing of the arena is read any more.</remarks>
public sealed class BulkServer : IAsyncDisposable
{
    private readonly BulkServerOptions _options;
    private readonly ShmDirectory _copies;
    private readonly TimeProvider _time;
    private readonly BulkSecurity _security;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _turn = new();
    private readonly HashSet<Task> _connections = [];
    private readonly Task _accepting;
    private long _sentBytes;
    private long _faults;

    private BulkServer(BulkServerOptions options, ShmDirectory copies, TimeProvider time, Socket listener)
    {
        (_options, _copies, _time, _listener) = (options, copies, time, listener);
        _security = new BulkSecurity(options.ClusterName, options.Token);
        EndPoint = (IPEndPoint)listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Payload bytes sent since the start.</summary>
    public long SentBytes => Volatile.Read(ref _sentBytes);

    /// <summary>Connections closed for a fault since the start.</summary>
    public long Faults => Volatile.Read(ref _faults);

    /// <summary>Connections open now.</summary>
    public int ConnectionCount
    {
        get
        {
            lock (_turn)
                return _connections.Count;
        }
    }

    /// <summary>Begins to listen.</summary>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="IOException">The address cannot be listened on.</exception>
    public static BulkServer Start(BulkServerOptions options, ShmDirectory copies, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(copies);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        var listener = new Socket(options.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // Accepted connections inherit the buffers, which have to be there before the window is agreed on.
            BulkStreams.Configure(listener, options.SocketBufferBytes);
            listener.Bind(options.EndPoint);
            listener.Listen(512);
            return new BulkServer(options, copies, time, listener);
        }
        catch (SocketException failure)
        {
            listener.Dispose();
            throw new IOException($"{options.EndPoint} cannot be listened on: {failure.Message}. Set another address or port for bulk transfers.", failure);
        }
    }

    /// <summary>Stops listening, cuts all connections and waits until they have let go of the arena.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        Task[] open;
        lock (_turn)
            open = [.. _connections];
        await Task.WhenAll(open);
    }

    private async Task AcceptAsync()
    {
        await Task.Yield();
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Admit(await _listener.AcceptAsync(_stopping.Token));
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // The client was gone again, or descriptors are lacking: a pause keeps the latter from turning into a busy loop.
                await Task.Delay(TimeSpan.FromMilliseconds(50), _time, _stopping.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
            }
        }
    }

    private void Admit(Socket socket)
    {
        lock (_turn)
        {
            if (_connections.Count < _options.MaxConnections && !_stopping.IsCancellationRequested)
            {
                var serving = Task.Factory.StartNew(
                    () => Serve(socket), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
                _connections.Add(serving);
                _ = serving.ContinueWith(Forget, TaskScheduler.Default);
                return;
            }
        }

        socket.Dispose();
        Note(null, BulkCloseReason.TooManyConnections, null);
    }

    private void Forget(Task serving)
    {
        lock (_turn)
            _connections.Remove(serving);
    }

    /// <summary>Serves a connection on a thread of its own.</summary>
    private void Serve(Socket socket)
    {
        var from = default(EndPoint);
        var reason = BulkCloseReason.Broken;
        var fault = default(Exception);
        try
        {
            from = socket.RemoteEndPoint;
            BulkStreams.Configure(socket, 0);
            using var connection = new BulkServerConnection(_options, _copies, _time, _security, socket, bytes => Interlocked.Add(ref _sentBytes, bytes), _stopping.Token);
            reason = connection.Run();
        }
        catch (Exception failure)
        {
            // Whatever it is, it ends one connection: it is told of below.
            fault = failure;
        }
        finally
        {
            socket.Dispose();
        }

        if (reason != BulkCloseReason.Closed && !_stopping.IsCancellationRequested)
            Note(from, reason, fault);
    }

    private void Note(EndPoint? from, BulkCloseReason reason, Exception? fault)
    {
        Interlocked.Increment(ref _faults);
        _options.OnFault?.Invoke(from, reason, fault);
    }
}

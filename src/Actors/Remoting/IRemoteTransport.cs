namespace Cascade.Actors.Remoting;

/// <summary>What carries bytes between nodes. Every method returns at once and never calls a handler from inside the call.</summary>
public interface IRemoteTransport
{
    /// <summary>Takes connections from now on.</summary>
    /// <param name="host">The name or address to bind.</param>
    /// <param name="port">The port; 0 for any.</param>
    /// <param name="accept">Called for each connection; gives what handles it, or null to close it.</param>
    /// <returns>The port that is bound.</returns>
    int Listen(string host, int port, Func<IRemoteConnection, IRemoteConnectionHandler?> accept);

    /// <summary>Begins to connect; ends in <see cref="IRemoteConnectionHandler.OnOpened"/> or <see cref="IRemoteConnectionHandler.OnClosed"/>.</summary>
    void Dial(string host, int port, IRemoteConnectionHandler handler);

    /// <summary>Takes no more connections.</summary>
    void StopListening();
}

/// <summary>One connection, as its handler sees it.</summary>
public interface IRemoteConnection
{
    /// <summary>Where it leads, for logs.</summary>
    string Name { get; }

    /// <summary>Sends bytes in order, one batch at a time; they stay unchanged until they are sent.</summary>
    /// <returns>True when they are sent already; otherwise <see cref="IRemoteConnectionHandler.OnSent"/> or
    /// <see cref="IRemoteConnectionHandler.OnClosed"/> follows.</returns>
    bool Send(ReadOnlyMemory<byte> bytes);

    /// <summary>Ends the connection, after an attempt to send <paramref name="lastWords"/> unless a batch is on its way. Repeatable.</summary>
    void Close(ReadOnlyMemory<byte> lastWords = default);
}

/// <summary>Takes what comes over one connection. Receiving calls come one at a time; the others at any time.</summary>
public interface IRemoteConnectionHandler
{
    /// <summary>A dialed connection is there; the first call, and none for accepted ones.</summary>
    void OnOpened(IRemoteConnection connection);

    /// <summary>Where the next bytes are to go; never empty.</summary>
    Memory<byte> GetReceiveBuffer();

    /// <summary>So many bytes came into the last buffer.</summary>
    void OnReceived(int count);

    /// <summary>The batch that was not sent at once is.</summary>
    void OnSent();

    /// <summary>The connection has ended, or was never made; the last call but for an <see cref="OnSent"/> under way. May come twice.</summary>
    void OnClosed(string reason);
}

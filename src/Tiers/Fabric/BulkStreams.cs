using System.Net.Sockets;

namespace Cascade.Tiers.Fabric;

/// <summary>
/// Puts something between a bulk connection and its socket, such as TLS. The stream it gives owns the one it is given. It may block: its
/// thread is the connection's own, and at the deadline of the handshake the connection is cut.
/// </summary>
/// <param name="raw">The bare connection.</param>
/// <param name="isServer">True at the end that accepted it.</param>
public delegate Stream BulkStreamWrapper(Stream raw, bool isServer);

/// <summary>How both ends set a bulk connection up.</summary>
/// <remarks>
/// Each end reads and writes on a thread of its own that blocks in the kernel: the bytes then go by as few wake-ups as those of a bare pair
/// of sockets. One awaited call would make the socket non-blocking for good, and each packet a notice of epoll.
/// </remarks>
internal static class BulkStreams
{
    /// <summary>Makes the stream of a connected socket, and owns the socket from the first moment on.</summary>
    public static Stream Open(Socket socket, BulkStreamWrapper? wrapper, bool isServer)
    {
        Stream raw = new NetworkStream(socket, ownsSocket: true);
        try
        {
            return wrapper is null ? raw : wrapper(raw, isServer);
        }
        catch
        {
            raw.Dispose();
            throw;
        }
    }

    /// <summary>Sets what the kernel is to do with a connection. Both ends of it, before any byte.</summary>
    public static void Configure(Socket socket, int socketBufferBytes)
    {
        // A frame is not to wait for a payload that fills its packet.
        socket.NoDelay = true;

        // A peer that vanished without a word is noticed while nothing is sent too.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        if (socketBufferBytes > 0)
            (socket.SendBufferSize, socket.ReceiveBufferSize) = (socketBufferBytes, socketBufferBytes);
    }

    /// <summary>True for what a broken, cut or refused connection ends in.</summary>
    public static bool IsConnectionFailure(Exception failure) =>
        failure is IOException or SocketException or ObjectDisposedException or System.Security.Authentication.AuthenticationException;
}

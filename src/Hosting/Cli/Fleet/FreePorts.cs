using System.Net;
using System.Net.Sockets;

namespace Cascade.Hosting.Cli.Fleet;

/// <summary>Finds ports that nobody listens on.</summary>
internal static class FreePorts
{
    /// <summary>
    /// That many different ports of the loopback address, free at the moment: another program may take one before it is used.
    /// </summary>
    public static int[] Take(int count)
    {
        var listeners = new List<TcpListener>(count);
        try
        {
            for (var n = 0; n < count; n++)
            {
                listeners.Add(new TcpListener(IPAddress.Loopback, 0));
                listeners[n].Start(1);
            }

            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (var listener in listeners)
                listener.Dispose();
        }
    }
}

using System.Threading.Channels;

namespace Cascade.Hosting.Cli.Fleet;

/// <summary>Tells a person of nodes that end by themselves, until the program is told to stop.</summary>
internal static class FleetWatch
{
    /// <summary>
    /// Ctrl-C in a terminal goes to the nodes as well: one that ends well just before this process hears of it did not end by itself.
    /// </summary>
    private static readonly TimeSpan SignalSpread = TimeSpan.FromSeconds(1);

    /// <summary>Watches until a signal, or until no node is left.</summary>
    /// <param name="ends">The nodes that ended without being told to by the fleet.</param>
    /// <param name="nodes">Number of nodes that run.</param>
    /// <param name="say">Takes lines for the person.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stop">The signal.</param>
    /// <returns>True at the signal, false when no node is left.</returns>
    public static async Task<bool> RunAsync(ChannelReader<NodeEnd> ends, int nodes, Action<string> say, TimeProvider time, CancellationToken stop)
    {
        try
        {
            for (var left = nodes; left > 0;)
            {
                var end = await ends.ReadAsync(stop);
                if (end.ExitCode == ExitCode.Ok)
                    await Task.Delay(SignalSpread, time, stop);
                say(--left > 0
                    ? $"up: {end} unasked; {left} of {nodes} nodes go on; SIGTERM or Ctrl-C drains and stops them"
                    : $"up: {end} unasked; no node is left");
            }

            return false;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            say("up: draining");
            return true;
        }
    }
}

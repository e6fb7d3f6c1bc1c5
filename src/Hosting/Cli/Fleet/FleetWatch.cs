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
    /// <returns>True at the signal; when no node is left, whether all of them drained, as those do that are asked to by others.</returns>
    public static async Task<bool> RunAsync(ChannelReader<NodeEnd> ends, int nodes, Action<string> say, TimeProvider time, CancellationToken stop)
    {
        try
        {
            var isWell = true;
            for (var left = nodes; left > 0;)
            {
                var end = await ends.ReadAsync(stop);
                var hasDrained = end.ExitCode == ExitCode.Ok;
                if (hasDrained)
                    await Task.Delay(SignalSpread, time, stop);
                isWell &= hasDrained;
                var how = hasDrained ? $"node {end.Node} (process {end.ProcessId}) was drained" : $"{end} unasked";
                say(--left > 0
                    ? $"up: {how}; {left} of {nodes} nodes go on; SIGTERM or Ctrl-C drains and stops them"
                    : $"up: {how}; no node is left");
            }

            return isWell;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            say("up: draining");
            return true;
        }
    }
}

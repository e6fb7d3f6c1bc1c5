using System.Globalization;
using System.Net;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>How much of a stream the kernel keeps under way: what a connection can move in one round trip.</summary>
internal sealed class TcpBuffersCheck(Machine machine) : ICheck
{
    /// <summary>100 Gbit/s for a third of a millisecond.</summary>
    private const long Enough = 4 << 20;

    /// <inheritdoc/>
    public string Name => "tcp_buffers";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        var (receive, send) = (MaxOf("tcp_rmem"), MaxOf("tcp_wmem"));
        if (receive is null || send is null)
            return Finding.Ok("the kernel does not tell", "streams blocks to other machines as the kernel lets it");
        var found = $"up to {HumanText.Size(receive.Value)} to receive, {HumanText.Size(send.Value)} to send";
        if (Math.Min(receive.Value, send.Value) >= Enough)
            return Finding.Ok(found, "a stream of blocks can fill a fast network");
        return IPAddress.TryParse(options.Remoting.Host, out var host) && IPAddress.IsLoopback(host)
            ? Finding.Ok(found, "enough within one machine")
            : Finding.Note(
                found,
                "a stream of blocks waits for the other side's answers on a fast network",
                "as root: sysctl -w net.ipv4.tcp_rmem='4096 131072 33554432' net.ipv4.tcp_wmem='4096 65536 33554432'");
    }

    private long? MaxOf(string name)
    {
        var values = machine.Files.ReadText($"/proc/sys/net/ipv4/{name}")?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];
        return values.Length == 3 && long.TryParse(values[2], NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
    }
}

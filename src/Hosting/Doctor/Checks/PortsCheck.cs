using System.Globalization;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>Whether the configured ports can be listened on.</summary>
internal sealed class PortsCheck(Machine machine) : ICheck
{
    private const string Remoting = "cascade.remoting.port";
    private const string Bulk = "cascade.remoting.bulk-port";

    /// <inheritdoc/>
    public string Name => "ports";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        var remoting = options.Remoting;
        var draft = new FindingDraft();
        Judge(draft, Remoting, remoting.Host, remoting.Port);
        if (remoting.Port > 0 && remoting.Port == remoting.BulkPort)
            draft.Problem("the node refuses to start: it listens twice on one port", $"give {Bulk} another port than {Remoting}, or 0 for any");
        else
            Judge(draft, Bulk, remoting.Host, remoting.BulkPort);
        return draft.End(remoting is { Port: 0, BulkPort: 0 } ? "takes any free ports, and tells others which" : "listens on them");
    }

    private void Judge(FindingDraft draft, string setting, string host, int port)
    {
        var name = setting == Bulk ? "blocks" : "messages";
        if (port == 0)
        {
            draft.Found($"{name}: any port");
            return;
        }

        var fault = machine.Network.Resolve(host) is { Count: > 0 } addresses ? machine.Network.FaultOfListening(addresses[0], port) : $"{host} is not known";
        draft.Found(string.Create(CultureInfo.InvariantCulture, $"{name}: {port} {(fault is null ? "is free" : $"is not ({fault})")}"));
        if (fault is not null)
            draft.Problem(
                $"the node refuses to start: it cannot listen where {setting} says",
                string.Create(CultureInfo.InvariantCulture, $"set {setting} to a free port, or stop who listens ('ss -ltnp sport = :{port}'; a node that runs does); ")
                + "an address that is not this machine's is cascade.remoting.host's fault");
        else if (IsForAnyone(port))
            draft.Note(
                "an outgoing connection of any program may have the port when the node starts",
                $"set {setting} to a port outside of net.ipv4.ip_local_port_range, "
                + string.Create(CultureInfo.InvariantCulture, $"or as root: sysctl -w net.ipv4.ip_local_reserved_ports={port}"));
    }

    /// <summary>True for ports that the kernel gives to outgoing connections.</summary>
    private bool IsForAnyone(int port)
    {
        var range = machine.Files.ReadText("/proc/sys/net/ipv4/ip_local_port_range")?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];
        var reserved = machine.Files.ReadText("/proc/sys/net/ipv4/ip_local_reserved_ports");
        return range.Length == 2
            && int.TryParse(range[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(range[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            && port >= first && port <= last && !NumberRanges.Has(reserved, port);
    }
}

using System.Net;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>Whether the node can listen where it is told to, and others can find it.</summary>
internal sealed class AddressesCheck(Machine machine) : ICheck
{
    /// <inheritdoc/>
    public string Name => "addresses";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        var remoting = options.Remoting;
        var draft = new FindingDraft();
        var listening = machine.Network.Resolve(remoting.Host);
        draft.Found(Words("listens on", remoting.Host, listening));
        var isAll = listening.Any(IsAll);
        var isLoopback = listening.Count > 0 && listening.All(IPAddress.IsLoopback);
        if (listening.Count == 0)
            draft.Problem("the node refuses to start: it has nothing to listen on", "correct cascade.remoting.host, or make the name known (/etc/hosts, DNS)");
        else if (!isAll && !listening.Any(IsOwn))
            draft.Problem("the node refuses to start: no other machine's address can be listened on", $"set cascade.remoting.host to {OwnWords()}, or 0.0.0.0 for all");
        JudgeAdvertised(draft, remoting, isAll);
        JudgeSeeds(draft, remoting, isLoopback);
        return draft.End(isLoopback ? "a cluster of this machine alone" : "other machines reach the node by that name");
    }

    private void JudgeAdvertised(FindingDraft draft, RemotingOptions remoting, bool isAll)
    {
        var name = remoting.Advertise.Length > 0 ? remoting.Advertise : isAll ? machine.Network.MachineName : remoting.Host;
        if (name == remoting.Host)
            return;
        var addresses = machine.Network.Resolve(name);
        draft.Found(Words("is reached as", name, addresses));
        if (addresses.Count == 0)
            draft.Note(
                $"other nodes cannot reach this one unless they know the name '{name}'",
                "make the name known (DNS, /etc/hosts of all machines), or set cascade.remoting.advertise");
        else if (!addresses.Any(IsOwn))
            draft.Note(
                "other nodes reach another machine, unless something between translates addresses",
                "correct cascade.remoting.advertise, or the name's entry in DNS or /etc/hosts");
    }

    private void JudgeSeeds(FindingDraft draft, RemotingOptions remoting, bool isLoopback)
    {
        if (remoting.Seeds.Count == 0)
            return;
        var hosts = remoting.Seeds.Select(seed => seed.Host).Distinct(StringComparer.OrdinalIgnoreCase)
            .Select(host => (Host: host, Addresses: machine.Network.Resolve(host))).ToArray();
        draft.Found(hosts.Length == 1 ? "1 machine of seeds" : $"{hosts.Length} machines of seeds");
        var unknown = hosts.Where(seed => seed.Addresses.Count == 0).Select(seed => seed.Host).ToArray();
        const string Cure = "correct cascade.remoting.seeds, or make the names known (DNS, /etc/hosts)";
        if (unknown.Length == hosts.Length)
            draft.Problem($"the node finds no other, because none of its seeds is known: {string.Join(", ", unknown)}", Cure);
        else if (unknown.Length > 0)
            draft.Note($"seeds that are not known help nobody to join: {string.Join(", ", unknown)}", Cure);
        if (isLoopback && hosts.Any(seed => seed.Addresses.Count > 0 && !seed.Addresses.Any(IsOwn)))
            draft.Problem(
                "nodes of other machines cannot reach this one, which listens on loopback only",
                "set cascade.remoting.host to an address of this machine, and cascade.remoting.tls");
    }

    private static bool IsAll(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private bool IsOwn(IPAddress address) =>
        IPAddress.IsLoopback(address) || machine.Network.OwnAddresses().Any(own => own.GetAddressBytes().AsSpan().SequenceEqual(address.GetAddressBytes()));

    private string OwnWords()
    {
        var own = machine.Network.OwnAddresses().Where(address => !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal).Take(3).ToArray();
        return own.Length > 0 ? string.Join(" or ", own.AsEnumerable()) : "127.0.0.1";
    }

    private static string Words(string verb, string host, IReadOnlyList<IPAddress> addresses)
    {
        var known = string.Join(" ", addresses.Take(3));
        return addresses.Count == 0 ? $"{verb} {host}, a name that is not known" : known == host ? $"{verb} {host}" : $"{verb} {host} ({known})";
    }
}

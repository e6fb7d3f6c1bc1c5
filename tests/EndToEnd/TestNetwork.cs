using System.Globalization;

namespace Cascade.EndToEnd;

/// <summary>A bridge with network namespaces at it, each of which can be cut off. Needs root; gone at the end.</summary>
internal sealed class TestNetwork : IDisposable
{
    private static int _made;

    // Tests run beside each other. A link's name has 15 letters at most.
    private readonly string _name;
    private readonly string _subnet;
    private readonly int _namespaces;

    public TestNetwork(int namespaces)
    {
        var number = Interlocked.Increment(ref _made) % 100;
        _name = string.Create(CultureInfo.InvariantCulture, $"ct{Environment.ProcessId}x{number}");
        _subnet = string.Create(CultureInfo.InvariantCulture, $"10.77.{(Environment.ProcessId + (101 * number)) % 256}");
        _namespaces = namespaces;
        try
        {
            Ip("link", "add", _name, "type", "bridge");
            Ip("addr", "add", $"{Bridge}/24", "dev", _name);
            Ip("link", "set", _name, "up");
            for (var at = 0; at < namespaces; at++)
                Add(at);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Address of the machine's own side.</summary>
    public string Bridge => $"{_subnet}.1";

    /// <summary>Name of a namespace.</summary>
    public string NameOf(int at) => string.Create(CultureInfo.InvariantCulture, $"{_name}n{at}");

    /// <summary>Address of a namespace.</summary>
    public string AddressOf(int at) => string.Create(CultureInfo.InvariantCulture, $"{_subnet}.{at + 2}");

    /// <summary>Cuts a namespace off.</summary>
    public void Cut(int at) => Ip("link", "set", LinkOf(at), "down");

    /// <summary>Joins it again.</summary>
    public void Heal(int at) => Ip("link", "set", LinkOf(at), "up");

    public void Dispose()
    {
        // A link goes with its bridge's side, and what was not made yet is not there.
        for (var at = 0; at < _namespaces; at++)
        {
            if (Directory.Exists($"/sys/class/net/{LinkOf(at)}"))
                Ip("link", "del", LinkOf(at));
            if (File.Exists($"/run/netns/{NameOf(at)}"))
                Ip("netns", "del", NameOf(at));
        }

        if (Directory.Exists($"/sys/class/net/{_name}"))
            Ip("link", "del", _name);
    }

    private static void Ip(params string[] arguments) => Shell.Run("ip", arguments);

    private string LinkOf(int at) => string.Create(CultureInfo.InvariantCulture, $"{_name}l{at}");

    private void Add(int at)
    {
        Ip("netns", "add", NameOf(at));
        Ip("link", "add", LinkOf(at), "type", "veth", "peer", "name", "eth0", "netns", NameOf(at));
        Ip("link", "set", LinkOf(at), "master", _name);
        Ip("link", "set", LinkOf(at), "up");
        Ip("-n", NameOf(at), "addr", "add", $"{AddressOf(at)}/24", "dev", "eth0");
        Ip("-n", NameOf(at), "link", "set", "eth0", "up");
        Ip("-n", NameOf(at), "link", "set", "lo", "up");
    }
}

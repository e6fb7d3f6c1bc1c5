using Cascade.Core.Membership;

namespace Cascade.Core.Tests.Membership;

/// <summary>What happens to a message between two addresses of a simulation.</summary>
internal sealed class SimNetwork(SeededNumbers random)
{
    private readonly HashSet<(NodeAddress From, NodeAddress To)> _cut = [];

    /// <summary>Share of messages that are lost: 0 to 1.</summary>
    public double Loss { get; set; }

    /// <summary>Share of messages that arrive twice: 0 to 1.</summary>
    public double Duplication { get; set; }

    /// <summary>Shortest and longest delay; messages overtake each other within these.</summary>
    public (TimeSpan Shortest, TimeSpan Longest) Delay { get; set; } = (TimeSpan.FromMilliseconds(0.1), TimeSpan.FromMilliseconds(1));

    /// <summary>Loses all that is sent from one address to another.</summary>
    public void Cut(NodeAddress from, NodeAddress to) => _cut.Add((from, to));

    /// <summary>Ends all faults.</summary>
    public void Mend()
    {
        _cut.Clear();
        (Loss, Duplication) = (0, 0);
        Delay = (TimeSpan.FromMilliseconds(0.1), TimeSpan.FromMilliseconds(1));
    }

    /// <summary>How long each copy of a message that arrives is under way.</summary>
    public IEnumerable<TimeSpan> Deliveries(NodeAddress from, NodeAddress to)
    {
        if (_cut.Contains((from, to)) || random.Chance(Loss))
            yield break;
        yield return Delay.Shortest + random.Below(Delay.Longest - Delay.Shortest);
        if (random.Chance(Duplication))
            yield return Delay.Shortest + (random.Below(Delay.Longest - Delay.Shortest) * 3);
    }
}

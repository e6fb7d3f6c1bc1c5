namespace Cascade.Core.Fabric;

/// <summary>How the chooser treats fabrics that fail.</summary>
public sealed record FabricChooserSettings
{
    /// <summary>How long a fabric to a peer rests after its first failure in a row; it doubles with each further one.</summary>
    public TimeSpan FirstBackOff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest rest: how late the recovery of a peer may be noticed.</summary>
    public TimeSpan MaxBackOff { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Most peers that are kept track of; a further one is refused.</summary>
    public int MaxPeers { get; init; } = 65_536;

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message says which.</exception>
    public void Validate()
    {
        if (FirstBackOff <= TimeSpan.Zero || MaxBackOff < FirstBackOff || MaxBackOff > TimeSpan.FromDays(1))
            throw new ArgumentException($"A fabric cannot rest for {FirstBackOff} up to {MaxBackOff}: give more than 0, the longest not below the first, at most a day.");
        if (MaxPeers < 1)
            throw new ArgumentException($"{MaxPeers} peers cannot be kept track of: give 1 or more.");
    }
}

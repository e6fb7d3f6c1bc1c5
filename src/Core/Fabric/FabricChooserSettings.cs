namespace Cascade.Core.Fabric;

/// <summary>How the chooser finds the better fabric, and treats those that fail.</summary>
public sealed record FabricChooserSettings
{
    /// <summary>How long a fabric to a peer rests after its first failure in a row; it doubles with each further one.</summary>
    public TimeSpan FirstBackOff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest rest: how late the recovery of a peer may be noticed.</summary>
    public TimeSpan MaxBackOff { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Most peers that are kept track of; a further one is refused.</summary>
    public int MaxPeers { get; init; } = 65_536;

    /// <summary>
    /// True to go by speed where a peer can be reached over a network by more than one fabric: each is measured by pulls that come anyway, and the
    /// faster is preferred from then on. False to go by the order that is given.
    /// </summary>
    public bool BySpeed { get; init; }

    /// <summary>Only pulls of at least so many bytes tell how fast a fabric is.</summary>
    public long MeasureFromBytes { get; init; } = 1 << 20;

    /// <summary>So many of them are sent by each fabric before one is preferred.</summary>
    public int MeasuredPulls { get; init; } = 3;

    /// <summary>A fabric that nothing went by for so long gets one more: networks change.</summary>
    public TimeSpan MeasureAgainAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message says which.</exception>
    public void Validate()
    {
        if (FirstBackOff <= TimeSpan.Zero || MaxBackOff < FirstBackOff || MaxBackOff > TimeSpan.FromDays(1))
            throw new ArgumentException($"A fabric cannot rest for {FirstBackOff} up to {MaxBackOff}: give more than 0, the longest not below the first, at most a day.");
        if (MeasureFromBytes < 1 || MeasuredPulls < 1 || MeasureAgainAfter <= TimeSpan.Zero)
            throw new ArgumentException("Fabrics are measured by one pull or more, of one byte or more, and again after more than 0.");
        if (MaxPeers < 1)
            throw new ArgumentException($"{MaxPeers} peers cannot be kept track of: give 1 or more.");
    }
}

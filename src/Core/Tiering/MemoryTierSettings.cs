namespace Cascade.Core.Tiering;

/// <summary>The bounds of one memory tier.</summary>
/// <param name="WaitingPutsMax">Most puts that wait for room at a time; one more is answered <c>Busy</c> at once.</param>
/// <param name="EvictionsInFlightMax">Most copies that owners are asked about at a time.</param>
/// <param name="EvictionTimeout">How long an owner may take to answer before another victim is tried.</param>
public sealed record MemoryTierSettings(int WaitingPutsMax, int EvictionsInFlightMax, TimeSpan EvictionTimeout)
{
    /// <summary>1,024 waiting puts, 64 evictions in flight, 2 s for an owner's answer.</summary>
    public static readonly MemoryTierSettings Default = new(1024, 64, TimeSpan.FromSeconds(2));
}

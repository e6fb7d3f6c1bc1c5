namespace Cascade.Core.Tiering;

/// <summary>The bounds of one memory tier.</summary>
/// <param name="MaxBlockBytes">Largest block that is taken, in bytes, where the arena would take a larger one.</param>
/// <param name="WaitingPutsMax">Most puts that wait for room at a time; one more is answered <c>Busy</c> at once.</param>
/// <param name="EvictionsInFlightMax">Most copies that owners are asked about at a time.</param>
/// <param name="EvictionTimeout">How long an owner may take to answer before another victim is tried.</param>
public sealed record MemoryTierSettings(long MaxBlockBytes, int WaitingPutsMax, int EvictionsInFlightMax, TimeSpan EvictionTimeout)
{
    /// <summary>Blocks as large as the arena takes, 1,024 waiting puts, 64 evictions in flight, 2 s for an owner's answer.</summary>
    public static readonly MemoryTierSettings Default = new(long.MaxValue, 1024, 64, TimeSpan.FromSeconds(2));
}

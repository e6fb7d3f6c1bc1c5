using Cascade.Core.Eviction;
using Cascade.Core.Ports;
using Cascade.Core.Tiering;
using Cascade.Hosting.Configuration;

namespace Cascade.Hosting.Node;

/// <summary>Makes what the settings name.</summary>
internal static class EvictionPolicies
{
    /// <summary>The policy of one tier. To be disposed of.</summary>
    /// <param name="rule">Which.</param>
    /// <param name="slotCount">Slots of the tier.</param>
    /// <param name="capacityBytes">Its bytes.</param>
    public static ArrivingReads Make(EvictionRule rule, int slotCount, long capacityBytes) => new(Of(rule, slotCount, capacityBytes), slotCount);

    private static IEvictionPolicy Of(EvictionRule rule, int slotCount, long capacityBytes) => rule switch
    {
        EvictionRule.Lru => new LruPolicy(slotCount),
        EvictionRule.S3Fifo => new S3FifoPolicy(slotCount, capacityBytes),
        EvictionRule.TinyLfu => new TinyLfuPolicy(slotCount),
        _ => new HazardPolicy(slotCount),
    };
}

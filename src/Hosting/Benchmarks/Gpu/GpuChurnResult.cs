using System.Text.Json.Serialization;

namespace Cascade.Hosting.Benchmarks.Gpu;

/// <summary>What came of a churn, field by field as the JSON document names it.</summary>
/// <param name="Device">The device's name.</param>
/// <param name="SlabBytes">Its memory for blocks.</param>
/// <param name="BytesIn">Bytes that were copied into that memory.</param>
/// <param name="BytesOut">Bytes that were copied out of it.</param>
/// <param name="Puts">Blocks that were put.</param>
/// <param name="Reads">Blocks that were read, on the device or on the host, and compared.</param>
/// <param name="Misses">Older blocks that were not there any more.</param>
/// <param name="Evicted">Blocks that device memory gave up for others.</param>
/// <param name="CopiesAtOnce">The most copies that were seen under way at one time.</param>
/// <param name="DeviceDigests">Blocks that the device named, each compared with the processor's digest.</param>
/// <param name="WrongDigests">How many of them were wrong.</param>
/// <param name="WrongBytes">Bytes that were not the ones put.</param>
/// <param name="Errors">Calls that failed, or did not do what they were to.</param>
/// <param name="KeptBytes">By how much less device memory was free after the node had stopped than before it was started; below 0 when others gave some back.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record GpuChurnResult(
    string Device,
    long SlabBytes,
    long BytesIn,
    long BytesOut,
    long Puts,
    long Reads,
    long Misses,
    long Evicted,
    int CopiesAtOnce,
    long DeviceDigests,
    long WrongDigests,
    long WrongBytes,
    long Errors,
    long KeptBytes,
    double Seconds)
{
    /// <summary>True when everything was right and all memory was given back.</summary>
    [JsonIgnore]
    public bool IsClean => (WrongDigests, WrongBytes, Errors) == (0, 0, 0) && KeptBytes <= 0;
}

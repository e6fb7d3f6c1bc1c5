using Cascade.Tiers.Native;

namespace Cascade.Tiers.Gpu;

/// <summary>Device memory that has failed.</summary>
/// <param name="Device">The device.</param>
/// <param name="Failure">What the driver said.</param>
/// <param name="FirstSlot">The first of its slots in the pool.</param>
/// <param name="Slots">How many there are.</param>
public sealed record GpuLoss(GpuDeviceInfo Device, CudaException Failure, uint FirstSlot, int Slots);

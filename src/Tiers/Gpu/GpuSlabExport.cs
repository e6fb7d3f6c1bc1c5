namespace Cascade.Tiers.Gpu;

/// <summary>What another process of this machine needs to map a slab: with the offset of a copy it finds the bytes there.</summary>
/// <param name="Handle">The driver's handle (CUipcMemHandle), 64 bytes, for cuIpcOpenMemHandle in a context of the same device; not in the process that made it.</param>
/// <param name="CapacityBytes">Length of what is mapped. A copy's first byte is at its location's offset.</param>
/// <param name="DeviceUuid">The device, whatever number it has in the other process.</param>
public sealed record GpuSlabExport(ReadOnlyMemory<byte> Handle, long CapacityBytes, string DeviceUuid);

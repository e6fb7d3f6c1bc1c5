using Cascade.Gpu.Tests.Ptx;
using Cascade.Hosting;
using Cascade.Hosting.Node;
using Cascade.Hosting.Tests.Embedding;
using Cascade.Tiers.Gpu;

namespace Cascade.Gpu.Tests.Nodes;

/// <summary>Nodes with device memory of the stand-in, and memory of its devices that is the test's own.</summary>
internal static class GpuNode
{
    public const int BlockBytes = 64 << 10;

    /// <summary>Settings of a device tier for some 14 blocks a device.</summary>
    public static readonly string[] Small = ["cascade.tiers.gpu.capacity=1MiB", "cascade.tiers.gpu.min-capacity=1MiB"];

    public static void ResetDriver(int devices = 1, uint delayMicroseconds = 0)
    {
        DriverStandIn.Reset(devices, manual: false, delayMicroseconds: delayMicroseconds);
        PtxDevice.Plug();
    }

    public static Task<CascadeNode> StartAsync(params string[] settings)
    {
        ResetDriver();
        return TestNode.StartAsync([.. Small, .. settings]);
    }

    public static byte[] Bytes(int n) => Blocks.Bytes(n, BlockBytes);

    public static async Task PutAsync(ICascade cache, int n) =>
        Assert.True((await cache.PutAsync(Blocks.Key(n), Bytes(n))).IsReadable);

    /// <summary>What a lease gives access to.</summary>
    public static byte[] BytesOf(GpuLease lease) => GpuSandbox.DeviceSpan(lease.DevicePointer, (int)lease.LengthBytes).ToArray();

    /// <summary>Takes memory of a device, filled.</summary>
    public static DeviceBuffer Take(ReadOnlySpan<byte> bytes, int device = 0)
    {
        var buffer = new DeviceBuffer(bytes.Length, device);
        bytes.CopyTo(GpuSandbox.DeviceSpan(buffer.Memory.Pointer, bytes.Length));
        return buffer;
    }
}

/// <summary>Memory of a device that is no tier's.</summary>
internal sealed class DeviceBuffer : IDisposable
{
    private readonly GpuContext _context;
    private readonly GpuHoldings _holdings;

    public DeviceBuffer(long lengthBytes, int device = 0)
    {
        _context = GpuContext.Open(device);
        _holdings = new GpuHoldings(_context);
        Memory = new DeviceMemory(_holdings.Memory(lengthBytes), lengthBytes, device);
    }

    public DeviceMemory Memory { get; }

    public ReadOnlySpan<byte> Bytes => GpuSandbox.DeviceSpan(Memory.Pointer, (int)Memory.LengthBytes);

    public void Dispose()
    {
        _holdings.Dispose();
        _context.Dispose();
    }
}

using Cascade.Tiers.Gpu;
using Cascade.Tiers.Native;

namespace Cascade.Hosting.Cli;

/// <summary>What verbs ask of the machine that do nothing without a GPU.</summary>
internal static class DeviceNeed
{
    /// <summary>Where a node's device memory is set.</summary>
    public const string CapacityPath = "cascade.tiers.gpu.capacity";

    /// <summary>The least that it is to have, which by default is less than is asked for.</summary>
    public const string MinCapacityPath = "cascade.tiers.gpu.min-capacity";

    /// <summary>Sees that there is a device before anything is begun.</summary>
    /// <exception cref="CliException">There is no driver, or no device that this process may use.</exception>
    public static void Require()
    {
        var probe = CudaLibrary.Probe();
        if (probe.Kind != CudaLibraryKind.Usable)
            throw new CliException(ExitCode.Unavailable, probe.Message);
    }

    /// <summary>The device memory of a node that was started with some.</summary>
    /// <exception cref="CliException">It has none.</exception>
    public static GpuPool Of(INodeSession node) =>
        node.Devices ?? throw new CliException(ExitCode.Unavailable, "the node has no device memory: see what it says above, and leave cascade.node.client out");
}

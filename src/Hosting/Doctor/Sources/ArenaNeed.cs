using System.Globalization;
using Cascade.Core.Identity;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Configuration;
using Cascade.Tiers.Shm;

namespace Cascade.Hosting.Doctor.Sources;

/// <summary>The memory that the configured arena takes.</summary>
/// <param name="NeededBytes">Length of its file.</param>
/// <param name="HeldBytes">What a file that is there from before has of it.</param>
internal readonly record struct ArenaNeed(long NeededBytes, long HeldBytes)
{
    /// <summary>Header and padding beside the table of descriptors and the blocks.</summary>
    private const long SpareBytes = 2 << 20;

    /// <summary>Length of an entry of that table.</summary>
    private const long DescriptorBytes = 192;

    /// <summary>What has still to be taken.</summary>
    public long MissingBytes => Math.Max(0, NeededBytes - HeldBytes);

    /// <summary>The need of a configuration.</summary>
    public static ArenaNeed Of(CascadeOptions options, ISystemFiles files)
    {
        var shm = options.Tiers.Shm;
        var arena = new ShmArenaOptions
        {
            ClusterName = options.Cluster.Name,
            Node = new NodeId((uint)options.Node.Id),
            CapacityBytes = shm.CapacityBytes,
            Directory = shm.Directory,
        };
        var held = files.IsDirectory(shm.Directory) ? files.BytesOf(shm.Directory, Path.GetFileName(arena.FilePath)) : 0;
        return new ArenaNeed(shm.CapacityBytes + (shm.MaxBlocks * DescriptorBytes) + SpareBytes, held);
    }

    /// <summary>The capacity that fits some room, as a setting.</summary>
    public static string SettingFor(long roomBytes)
    {
        const long TablePerByte = 32 << 10;
        var mebibytes = (roomBytes - SpareBytes) / (TablePerByte + DescriptorBytes) * TablePerByte >> 20;
        return mebibytes > 0
            ? string.Create(CultureInfo.InvariantCulture, $"set cascade.tiers.shm.capacity to {mebibytes}MiB at most")
            : $"nothing fits into {HumanText.Size(roomBytes)}";
    }
}

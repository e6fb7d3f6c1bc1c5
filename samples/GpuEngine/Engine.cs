using System.Globalization;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Tiers.Gpu;

namespace Cascade.GpuEngine;

/// <summary>The engine's side: maps the node's device memory and reads blocks where they lie.</summary>
/// <remarks>
/// An engine in another language does the same by cuIpcOpenMemHandle with the 64 bytes of the handle, in a context of the same device. Its kernels then read at the
/// address that this gives, plus the block's offset; here, without kernels, the bytes are copied to the host and held against the block's name.
/// </remarks>
internal static class Engine
{
    /// <summary>Answers until the input ends; gives the exit code.</summary>
    public static int Run(TextReader input, TextWriter output)
    {
        if (input.ReadLine() is not { } first)
            return 2;
        var export = EngineProcess.ReadExport(first);

        // The device may have another number here than in the node's process.
        if (GpuDeviceInfo.List().FirstOrDefault(device => device.Uuid == export.DeviceUuid) is not { } device)
        {
            Console.Error.WriteLine($"Device {export.DeviceUuid} is none of this process.");
            return 3;
        }

        using var slab = GpuSlabMapping.Open(device.Ordinal, export);
        while (input.ReadLine() is { } line)
        {
            var words = line.Split(' ');
            var bytes = new byte[int.Parse(words[1], CultureInfo.InvariantCulture)];
            slab.Read(long.Parse(words[0], CultureInfo.InvariantCulture), bytes);
            var digest = new byte[Blake3.DigestBytes];
            Blake3.Hash(bytes, digest);
            output.WriteLine(new BlockId(digest) == BlockId.Parse(words[2]) ? "right" : "WRONG");
            output.Flush();
        }

        return 0;
    }
}

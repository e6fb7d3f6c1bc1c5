using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Cascade.Tiers.Gpu;

namespace Cascade.Gpu.Tests.Ptx;

/// <summary>Has the stand-in run kernels: what is launched there is interpreted here.</summary>
internal static unsafe class PtxDevice
{
    private static readonly Dictionary<string, PtxKernel> Kernels = PtxKernel.ReadModule(Blake3Kernels.Text());
    private static readonly ConcurrentDictionary<ulong, (PtxKernel Kernel, uint Blocks, uint BlockThreads, ulong[] Parameters)> Launches = new();
    private static ulong _launches;

    /// <summary>What went wrong in a kernel; an exception cannot leave it.</summary>
    public static Exception? Trouble { get; private set; }

    /// <summary>From now on, until the stand-in is reset.</summary>
    public static void Plug()
    {
        Trouble = null;
        DriverStandIn.Kernels(&Launch, &Run);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static ulong Launch(byte* name, uint blocks, uint blockThreads, void** parameters)
    {
        var kernel = Kernels[Marshal.PtrToStringUTF8((nint)name)!];
        var values = kernel.Parameters.Select((parameter, at) => Read(parameter.IsWide, parameters[at])).ToArray();
        var launch = Interlocked.Increment(ref _launches);
        Launches[launch] = (kernel, blocks, blockThreads, values);
        return launch;

        static ulong Read(bool isWide, void* value) => isWide ? *(ulong*)value : *(uint*)value;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Run(ulong number)
    {
        try
        {
            Launches.TryRemove(number, out var launch);
            for (var thread = 0u; thread < launch.Blocks * launch.BlockThreads; thread++)
                PtxThread.Run(launch.Kernel, launch.Parameters, thread / launch.BlockThreads, launch.BlockThreads, thread % launch.BlockThreads);
        }
        catch (Exception trouble) when (trouble is InvalidOperationException or IndexOutOfRangeException)
        {
            Trouble ??= trouble;
        }
    }
}

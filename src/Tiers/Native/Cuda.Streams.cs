using System.Runtime.InteropServices;

namespace Cascade.Tiers.Native;

/// <summary>cuda.h: streams, events, modules and launches.</summary>
internal static unsafe partial class Cuda
{
    public const uint CU_STREAM_NON_BLOCKING = 1;
    public const uint CU_EVENT_DISABLE_TIMING = 2;

    [LibraryImport(Library)]
    public static partial int cuStreamCreate(out nint phStream, uint flags);

    [LibraryImport(Library)]
    public static partial int cuStreamDestroy_v2(nint hStream);

    [LibraryImport(Library)]
    public static partial int cuStreamWaitEvent(nint hStream, nint hEvent, uint flags);

    [LibraryImport(Library)]
    public static partial int cuEventCreate(out nint phEvent, uint flags);

    [LibraryImport(Library)]
    public static partial int cuEventRecord(nint hEvent, nint hStream);

    [LibraryImport(Library)]
    public static partial int cuEventQuery(nint hEvent);

    [LibraryImport(Library)]
    public static partial int cuEventDestroy_v2(nint hEvent);

    /// <summary>The image is PTX text that ends with a zero byte.</summary>
    [LibraryImport(Library)]
    public static partial int cuModuleLoadDataEx(out nint module, byte* image, uint numOptions, int* options, void** optionValues);

    [LibraryImport(Library)]
    public static partial int cuModuleUnload(nint hmod);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int cuModuleGetFunction(out nint hfunc, nint hmod, string name);

    [LibraryImport(Library)]
    public static partial int cuLaunchKernel(
        nint f, uint gridDimX, uint gridDimY, uint gridDimZ, uint blockDimX, uint blockDimY, uint blockDimZ,
        uint sharedMemBytes, nint hStream, void** kernelParams, void** extra);
}

using System.Runtime.InteropServices;

namespace Cascade.Tiers.Native;

/// <summary>cuda.h, the driver API: start, errors, devices and primary contexts. Every call gives a code.</summary>
/// <remarks>
/// <see cref="CudaLibrary"/> comes first. Entry points are looked up at their first call and are those that drivers of CUDA 12 and of
/// CUDA 13 have under the same name with the same parameters. Calls may block, so none of them is exempt from what the garbage collector asks of a thread.
/// </remarks>
internal static unsafe partial class Cuda
{
    /// <summary>What the calls are declared under; no file is called so.</summary>
    public const string Library = "cascade-cuda";

    /// <summary>Size of a CUuuid, in bytes.</summary>
    public const int CU_UUID_SIZE = 16;

    public const int CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT = 40;
    public const int CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING = 41;
    public const int CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75;
    public const int CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76;

    [LibraryImport(Library)]
    public static partial int cuInit(uint flags);

    [LibraryImport(Library)]
    public static partial int cuDriverGetVersion(out int driverVersion);

    [LibraryImport(Library)]
    public static partial int cuGetErrorName(int error, out byte* text);

    [LibraryImport(Library)]
    public static partial int cuGetErrorString(int error, out byte* text);

    [LibraryImport(Library)]
    public static partial int cuDeviceGetCount(out int count);

    [LibraryImport(Library)]
    public static partial int cuDeviceGet(out int device, int ordinal);

    [LibraryImport(Library)]
    public static partial int cuDeviceGetName(byte* name, int len, int dev);

    [LibraryImport(Library)]
    public static partial int cuDeviceTotalMem_v2(out nuint bytes, int dev);

    [LibraryImport(Library)]
    public static partial int cuDeviceGetUuid_v2(byte* uuid, int dev);

    [LibraryImport(Library)]
    public static partial int cuDeviceGetAttribute(out int pi, int attrib, int dev);

    [LibraryImport(Library)]
    public static partial int cuDeviceCanAccessPeer(out int canAccessPeer, int dev, int peerDev);

    [LibraryImport(Library)]
    public static partial int cuDevicePrimaryCtxRetain(out nint pctx, int dev);

    [LibraryImport(Library)]
    public static partial int cuDevicePrimaryCtxRelease_v2(int dev);

    [LibraryImport(Library)]
    public static partial int cuCtxPushCurrent_v2(nint ctx);

    [LibraryImport(Library)]
    public static partial int cuCtxPopCurrent_v2(out nint pctx);

    [LibraryImport(Library)]
    public static partial int cuCtxSetCurrent(nint ctx);

    [LibraryImport(Library)]
    public static partial int cuCtxEnablePeerAccess(nint peerContext, uint flags);
}

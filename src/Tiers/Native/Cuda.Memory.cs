using System.Runtime.InteropServices;

namespace Cascade.Tiers.Native;

/// <summary>cuda.h: memory of devices and of the host. A device address is 64 bits wide.</summary>
internal static unsafe partial class Cuda
{
    public const uint CU_MEMHOSTALLOC_PORTABLE = 1;
    public const uint CU_MEMHOSTREGISTER_PORTABLE = 1;
    public const uint CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS = 1;

    [LibraryImport(Library)]
    public static partial int cuMemGetInfo_v2(out nuint free, out nuint total);

    [LibraryImport(Library)]
    public static partial int cuMemAlloc_v2(out nint dptr, nuint bytesize);

    [LibraryImport(Library)]
    public static partial int cuMemFree_v2(nint dptr);

    [LibraryImport(Library)]
    public static partial int cuMemHostAlloc(out nint pp, nuint bytesize, uint flags);

    [LibraryImport(Library)]
    public static partial int cuMemFreeHost(nint p);

    [LibraryImport(Library)]
    public static partial int cuMemHostRegister_v2(nint p, nuint bytesize, uint flags);

    [LibraryImport(Library)]
    public static partial int cuMemHostUnregister(nint p);

    [LibraryImport(Library)]
    public static partial int cuMemcpyHtoDAsync_v2(nint dstDevice, nint srcHost, nuint byteCount, nint stream);

    [LibraryImport(Library)]
    public static partial int cuMemcpyDtoHAsync_v2(nint dstHost, nint srcDevice, nuint byteCount, nint stream);

    /// <summary>Returns when the bytes are there.</summary>
    [LibraryImport(Library)]
    public static partial int cuMemcpyDtoH_v2(byte* dstHost, nint srcDevice, nuint byteCount);

    [LibraryImport(Library)]
    public static partial int cuMemcpyDtoDAsync_v2(nint dstDevice, nint srcDevice, nuint byteCount, nint stream);

    [LibraryImport(Library)]
    public static partial int cuMemsetD8Async(nint dstDevice, byte uc, nuint n, nint stream);

    [LibraryImport(Library)]
    public static partial int cuIpcGetMemHandle(out CUipcMemHandle handle, nint dptr);

    [LibraryImport(Library)]
    public static partial int cuIpcOpenMemHandle_v2(out nint pdptr, CUipcMemHandle handle, uint flags);

    [LibraryImport(Library)]
    public static partial int cuIpcCloseMemHandle(nint dptr);

    /// <summary>CUipcMemHandle: 64 opaque bytes, passed by value.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct CUipcMemHandle
    {
        public const int Size = 64;

        public fixed byte Reserved[Size];
    }
}

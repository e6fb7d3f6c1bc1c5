using System.Runtime.InteropServices;
using Cascade.Tiers.Native;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Cascade.Gpu.Tests;

/// <summary>The stand-in of the CUDA driver that these tests run on: one library a process, so one test at a time.</summary>
internal static unsafe partial class DriverStandIn
{
    public const int IllegalAddress = 700;

    private const string Library = "libcuda_stand_in.so";

    private static readonly string Path = System.IO.Path.Combine(AppContext.BaseDirectory, Library);

    /// <summary>Starts anew, with nothing allocated; operations wait for <see cref="Step"/> unless they are to run by themselves.</summary>
    public static void Reset(int devices = 1, long bytesADevice = 1L << 30, bool manual = true, uint delayMicroseconds = 0)
    {
        Assert.SkipUnless(File.Exists(Path), $"{Path} is missing: install gcc and build again.");
        standin_reset(devices, (ulong)bytesADevice, manual ? 1 : 0, delayMicroseconds);
        CudaLibrary.TryLoad([Path], out _);
    }

    public static void Version(int value) => standin_version(value);

    /// <summary>Has a call fail: the nth from now on of a name, or of all with "*".</summary>
    public static void Fail(string name, int code, long nth = 1, bool sticky = false) => standin_fail(name, nth, code, sticky ? 1 : 0);

    /// <summary>Turns the context of a device bad.</summary>
    public static void Break(int device, int code) => standin_break(device, code);

    /// <summary>Runs queued operations; gives how many.</summary>
    public static int Step(int most = int.MaxValue) => standin_step(most);

    /// <summary>From now on operations do not wait for <see cref="Step"/>.</summary>
    public static void RunByItself() => standin_run();

    public static long Calls(string name = "*") => standin_calls(name).Value;

    public static long Count(string what) => standin_count(what).Value;

    public static void Kernels(delegate* unmanaged[Cdecl]<byte*, uint, uint, void**, ulong> launch, delegate* unmanaged[Cdecl]<ulong, void> run) =>
        standin_kernels(launch, run);

    /// <summary>Nothing is left: no resource, no context, none that a context had to take along.</summary>
    public static void AssertEmpty() =>
        Assert.Equal((0L, 0L, 0L), (Count("resources"), Count("contexts"), Count("leaked")));

    /// <summary>True when bytes lie within one allocation of device memory.</summary>
    public static bool Has(nint address, int bytes) => standin_has(address, (nuint)bytes) != 0;

    [LibraryImport(Library)]
    private static partial void standin_run();

    [LibraryImport(Library)]
    private static partial int standin_has(nint address, nuint bytes);

    [LibraryImport(Library)]
    private static partial void standin_reset(int devices, ulong bytesADevice, int isManual, uint delay);

    [LibraryImport(Library)]
    private static partial void standin_version(int value);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial void standin_fail(string name, long nth, int code, int isSticky);

    [LibraryImport(Library)]
    private static partial void standin_break(int device, int code);

    [LibraryImport(Library)]
    private static partial int standin_step(int most);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial CLong standin_calls(string name);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial CLong standin_count(string what);

    [LibraryImport(Library)]
    private static partial void standin_kernels(delegate* unmanaged[Cdecl]<byte*, uint, uint, void**, ulong> launch, delegate* unmanaged[Cdecl]<ulong, void> run);
}

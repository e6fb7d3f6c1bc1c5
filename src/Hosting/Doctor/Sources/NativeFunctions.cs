using System.Runtime.InteropServices;

namespace Cascade.Hosting.Doctor.Sources;

/// <summary>Functions of the C library by their addresses: what no class of .NET does.</summary>
internal static unsafe class NativeFunctions
{
    private const int F_GETFL = 3;
    private const int F_SETFL = 4;

    private static readonly int O_DIRECT = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;

    /// <summary>Sets <c>O_DIRECT</c> on an open file. Gives 0 or an errno.</summary>
    public static int SetDirect(SafeHandle file)
    {
        var fcntl = (delegate* unmanaged<int, int, int, int>)Address("fcntl");
        var held = false;
        try
        {
            file.DangerousAddRef(ref held);
            var descriptor = (int)file.DangerousGetHandle();
            var flags = fcntl(descriptor, F_GETFL, 0);
            return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_DIRECT) == 0 ? 0 : Marshal.GetLastSystemError();
        }
        finally
        {
            if (held)
                file.DangerousRelease();
        }
    }

    /// <summary>Reads the kernel's clock into <c>struct timex</c>, changing nothing. Gives the clock's state, or -1.</summary>
    /// <param name="timex">All zero, and no shorter than the structure.</param>
    public static int ReadClock(Span<byte> timex)
    {
        var adjtimex = (delegate* unmanaged<byte*, int>)Address("adjtimex");
        fixed (byte* at = timex)
            return adjtimex(at);
    }

    /// <summary>Has the kernel end this process after so many seconds, whatever its threads wait for: a library being loaded holds locks that others need.</summary>
    public static void EndAfter(uint seconds) => _ = ((delegate* unmanaged<uint, uint>)Address("alarm"))(seconds);

    private static nint Address(string name) => NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), name);
}

using System.Buffers.Binary;

namespace Cascade.Hosting.Doctor.Sources;

/// <summary>What the kernel says about its clock.</summary>
internal static class SystemClock
{
    // struct timex of 64-bit Linux, which is 208 bytes long.
    private const int TimexBytes = 256;
    private const int MaxErrorOffset = 24;
    private const int StatusOffset = 40;
    private const int STA_UNSYNC = 0x40;

    /// <summary>The state of the clock; null when the kernel does not tell, as in some containers.</summary>
    public static ClockState? Read()
    {
        Span<byte> timex = stackalloc byte[TimexBytes];
        timex.Clear();
        if (NativeFunctions.ReadClock(timex) < 0)
            return null;
        var status = BinaryPrimitives.ReadInt32LittleEndian(timex[StatusOffset..]);
        var maxErrorUs = BinaryPrimitives.ReadInt64LittleEndian(timex[MaxErrorOffset..]);
        return new ClockState((status & STA_UNSYNC) == 0, TimeSpan.FromMicroseconds(maxErrorUs));
    }
}

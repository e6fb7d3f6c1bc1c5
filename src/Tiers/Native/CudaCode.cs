namespace Cascade.Tiers.Native;

/// <summary>The result codes of the driver (CUresult) that something here depends on.</summary>
internal static class CudaCode
{
    public const int Success = 0;
    public const int InvalidValue = 1;
    public const int OutOfMemory = 2;
    public const int Deinitialized = 4;
    public const int DeviceUnavailable = 46;
    public const int NoDevice = 100;
    public const int EccUncorrectable = 214;
    public const int NvlinkUncorrectable = 220;
    public const int Contained = 226;
    public const int NotReady = 600;
    public const int IllegalAddress = 700;
    public const int LaunchTimeout = 702;
    public const int PeerAccessAlreadyEnabled = 704;
    public const int ContextIsDestroyed = 709;
    public const int Assert = 710;
    public const int HardwareStackError = 714;
    public const int LaunchFailed = 719;
    public const int TensorMemoryLeak = 721;
    public const int SystemNotReady = 802;
    public const int MpsClientTerminated = 810;
    public const int ExternalDevice = 911;
    public const int Unknown = 999;

    /// <summary>True for errors that stay: after one of them every call of the context fails, and what it held is lost.</summary>
    public static bool IsSticky(int code) => code
        is Deinitialized or DeviceUnavailable or EccUncorrectable or NvlinkUncorrectable or Contained or IllegalAddress or LaunchTimeout
        or ContextIsDestroyed or Assert or (>= HardwareStackError and <= LaunchFailed) or TensorMemoryLeak or SystemNotReady
        or MpsClientTerminated or ExternalDevice or Unknown;
}

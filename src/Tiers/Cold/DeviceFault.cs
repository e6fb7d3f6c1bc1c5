using Cascade.Core.Cold;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Cold;

/// <summary>How a step of a request went: its status, and in words why when that is not <see cref="DeviceStatus.Ok"/>.</summary>
internal readonly record struct DeviceFault(DeviceStatus Status, string? Reason)
{
    /// <summary>Nothing went wrong.</summary>
    public static readonly DeviceFault None = new(DeviceStatus.Ok, null);

    /// <summary>True when something went wrong.</summary>
    public bool Occurred => Status != DeviceStatus.Ok;

    /// <summary>What an errno means to the core; 0 is no fault.</summary>
    public static DeviceFault Of(int errno, string operation, string subject) =>
        errno == 0 ? None : new DeviceFault(StatusOf(errno), Errno.Failure(operation, subject, errno).Message);

    private static DeviceStatus StatusOf(int errno) => errno switch
    {
        Errno.ENOSPC or Errno.EDQUOT => DeviceStatus.NoSpace,
        Errno.ENOENT or Errno.ESTALE => DeviceStatus.Gone,
        // EBADF: the file could be opened for reading only.
        Errno.EACCES or Errno.EPERM or Errno.EROFS or Errno.EBADF => DeviceStatus.AccessDenied,
        _ => DeviceStatus.IoError,
    };
}

using System.Globalization;
using System.Runtime.InteropServices;

namespace Cascade.Tiers.Native;

/// <summary>errno.h: the values that are told apart, and how any of them becomes an exception.</summary>
internal static class Errno
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int EINTR = 4;
    public const int EIO = 5;
    public const int EBADF = 9;
    public const int EAGAIN = 11;
    public const int ENOMEM = 12;
    public const int EACCES = 13;
    public const int EFAULT = 14;
    public const int EEXIST = 17;
    public const int ENOTDIR = 20;
    public const int EINVAL = 22;
    public const int ENOSPC = 28;
    public const int EROFS = 30;
    public const int ENOSYS = 38;
    public const int ELOOP = 40;
    public const int EOPNOTSUPP = 95;
    public const int ESTALE = 116;
    public const int EDQUOT = 122;

    /// <summary>The error of the last call that sets it, on this thread.</summary>
    public static int Last => Marshal.GetLastPInvokeError();

    /// <summary>Says which operation failed on what, and why, by the last error.</summary>
    public static IOException Failure(string operation, string subject) => Failure(operation, subject, Last);

    /// <summary>Says which operation failed on what, and why.</summary>
    public static IOException Failure(string operation, string subject, int errno) => new(string.Create(
        CultureInfo.InvariantCulture, $"{operation} of {subject} failed: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})."), errno);
}

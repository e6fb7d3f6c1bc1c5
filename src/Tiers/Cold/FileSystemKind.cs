using Cascade.Tiers.Native;

namespace Cascade.Tiers.Cold;

/// <summary>Asks what kind of file system a directory lies on.</summary>
internal static class FileSystemKind
{
    /// <summary>The kind as <c>statfs</c> numbers it; null when the system does not tell.</summary>
    public static long? Of(string path) => Libc.statfs(path, out var status) == 0 ? status.f_type : null;
}

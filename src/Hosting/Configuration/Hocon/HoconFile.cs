namespace Cascade.Hosting.Configuration.Hocon;

/// <summary>Reads configuration files, bounded and strictly as UTF-8.</summary>
internal static class HoconFile
{
    /// <summary>The text of a file; null when there is none.</summary>
    /// <param name="path">The path as the user wrote it; errors repeat it.</param>
    /// <param name="kind">The layer of its values.</param>
    /// <param name="limits">How large it may be.</param>
    /// <param name="askedAt">What errors of the file system are blamed on; null for the file itself.</param>
    /// <exception cref="HoconException">The file cannot be read, is too large, or is not UTF-8.</exception>
    public static SourceText? TryRead(string path, OriginKind kind, HoconLimits limits, Origin? askedAt = null)
    {
        var origin = askedAt ?? new Origin(kind, path, 1, 1);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[limits.FileBytesMax + 1];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length <= limits.FileBytesMax
                ? SourceText.Decode(kind, path, bytes.AsSpan(0, length), Path.GetFullPath(path))
                : throw new HoconException(
                    origin,
                    $"the file '{path}' is larger than {limits.FileBytesMax} bytes; is it a configuration?");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new HoconException(origin, $"the file '{path}' cannot be read: {exception.Message}");
        }
    }
}

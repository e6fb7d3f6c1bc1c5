using System.Runtime.InteropServices;

namespace Cascade.Hosting.Doctor.Probes;

/// <summary>A shared library that was found.</summary>
/// <param name="Handle">It, when it could be loaded.</param>
/// <param name="Path">The file; null when it is not known.</param>
/// <param name="Fault">Why it could not be loaded; null when it could.</param>
internal sealed record LoadedLibrary(nint Handle, string? Path, string? Fault)
{
    /// <summary>Loads a library by its name; null when there is none of the name.</summary>
    public static LoadedLibrary? Load(string name)
    {
        try
        {
            return new LoadedLibrary(NativeLibrary.Load(name), PathOf(name), null);
        }
        catch (DllNotFoundException e)
        {
            // The loader names the file that it did not find: this one, or another that this one needs.
            var reason = e.Message.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => IsReason(line, name));
            return reason is null ? null : new LoadedLibrary(0, null, reason);
        }
        catch (BadImageFormatException e)
        {
            return new LoadedLibrary(0, null, e.Message.ReplaceLineEndings(" "));
        }
    }

    private static bool IsReason(string line, string name)
    {
        var isOfLoader = line.Contains(": ", StringComparison.Ordinal) && line.Contains(".so", StringComparison.Ordinal);
        var isMissing = line.EndsWith("No such file or directory", StringComparison.Ordinal);
        return isOfLoader && !line.StartsWith("Unable to load", StringComparison.Ordinal) && !(isMissing && line.Contains(name, StringComparison.Ordinal));
    }

    private static string? PathOf(string name) => File.ReadLines("/proc/self/maps")
        .Select(line => line.IndexOf('/', StringComparison.Ordinal) is >= 0 and var at ? line[at..] : "")
        .FirstOrDefault(path => System.IO.Path.GetFileName(path).StartsWith(name, StringComparison.Ordinal));
}

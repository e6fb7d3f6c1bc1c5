using System.Globalization;

namespace Cascade.Hosting.Cli;

/// <summary>A folder of this run's own below another: whoever needs it makes it, and it goes with the run.</summary>
/// <param name="parent">The folder above; it stays.</param>
/// <param name="work">What it is for: part of its name.</param>
/// <param name="console">Where to say that it could not be removed.</param>
internal sealed class ScratchFolder(string parent, string work, CliConsole console) : IDisposable
{
    /// <summary>Its path; no other process has the same.</summary>
    public string Path { get; } =
        System.IO.Path.Combine(parent, string.Create(CultureInfo.InvariantCulture, $"cascade-{work}-{Environment.ProcessId}"));

    /// <summary>Removes it with all that is in it.</summary>
    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Nobody came to make it.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            console.Say($"'{Path}' could not be removed: {e.Message}; remove it by hand");
        }
    }
}

using System.Globalization;

namespace Cascade.Hosting.Tests.Embedding;

/// <summary>A folder on a disk, for the files of a cold tier; it goes with all that is in it.</summary>
internal sealed class ColdFolder : IDisposable
{
    private static int _next;

    public ColdFolder()
    {
        Path = System.IO.Path.Combine(
            "/var/tmp",
            string.Create(CultureInfo.InvariantCulture, $"cascade-test-{Environment.ProcessId}-{Interlocked.Increment(ref _next)}"));
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    /// <summary>Settings of a node with small memory above small files.</summary>
    public string[] Settings(params string[] more) =>
    [
        $"cascade.tiers.cold.directory={Path}", "cascade.tiers.cold.capacity=64MiB", "cascade.tiers.cold.file-size=2MiB",
        "cascade.tiers.shm.capacity=4MiB", .. more,
    ];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

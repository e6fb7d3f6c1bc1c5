using Cascade.Tiers.Cold;

namespace Cascade.Tiers.Tests.Cold;

/// <summary>Folders on a disk that takes direct transfers.</summary>
internal static class TemporaryFolder
{
    private static readonly Lazy<string?> DirectRoot = new(() => new[] { "/var/tmp", AppContext.BaseDirectory }.FirstOrDefault(TakesDirectTransfers));
    private static int _count;

    /// <summary>Makes a folder of its own; skips the test where no folder takes direct transfers.</summary>
    public static string Create()
    {
        Assert.SkipWhen(DirectRoot.Value is null, "neither /var/tmp nor the test output folder takes O_DIRECT");
        var folder = Name(DirectRoot.Value!);
        Directory.CreateDirectory(folder);
        return folder;
    }

    public static string Name(string root) =>
        Path.Combine(root, $"cascade-cold-test-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");

    private static bool TakesDirectTransfers(string root)
    {
        var path = Name(root);
        if (DirectFile.Open(path, DirectFileAccess.Create, null, out var file) != 0)
            return false;
        using (file)
        using (var page = new AlignedMemory(Pages.SizeBytes))
        {
            var result = file!.Write([new() { iov_base = page.Address, iov_len = Pages.SizeBytes }], 0);
            File.Delete(path);
            return result.Succeeded && file.IsDirect;
        }
    }
}

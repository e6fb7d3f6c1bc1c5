using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Cascade.Tiers.Cold;

/// <summary>Spreads files to be made in a directory over several of Lustre's targets, by its own program <c>lfs</c>.</summary>
internal static class LustreStriping
{
    private const int ErrorTextMax = 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Sets the directory's striping. What goes wrong is told in words and left: unstriped files are slower, not wrong.</summary>
    public static void Apply(string directory, int stripeCount, long stripeSizeBytes, string searchPath, Action<string>? warn)
    {
        string[] arguments = ["setstripe", "-c", stripeCount.ToString(CultureInfo.InvariantCulture), "-S", SizeOf(stripeSizeBytes), directory];
        var command = $"lfs {string.Join(' ', arguments)}";
        var program = Find(searchPath);
        var fault = program is null ? "the program 'lfs' is not on the PATH" : Run(program, arguments);
        if (fault is not null)
            warn?.Invoke($"The cold directory {directory} lies on Lustre and could not be striped: {fault}. Its files go to fewer targets, which "
                + $"is slower. Run '{command}' by hand, where lfs is installed.");
    }

    /// <summary>Looked for along the PATH only, never in the working directory.</summary>
    private static string? Find(string searchPath) => searchPath
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Where(Path.IsPathRooted)
        .Select(folder => Path.Combine(folder, "lfs"))
        .FirstOrDefault(File.Exists);

    private static string SizeOf(long bytes) => bytes % (1 << 20) == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20}m")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes >> 10}k");

    private static string? Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        try
        {
            using var process = Process.Start(start)!;
            var said = process.StandardError.ReadToEndAsync();
            _ = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                return $"{program} took longer than {Patience.TotalSeconds:0} s";
            }

            if (process.ExitCode == 0)
                return null;

            // A child of lfs may hold the pipe open beyond its end.
            var text = said.Wait(TimeSpan.FromSeconds(1)) ? said.Result.Trim() : "";
            return $"{program} ended with code {process.ExitCode} and said '{text[..Math.Min(text.Length, ErrorTextMax)]}'";
        }
        catch (Win32Exception failure)
        {
            return $"{program} cannot be run: {failure.Message}";
        }
    }
}

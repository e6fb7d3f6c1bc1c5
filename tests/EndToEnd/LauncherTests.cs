using System.Diagnostics;
using Cascade.Hosting.Tests.Architecture;

namespace Cascade.EndToEnd;

/// <summary>The two commands of the README on a machine that lacks the SDK.</summary>
public sealed class LauncherTests
{
    [Theory]
    [InlineData("cascade", "replay")]
    [InlineData("test.sh")]
    public async Task Command_without_the_sdk_says_how_to_install_it(string command, params string[] arguments)
    {
        using var tools = new ToolsWithoutDotnet();
        var start = new ProcessStartInfo(Path.Combine(Repository.Root, command), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = tools.Folder;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(3, process.ExitCode);
        Assert.Empty(output);
        Assert.Contains("the .NET SDK is not on the PATH", await error, StringComparison.Ordinal);
        Assert.Contains("apt-get install dotnet-sdk-10.0", await error, StringComparison.Ordinal);
    }

    /// <summary>A PATH with what a bare Linux has, and no dotnet.</summary>
    private sealed class ToolsWithoutDotnet : IDisposable
    {
        private static readonly string[] Tools = ["bash", "env", "sed", "dirname", "readlink", "cat", "mktemp", "find", "rm", "tail"];

        public ToolsWithoutDotnet()
        {
            Folder = Directory.CreateTempSubdirectory("cascade-tools-").FullName;
            foreach (var tool in Tools)
            {
                var real = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
                    .Select(folder => Path.Combine(folder, tool))
                    .First(File.Exists);
                File.CreateSymbolicLink(Path.Combine(Folder, tool), real);
            }
        }

        public string Folder { get; }

        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }
}

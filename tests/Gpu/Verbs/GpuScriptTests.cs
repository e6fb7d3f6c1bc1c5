using System.Diagnostics;
using System.Text.RegularExpressions;
using Cascade.Hosting.Tests.Architecture;

namespace Cascade.Gpu.Tests.Verbs;

/// <summary><c>loadtests/gpu.sh</c>, with the stand-in where the driver would be: what it runs and judges. Its speeds say nothing here.</summary>
public sealed partial class GpuScriptTests
{
    private static readonly string[] Speeds =
    [
        "16 MiB blocks to the device / bare", "16 MiB blocks to the host / bare", "BLAKE3 of 64 MiB on the device / one CPU thread", "lease of a resident block, p50 in us",
    ];

    private const string AtOnce = "churn: copies under way at a time";

    private static readonly string Programs = AppContext.BaseDirectory;

    private static readonly (string, string)[] Small =
    [
        ("CASCADE", $"dotnet exec {Programs}cascade.dll"),
        ("ENGINE", $"dotnet exec {Programs}Cascade.GpuEngine.dll cascade.tiers.gpu.capacity=8MiB cascade.tiers.gpu.min-capacity=8MiB"),
        ("CHURN", "4MiB"),
        ("REPLAY", "--gpu 4MiB --shm 32MiB --limit 300"),

        // The kernels would be run by an interpreter in this process alone.
        ("CUDA_STAND_IN_TAKES_NO_KERNELS", "1"),
    ];

    [Fact]
    public async Task Every_check_is_judged_and_the_exit_code_says_that_one_failed()
    {
        var run = await DeviceProcess.RunAsync(Script("--quick"), Small);
        var checks = run.Output.TrimEnd().Split('\n').Select(static line => Line().Match(line)).ToArray();
        Assert.True(checks.All(static check => check.Success), run.Output + run.Error);
        Assert.Equal(
            [
                "bench: exit code", .. Speeds, "lease of a resident block, bytes allocated", "churn: exit code", "churn: wrong bytes", "churn: errors",
                "churn: blocks that made others go", AtOnce, "churn: blocks that the device named",
                "churn: of these named otherwise by the CPU", "churn: device memory kept after the node's end, bytes", "replay: exit code", "replay: wrong bytes",
                "replay: errors", "replay: hits in device memory", "engine in another process reads 4 blocks: exit code",
            ],
            checks.Select(static check => check.Groups[1].Value));

        // Nothing can be said of speeds, nor of what takes but a moment here. What the device cannot do is told as failed.
        var failed = checks.Where(static check => check.Groups[2].Value == "FAIL").Select(static check => check.Groups[1].Value).ToHashSet();
        Assert.Contains("BLAKE3 of 64 MiB on the device / one CPU thread", failed);
        Assert.Contains("churn: blocks that the device named", failed);
        Assert.True(failed.Except([.. Speeds, AtOnce]).SequenceEqual(["churn: blocks that the device named"]), run.Output + run.Error);
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public async Task Machine_without_the_device_ends_the_script_at_once()
    {
        var run = await DeviceProcess.RunAsync(Script("--quick"), [.. Small, ("DEVICE", "7")]);
        Assert.Equal((3, ""), (run.ExitCode, run.Output));
        Assert.Contains("There is no device 7", run.Error, StringComparison.Ordinal);
    }

    private static ProcessStartInfo Script(string bench) => new("bash", [Path.Combine(Repository.Root, "loadtests/gpu.sh")])
    {
        Environment = { ["BENCH"] = $"{bench} {string.Join(' ', VerbRun.Small)}" },
    };

    [GeneratedRegex("^(.+?) +[^ ]+ +(?:>=|<=|==) [0-9.]+ +(pass|FAIL)$")]
    private static partial Regex Line();
}

using System.CommandLine;
using System.Globalization;
using Cascade.Hosting.Benchmarks.Gpu;
using static Cascade.Hosting.Cli.HumanText;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>bench gpu</c>: measures the tier of device memory beside the driver's bare copies, or has it churn and checks every byte.</summary>
internal sealed class BenchGpuVerb
{
    private const string MemoryBytes = "1GiB";

    private readonly INodeLauncher _launcher;
    private readonly CliConsole _console;
    private readonly NodeOptions _node = new();
    private readonly Option<bool> _json = CommonOptions.Json();
    private readonly Option<long?> _device = CommonOptions.Count("--device", "Number of the device in this process. Default: 0.", 0, 63);
    private readonly Option<long?> _churn = CommonOptions.Size("--churn", "Instead: bring so much to the device and back, and check every byte.");
    private readonly Option<bool> _quick = new("--quick") { Description = "Little of everything, for a test.", Hidden = true };

    private BenchGpuVerb(INodeLauncher launcher, CliConsole console) => (_launcher, _console) = (launcher, console);

    /// <summary>Makes the verb.</summary>
    public static VerbCommand Create(INodeLauncher launcher, CliConsole console)
    {
        var verb = new BenchGpuVerb(launcher, console);
        var command = new VerbCommand(
            "gpu",
            "Bring 16 MiB blocks to device memory and back, beside the CUDA driver's bare copies of pinned memory; digests and leases there.",
            new Example("cascade bench gpu --json", "one JSON document"),
            new Example("cascade bench gpu --device 1", "the second device of this process"),
            new Example("cascade bench gpu --churn 64GiB", "64 GiB through 1 GiB of device memory, every byte checked"))
        {
            Details = """
                A node with 1 GiB of shared memory and 1 GiB of device memory. put: blocks in shared memory are asked for on the device
                until each is leased there; looking them up, room, copy and publishing are in it. get: blocks that are on the device alone
                are asked for in shared memory until each is leased there; the same is in it. Neither hashes. Bare copies are of as many
                blocks, as many in flight (8), from and to pinned memory of the driver's. Digests are of 64 MiB in device memory, brought to the host, beside
                one thread's. Figures are medians of 15 rounds. Needs 1.3 GiB of free device memory, 1.1 GiB of /dev/shm and 0.3 GiB of pinned memory.
                With --churn eight callers put new blocks of up to 16 MiB from the host and from the device, get them on the device, and get older ones
                again in either memory, while others are evicted to make room. Digests of the device are compared with the processor's. At the end the node
                stops, and the device is asked whether all of its memory is free again.
                Exit code 1 when something was wrong, 3 when there is no driver or device.
                """,
        };
        foreach (var option in (Option[])[verb._device, verb._churn, verb._json, verb._quick])
            command.Add(option);
        verb._node.AddTo(command);
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var device = (int)(line.GetValue(_device) ?? 0);
        var request = RequestOf(line, device);
        if (_node.TryPrintConfiguration(line, request, _launcher, _console))
            return ExitCode.Ok;
        DeviceNeed.Require();
        var plan = line.GetValue(_quick) ? GpuBenchmarkPlan.Quick : GpuBenchmarkPlan.Default;
        if (line.GetValue(_churn) is { } churnBytes)
            return await ChurnAsync(line, request, device, churnBytes, plan, cancellationToken);
        await using var node = await _launcher.StartAsync(request, _console, cancellationToken);
        GpuBenchmarkResult result;
        using (var progress = new ProgressReporter(_console, "bench gpu", static rounds => $"{rounds} rounds"))
        {
            var memory = node.Actors.Memory;
            var slab = DeviceNeed.Of(node).Slabs.Single();
            using var benchmark = new GpuBenchmark(
                node.Cache, slab, (length, ct) => BenchColdVerb.TakeRoomAsync(memory, length, ct), plan, _console.Time);
            result = await benchmark.RunAsync(progress, cancellationToken);
        }

        if (line.GetValue(_json))
            JsonOutput.Write(_console.Out, result);
        else
            Write(result);
        return ExitCode.Ok;
    }

    private NodeRequest RequestOf(ParseResult line, int device) => _node.RequestOf(line)
        .Under("cascade.tiers.shm.capacity", MemoryBytes)
        .Under(DeviceNeed.CapacityPath, MemoryBytes)
        .With("cascade.tiers.gpu.devices", string.Create(CultureInfo.InvariantCulture, $"[{device}]"));

    private async Task<int> ChurnAsync(
        ParseResult line, NodeRequest request, int device, long churnBytes, GpuBenchmarkPlan plan, CancellationToken cancellationToken)
    {
        GpuChurnResult result;
        using (var progress = new ProgressReporter(_console, "bench gpu --churn", Size))
        {
            result = await GpuChurnRun.RunAsync(
                () => _launcher.StartAsync(request, _console, cancellationToken), device, churnBytes, plan, _console, progress, cancellationToken);
        }

        if (line.GetValue(_json))
            JsonOutput.Write(_console.Out, result);
        else
            Write(result);
        return result.IsClean ? ExitCode.Ok : ExitCode.Failed;
    }

    private void Write(GpuBenchmarkResult result) => TableOutput.Write(_console.Out, TableOutput.OfValues(
        ("device", result.Device),
        ("bare copies to the device", Gbps(result.RawH2dGbps)),
        ("bare copies to the host", Gbps(result.RawD2hGbps)),
        ("put, to the device", $"{Gbps(result.PutGbps)}  ({Ratio(result.PutOfRaw)} x bare)"),
        ("get, to the host", $"{Gbps(result.GetGbps)}  ({Ratio(result.GetOfRaw)} x bare)"),
        ("BLAKE3, one thread", Gbps(result.CpuHashGbps)),
        ("BLAKE3 on the device", result.DeviceHashGbps is { } hash ? $"{Gbps(hash)}  ({Ratio(result.DeviceHashOfCpu!.Value)} x one thread)" : $"none: {result.DeviceHashTrouble}"),
        ("lease on the device, median", string.Create(CultureInfo.InvariantCulture, $"{result.LeaseP50Us:0.000} us")),
        ("lease on the device, allocated", string.Create(CultureInfo.InvariantCulture, $"{result.LeaseAllocatedBytes:0.##} bytes"))));

    private void Write(GpuChurnResult result) => TableOutput.Write(_console.Out, TableOutput.OfValues(
        ("device", result.Device),
        ("its memory for blocks", Size(result.SlabBytes)),
        ("brought to it", Size(result.BytesIn)),
        ("brought back", Size(result.BytesOut)),
        ("blocks put", Count(result.Puts)),
        ("reads compared", Count(result.Reads)),
        ("  older blocks that were gone", Count(result.Misses)),
        ("evicted from the device", Count(result.Evicted)),
        ("copies under way at a time, most", Count(result.CopiesAtOnce)),
        ("digests of the device compared", Count(result.DeviceDigests)),
        ("  wrong", Count(result.WrongDigests)),
        ("wrong bytes", Count(result.WrongBytes)),
        ("errors", Count(result.Errors)),
        ("device memory not given back", Size(result.KeptBytes)),
        ("time", Quantity(result.Seconds, "s"))));

    private static string Gbps(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00} GB/s");

    private static string Ratio(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00}");
}

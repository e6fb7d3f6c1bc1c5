using System.Text.Json;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Probes;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>The CUDA driver and its devices, and whether they have the memory that the node is to take of them.</summary>
internal sealed class CudaCheck(Machine machine) : ICheck
{
    private const string NotUsed = "not used: cascade.tiers.gpu asks for no device memory";

    private const string Without = "blocks stay in the machine's memory";

    private const string GoesWithout = "a node starts without the device memory that cascade.tiers.gpu asks for";

    private const string Install = "install NVIDIA's driver of CUDA 12 or later; a container needs the driver's libraries ('--gpus all')";

    private const string Mend = "run 'nvidia-smi', and mend the driver as it says; a container needs the driver's libraries ('--gpus all')";

    /// <inheritdoc/>
    public string Name => "cuda";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        var isWanted = options.Tiers.Gpu.IsWanted && !options.Node.IsClient;
        var outcome = machine.Programs.Probe(Probe.Cuda);
        if (outcome.ExitCode != 0)
            return isWanted
                ? Finding.Problem($"asking the CUDA driver {ProbeWords.EndOf(outcome)}", "a node that loads it would end, or hang, in the same way", Mend)
                : Finding.Note($"asking the CUDA driver {ProbeWords.EndOf(outcome)}", NotUsed, Mend);
        var driver = JsonSerializer.Deserialize<CudaDriver>(outcome.Output)!;
        if (!driver.IsThere)
            return Absent(isWanted);
        if (driver.Fault is not null)
            return Unusable(isWanted, $"CUDA {driver.Version ?? "driver"}, not usable ({driver.Fault})");
        if (driver.Devices.Count == 0)
            return isWanted ? Finding.Problem($"CUDA {driver.Version}, no device", GoesWithout, $"{Mend}; see CUDA_VISIBLE_DEVICES") : Finding.Ok($"CUDA {driver.Version}, no device", NotUsed);
        return isWanted ? Judge(driver, options.Tiers.Gpu) : Finding.Ok(TextOf(driver), NotUsed);
    }

    /// <summary>The kernel's side may be there without the library: its module, or the devices' files in a container.</summary>
    private Finding Absent(bool isWanted)
    {
        var module = machine.Files.ReadText("/proc/driver/nvidia/version")?.Split('\n')[0].Trim();
        if (machine.Files.Exists("/dev/nvidiactl"))
            return Unusable(isWanted, "/dev/nvidiactl is there, and libcuda.so.1 is not");
        if (module is not null)
            return Unusable(isWanted, $"the kernel has NVIDIA's module ({module}), and libcuda.so.1 is not there");
        return isWanted ? Finding.Problem("no CUDA driver", GoesWithout, $"{Install}; or set cascade.tiers.gpu.capacity = 0") : Finding.Ok("no CUDA driver", Without);
    }

    private static Finding Unusable(bool isWanted, string found) =>
        isWanted ? Finding.Problem(found, GoesWithout, Mend) : Finding.Note(found, NotUsed, Mend);

    private static Finding Judge(CudaDriver driver, GpuTierOptions wanted)
    {
        var draft = new FindingDraft();
        draft.Found(TextOf(driver));
        foreach (var ordinal in wanted.Devices.Count > 0 ? wanted.Devices.AsEnumerable() : Enumerable.Range(0, driver.Devices.Count))
        {
            if (ordinal < driver.Devices.Count)
                Judge(draft, ordinal, driver.Devices[ordinal], wanted);
            else
                draft.Problem($"a node does not start: there is no device {ordinal}", "name devices that are there by cascade.tiers.gpu.devices; see CUDA_VISIBLE_DEVICES");
        }

        var share = wanted.CapacityBytes > 0 ? HumanText.Size(wanted.CapacityBytes) : $"{HumanText.Percent(wanted.FreeShare)} of what is free";
        return draft.End($"keeps blocks in {share} of {(wanted.Devices.Count > 0 ? "each device that is named" : "each device")}");
    }

    private static void Judge(FindingDraft draft, int ordinal, CudaDevice device, GpuTierOptions wanted)
    {
        if (device.Fault is not null)
            draft.Problem($"a node does not start: device {ordinal} cannot be used ({device.Fault})", "run 'nvidia-smi'; leave the device out by cascade.tiers.gpu.devices");
        if (device.FreeBytes is not { } free)
            return;
        var given = wanted.CapacityBytes > 0 ? Math.Min(wanted.CapacityBytes, free) : (long)(free * wanted.FreeShare);
        if (given < wanted.MinCapacityBytes)
            draft.Problem(
                $"a node does not start: device {ordinal} would give {HumanText.Size(given)}, less than cascade.tiers.gpu.min-capacity of {HumanText.Size(wanted.MinCapacityBytes)}",
                "end what uses the device ('nvidia-smi' lists it), or lower cascade.tiers.gpu.min-capacity");
        else if (given < wanted.CapacityBytes)
            draft.Note(
                $"a node takes at most {HumanText.Size(given)} of device {ordinal} in place of {HumanText.Size(wanted.CapacityBytes)}",
                "end what uses the device ('nvidia-smi' lists it), or lower cascade.tiers.gpu.capacity");
    }

    private static string TextOf(CudaDriver driver)
    {
        var kinds = driver.Devices.GroupBy(static device => (device.Name, device.MemoryBytes, device.ComputeCapability)).Select(
            static same => $"{same.Count()} x {same.Key.Name} of {HumanText.Size(same.Key.MemoryBytes)} (compute capability {same.Key.ComputeCapability})");
        var free = driver.Devices.Any(static device => device.FreeBytes is not null)
            ? $", free: {string.Join(", ", driver.Devices.Select(static device => device.FreeBytes is { } bytes ? HumanText.Size(bytes) : "not known"))}"
            : "";
        return $"CUDA {driver.Version}, {string.Join(", ", kinds)}{free}";
    }
}

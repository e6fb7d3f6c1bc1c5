using System.Text.Json;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Probes;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>The CUDA driver and its devices.</summary>
internal sealed class CudaCheck(Machine machine) : ICheck
{
    private const string NotUsed = "there is no GPU tier yet: blocks stay in the machine's memory";

    /// <inheritdoc/>
    public string Name => "cuda";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        const string Cure = "run 'nvidia-smi', and mend the driver as it says; a container needs the driver's libraries ('--gpus all')";
        var outcome = machine.Programs.Probe(Probe.Cuda);
        if (outcome.ExitCode != 0)
            return Finding.Note($"asking the CUDA driver {ProbeWords.EndOf(outcome)}", NotUsed, Cure);
        var driver = JsonSerializer.Deserialize<CudaDriver>(outcome.Output)!;
        var module = machine.Files.ReadText("/proc/driver/nvidia/version")?.Split('\n')[0].Trim();
        if (!driver.IsThere)
            return module is null
                ? Finding.Ok("no CUDA driver", NotUsed)
                : Finding.Note($"the kernel has NVIDIA's module ({module}), and libcuda.so.1 is not there", NotUsed, Cure);
        if (driver.Fault is not null)
            return Finding.Note($"CUDA {driver.Version ?? "driver"}, not usable ({driver.Fault})", NotUsed, Cure);
        var devices = driver.Devices.GroupBy(device => device).Select(same => $"{same.Count()} x {same.Key.Name} of {HumanText.Size(same.Key.MemoryBytes)}");
        return Finding.Ok($"CUDA {driver.Version}, {(driver.Devices.Count > 0 ? string.Join(", ", devices) : "no device")}", NotUsed);
    }
}

using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Checks;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor;

/// <summary>Looks at a machine: the configuration first, then all else side by side.</summary>
/// <param name="machine">The machine.</param>
/// <param name="first">Bounds the configuration.</param>
/// <param name="runner">Bounds each other check.</param>
internal sealed class Examination(Machine machine, CheckRunner first, CheckRunner runner)
{
    /// <summary>The checks of a machine, in the order of their report.</summary>
    public static IReadOnlyList<ICheck> ChecksOf(Machine machine) =>
    [
        new ProcessorCheck(machine),
        new NumaCheck(machine),
        new KernelCheck(machine),
        new ClockCheck(machine),
        new MemoryCheck(machine),
        new ShmCheck(machine),
        new HugePagesCheck(machine),
        new MemlockCheck(machine),
        new OpenFilesCheck(machine),
        new ColdDirectoryCheck(machine),
        new DirectIoCheck(machine),
        new StripingCheck(machine),
        new AddressesCheck(machine),
        new PortsCheck(machine),
        new TcpBuffersCheck(machine),
        new CertificatesCheck(machine),
        new MpiCheck(machine),
        new SlurmCheck(machine),
        new CudaCheck(machine),
    ];

    /// <summary>Looks.</summary>
    /// <param name="sources">Where the configuration comes from.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public async Task<DoctorReport> RunAsync(ConfigurationSources sources, CancellationToken cancellationToken)
    {
        var defaults = CascadeConfiguration.Load(new ConfigurationSources()).Options;
        var configuration = new ConfigurationCheck(sources);
        var loading = await first.RunAsync([configuration], defaults, cancellationToken);
        var others = await runner.RunAsync(ChecksOf(machine), configuration.Loaded ?? defaults, cancellationToken);
        return new DoctorReport([.. loading, .. others]);
    }
}

using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Checks;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor;

/// <summary>Looks at a machine: the configuration first, then all else side by side.</summary>
/// <param name="machine">The machine.</param>
internal sealed class Examination(Machine machine)
{
    /// <summary>Some small files, and the code that reads them; what follows waits for it.</summary>
    private static readonly TimeSpan ConfigurationTime = TimeSpan.FromSeconds(2);

    /// <summary>As long as a driver may take to wake its devices.</summary>
    private static readonly TimeSpan CheckTime = TimeSpan.FromSeconds(3.5);

    /// <summary>With the start of the program less than 5 s.</summary>
    private static readonly TimeSpan AllTime = TimeSpan.FromSeconds(4.2);

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
        var start = machine.Time.GetTimestamp();
        var loading = await new CheckRunner(ConfigurationTime, machine.Time).RunAsync([configuration], defaults, cancellationToken);
        var left = AllTime - machine.Time.GetElapsedTime(start);
        var others = await new CheckRunner(left < CheckTime ? left : CheckTime, machine.Time).RunAsync(ChecksOf(machine), configuration.Loaded ?? defaults, cancellationToken);
        return new DoctorReport([.. loading, .. others]);
    }
}

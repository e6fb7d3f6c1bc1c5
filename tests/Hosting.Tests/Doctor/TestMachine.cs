using System.Net;
using Cascade.Hosting.Doctor;
using Cascade.Hosting.Doctor.Sources;
using Cascade.Hosting.Tests.Configuration;

namespace Cascade.Hosting.Tests.Doctor;

/// <summary>A machine that is made up: a sound one, of which a test changes what it is about.</summary>
internal sealed class TestMachine : ISystemFiles, INetworkFacts, IPrograms
{
    public const long GiB = 1L << 30;

    private const string Limits = """
        Limit                     Soft Limit           Hard Limit           Units
        Max open files            1024                 65536                files
        Max locked memory         unlimited            unlimited            bytes
        """;

    private const string Mounts = """
        22 27 0:21 / /proc rw,relatime - proc proc rw
        27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
        25 24 0:23 / /dev/shm rw,relatime shared:4 - tmpfs tmpfs rw,size=24684096k,huge=advise
        26 27 0:99 / /scratch rw,relatime - lustre mds@tcp:/scratch rw,flock
        28 27 0:50 / /with\040space rw - xfs /dev/vdb rw
        """;

    public Dictionary<string, string> Texts { get; } = new()
    {
        ["/proc/self/limits"] = Limits,
        ["/proc/self/mountinfo"] = Mounts,
        ["/proc/self/cgroup"] = "0::/",
        ["/proc/meminfo"] = "MemTotal:       33554432 kB\nMemAvailable:   16777216 kB\nHugePages_Total:       0\nHugepagesize:       2048 kB",
        ["/proc/cpuinfo"] = "processor\t: 0\nmodel name\t: Test 9000\nmodel name\t: Test 9000",
        ["/proc/sys/kernel/osrelease"] = "6.1.0-13-amd64",
        ["/proc/sys/vm/overcommit_memory"] = "0",
        ["/proc/sys/vm/max_map_count"] = "65530",
        ["/proc/sys/net/ipv4/tcp_rmem"] = "4096\t131072\t33554432",
        ["/proc/sys/net/ipv4/tcp_wmem"] = "4096\t16384\t4194304",
        ["/proc/sys/net/ipv4/ip_local_port_range"] = "32768\t60999",
        ["/sys/kernel/mm/transparent_hugepage/enabled"] = "always [madvise] never",
        ["/sys/kernel/mm/transparent_hugepage/shmem_enabled"] = "always within_size advise [never] deny force",
        ["/sys/devices/system/node/online"] = "0",
        ["/sys/devices/system/cpu/online"] = "0-7",
        ["/sys/devices/system/clocksource/clocksource0/current_clocksource"] = "tsc",
    };

    public HashSet<string> Directories { get; } = ["/", "/dev/shm", "/scratch", "/data", "/with space"];

    public Dictionary<string, long> Files { get; } = [];

    public VolumeSpace Space { get; set; } = new(400 * GiB, 200 * GiB);

    public DirectIoOutcome DirectIo { get; set; } = new(DirectIoResult.Direct, "");

    public string? DirectIoAt { get; private set; }

    public Dictionary<string, string[]> Hosts { get; } = new() { ["machine"] = ["10.0.0.7"], ["localhost"] = ["127.0.0.1"] };

    public Dictionary<int, string> TakenPorts { get; } = [];

    public HashSet<string> OnPath { get; } = [];

    public ProgramOutcome Ran { get; set; } = new(0, "", "");

    public List<string> Commands { get; } = [];

    public Dictionary<string, ProgramOutcome> Probes { get; } = new()
    {
        ["mpi"] = new(0, """{"Name":null,"Path":null,"Version":null,"Fault":null}""", ""),
        ["cuda"] = new(0, """{"IsThere":false,"Version":null,"Devices":[],"Fault":null}""", ""),
    };

    public Dictionary<string, string> Variables { get; } = [];

    public ProcessorFacts Processor { get; set; } = new(8, "AVX2", 8);

    public ClockState? Clock { get; set; } = new ClockState(true, TimeSpan.FromMilliseconds(1.5));

    public TimeProvider Time { get; set; } = TimeProvider.System;

    public string MachineName => "machine";

    public Machine Machine => new(this, this, this, Variables, Processor, () => Clock, Time);

    /// <summary>What a check finds on this machine.</summary>
    public Finding Examine(Func<Machine, ICheck> check, params string[] settings) =>
        check(Machine).Examine(ConfigurationTesting.Load(null, null, settings).Options);

    public string? ReadText(string path) => Texts.GetValueOrDefault(path);

    public bool Exists(string path) => Texts.ContainsKey(path) || Files.ContainsKey(path) || Directories.Contains(path);

    public bool IsDirectory(string path) => Directories.Contains(path);

    public string RealPathOf(string path) => path;

    public long BytesOf(string directory, string pattern) => Files
        .Where(file => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression($"{directory}/{pattern}", file.Key))
        .Sum(file => file.Value);

    public VolumeSpace SpaceOf(string directory) => Space;

    public DirectIoOutcome TryDirectIo(string directory)
    {
        DirectIoAt = directory;
        return DirectIo;
    }

    public IReadOnlyList<IPAddress> OwnAddresses() => [IPAddress.Loopback, IPAddress.Parse("10.0.0.7")];

    public IReadOnlyList<IPAddress> Resolve(string host) =>
        IPAddress.TryParse(host, out var address) ? [address] : [.. Hosts.GetValueOrDefault(host, []).Select(IPAddress.Parse)];

    public string? FaultOfListening(IPAddress address, int port) => TakenPorts.GetValueOrDefault(port);

    public string? Find(string name) => OnPath.Contains(name) ? $"/usr/bin/{name}" : null;

    public ProgramOutcome Run(string path, params ReadOnlySpan<string> arguments)
    {
        Commands.Add($"{path} {string.Join(' ', arguments)}");
        return Ran;
    }

    public ProgramOutcome Probe(string kind) => Probes[kind];
}

using System.Text.Json.Serialization;

namespace Cascade.Hosting.Benchmarks.Gpu;

/// <summary>How much a run of the benchmark moves.</summary>
/// <param name="BlockBytes">Length of a block.</param>
/// <param name="Blocks">Blocks a round.</param>
/// <param name="InFlight">Blocks on their way at a time, bare ones and those of the tier: 1 to 256.</param>
/// <param name="Rounds">Rounds, of which the median counts.</param>
/// <param name="HashBytes">What is hashed at a time: at most all blocks of a round.</param>
/// <param name="Leases">Leases that are timed.</param>
internal sealed record GpuBenchmarkPlan(int BlockBytes, int Blocks, int InFlight, int Rounds, int HashBytes, int Leases)
{
    /// <summary>256 MiB a round, each way, bare and by the tier.</summary>
    public static readonly GpuBenchmarkPlan Default = new(16 << 20, 16, 8, 15, 64 << 20, 200_000);

    /// <summary>Little of everything, for tests.</summary>
    public static readonly GpuBenchmarkPlan Quick = new(64 << 10, 6, 3, 2, 8 << 10, 1000);

    /// <summary>Rounds that only warm code and memory up.</summary>
    public const int WarmUpRounds = 3;
}

/// <summary>Speeds of the tier of device memory, each beside its yardstick, medians over rounds of one run; speeds in 10^9 bytes per second.</summary>
/// <param name="Device">The device's name.</param>
/// <param name="BlockBytes">Length of the blocks that are moved.</param>
/// <param name="InFlight">How many of them are on their way at a time.</param>
/// <param name="HashBytes">Length of what is hashed.</param>
/// <param name="RawH2dGbps">Bare copies from pinned memory of the host to the device.</param>
/// <param name="RawD2hGbps">The same back.</param>
/// <param name="PutGbps">Blocks in shared memory that are asked for on the device, until each is leased there: index, room, copy and publishing in it.</param>
/// <param name="GetGbps">Blocks on the device alone that are asked for in shared memory, until each is leased there: index, room, copy and publishing in it.</param>
/// <param name="DeviceHashGbps">The device's BLAKE3 of memory of its own, the digest brought to the host; null when it computes none.</param>
/// <param name="CpuHashGbps">BLAKE3 of as many bytes on one thread.</param>
/// <param name="LeaseP50Us">Median time of a lease of a block on the device and its disposal, in microseconds.</param>
/// <param name="LeaseAllocatedBytes">Managed bytes that such a lease and its disposal allocate.</param>
internal sealed record GpuBenchmarkResult(
    string Device,
    int BlockBytes,
    int InFlight,
    int HashBytes,
    double RawH2dGbps,
    double RawD2hGbps,
    double PutGbps,
    double GetGbps,
    double? DeviceHashGbps,
    double CpuHashGbps,
    double LeaseP50Us,
    double LeaseAllocatedBytes)
{
    /// <summary><see cref="PutGbps"/> by <see cref="RawH2dGbps"/>.</summary>
    public double PutOfRaw => Ratio(PutGbps, RawH2dGbps);

    /// <summary><see cref="GetGbps"/> by <see cref="RawD2hGbps"/>.</summary>
    public double GetOfRaw => Ratio(GetGbps, RawD2hGbps);

    /// <summary><see cref="DeviceHashGbps"/> by <see cref="CpuHashGbps"/>; null when the device computes none.</summary>
    public double? DeviceHashOfCpu => DeviceHashGbps is { } hash ? Ratio(hash, CpuHashGbps) : null;

    /// <summary>Why the device computes no digests; null, and not in the document, when it does.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DeviceHashTrouble { get; init; }

    private static double Ratio(double figure, double yardstick) => Math.Round(figure / yardstick, 3);
}

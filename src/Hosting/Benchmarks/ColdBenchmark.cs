using System.Globalization;
using Cascade.Core.Identity;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Replay;
using Cascade.Tiers.Cold;

namespace Cascade.Hosting.Benchmarks;

/// <summary>How much a run of the benchmark moves.</summary>
/// <param name="BlockBytes">Length of a large block: a multiple of 4 KiB.</param>
/// <param name="BlocksPerRound">Large blocks that are demoted, read back, and written raw, a round.</param>
/// <param name="SmallBlockBytes">Length of a small block: a multiple of 4 KiB.</param>
/// <param name="FilesPerRound">Small blocks that are written to a file each, a round.</param>
/// <param name="Rounds">Rounds, of which the median counts.</param>
/// <param name="Callers">Callers, and raw transfers, at a time: 1 to 256.</param>
/// <param name="CallBytes">Bytes that a caller puts in one call, unless a block is larger: the cost of a call is shared by small blocks.</param>
/// <param name="Quiet">How long nothing may have been demoted for the tiers to have come to rest.</param>
internal sealed record ColdBenchmarkPlan(
    int BlockBytes,
    int BlocksPerRound,
    int SmallBlockBytes,
    int FilesPerRound,
    int Rounds,
    int Callers,
    int CallBytes,
    TimeSpan Quiet)
{
    /// <summary>10 GiB raw, 20 GiB through the tier and 4 GiB of small blocks, with a memory tier of 1 GiB.</summary>
    public static readonly ColdBenchmarkPlan Default = new(16 << 20, 128, 64 << 10, 8192, 5, 8, 4 << 20, TimeSpan.FromMilliseconds(500));
}

/// <summary>Speeds of the cold tier, each beside its yardstick, medians over rounds of one run; speeds in 10^9 bytes per second.</summary>
/// <param name="RawWriteGbps">Direct writes of the same blocks to one file, eight at a time, the flush in it.</param>
/// <param name="RawReadGbps">Direct reads of that file.</param>
/// <param name="DemoteGbps">Room that is asked for in a full memory tier, until it is there since what lay in it is on disk: no hashing in it.</param>
/// <param name="DemoteByPutsGbps">Puts of new blocks into a full memory tier, until what they displaced is on disk: hashing and copying in it.</param>
/// <param name="ColdReadGbps">Gets of blocks that are on disk only, eight at a time, digests checked.</param>
/// <param name="SmallBlocksPerS">Blocks of 64 KiB demoted to make room, as in <paramref name="DemoteGbps"/>.</param>
/// <param name="SmallFilesPerS">Files of 64 KiB written and flushed one by one by eight threads.</param>
/// <param name="PageCacheGrowthBytes">By how much the machine's page cache grew while large blocks were demoted and read; null where that is not known.</param>
/// <param name="DirectIo">False when the file system refuses direct transfers.</param>
internal sealed record ColdBenchmarkResult(
    double RawWriteGbps,
    double RawReadGbps,
    double DemoteGbps,
    double DemoteByPutsGbps,
    double ColdReadGbps,
    double SmallBlocksPerS,
    double SmallFilesPerS,
    long? PageCacheGrowthBytes,
    bool DirectIo);

/// <summary>Sets room in the node's memory tier aside, as a put does before it copies. Gives what gives the room back.</summary>
/// <exception cref="CliException">There is none in time.</exception>
internal delegate Task<Action> RoomTaker(long lengthBytes, CancellationToken cancellationToken);

/// <summary>Measures the cold tier of a started node through its embedding interface.</summary>
/// <param name="cache">The node's cache, with a cold tier and nothing else to do.</param>
/// <param name="takeRoom">Asks the node's memory tier for room. Any thread.</param>
/// <param name="directory">The cold tier's directory, which the yardsticks use as well.</param>
/// <param name="memory">Where the node's memory tier lies, and that of the yardsticks.</param>
/// <param name="plan">How much to move.</param>
/// <param name="time">What the time is taken from.</param>
internal sealed class ColdBenchmark(ICascade cache, RoomTaker takeRoom, string directory, string memory, ColdBenchmarkPlan plan, TimeProvider time)
{
    /// <summary>Blocks beyond a memory full of them, so that none of before is left in the part that new blocks push through.</summary>
    private const int FillExtraBlocks = 8;

    /// <summary>Memory may turn out to hold some of the blocks that were to be read from disk, but not most.</summary>
    private const double ColdShareMin = 0.5;

    /// <summary>How much of memory is asked for: what is then left in it is a little more than what is kept free of it.</summary>
    private const double PressedShare = 0.75;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(2);

    private readonly List<double> _rawWrite = [], _rawRead = [], _demote = [], _demoteByPuts = [], _coldRead = [], _smallBlocks = [], _smallFiles = [];
    private long? _pageCacheGrowth = 0;
    private bool _isDirect = true;

    /// <summary>Runs all rounds; tells after each step.</summary>
    /// <exception cref="CliException">The node has no cold tier, or does not do what is to be measured.</exception>
    public async Task<ColdBenchmarkResult> RunAsync(IProgress<(long Done, long Total)>? progress, CancellationToken cancellationToken)
    {
        var stat = await cache.StatAsync(cancellationToken);
        if (stat.Tiers.All(tier => tier.Tier != TierKind.Cold))
            throw new CliException(ExitCode.Failed, "the node has no cold tier: name its directory by cascade.tiers.cold.directory");
        var memoryBytes = stat.Tiers.First(tier => tier.Tier == TierKind.Shm).CapacityBytes;
        var steps = plan.Rounds * 3;
        var done = 0;
        await RunSmallAsync((int)(memoryBytes / plan.SmallBlockBytes) + FillExtraBlocks, Step, cancellationToken);
        using var large = new ColdBenchmarkLoad(cache, plan.BlockBytes, "large", plan);
        var fill = (int)(memoryBytes / plan.BlockBytes) + FillExtraBlocks;
        await RunDemotionAsync(large, fill, Step, cancellationToken);
        await RunLargeAsync(large, fill, Step, cancellationToken);
        return new ColdBenchmarkResult(
            Median(_rawWrite), Median(_rawRead), Median(_demote), Median(_demoteByPuts), Median(_coldRead), Median(_smallBlocks), Median(_smallFiles),
            _pageCacheGrowth, _isDirect);

        void Step() => progress?.Report((++done, steps));
    }

    /// <summary>Demotion beside raw writes.</summary>
    private async Task RunDemotionAsync(ColdBenchmarkLoad load, int fill, Action step, CancellationToken cancellationToken)
    {
        for (var round = 0; round < plan.Rounds; round++)
        {
            using var raw = NewYardstick();
            _rawWrite.Add(await Task.Run(raw.Write, cancellationToken) / 1e9);
            _isDirect &= raw.IsDirect;
            var before = PageCacheMeter.ReadBytes();
            await load.PutAsync(fill, cancellationToken);
            await SettleAsync(cancellationToken);
            var blocks = await PressAsync((int)((fill - FillExtraBlocks) * PressedShare), plan.BlockBytes, cancellationToken);
            _demote.Add(blocks * plan.BlockBytes / 1e9);
            _pageCacheGrowth += PageCacheMeter.ReadBytes() - before;
            step();
        }
    }

    /// <summary>Puts and reads. After the above: what was read stays in memory for long, where then less has to be written to make room.</summary>
    private async Task RunLargeAsync(ColdBenchmarkLoad load, int fill, Action step, CancellationToken cancellationToken)
    {
        for (var round = 0; round < plan.Rounds; round++)
        {
            using var raw = NewYardstick();
            await Task.Run(raw.Write, cancellationToken);
            var before = PageCacheMeter.ReadBytes();
            var first = load.Next;
            await load.PutAsync(fill, cancellationToken);
            await SettleAsync(cancellationToken);
            _demoteByPuts.Add(await PutThroughAsync(load, plan.BlocksPerRound, cancellationToken) * plan.BlockBytes / 1e9);

            // What memory holds was never written. Reading evicts it first, so that the reads below displace nothing that needs a write.
            await load.GetAsync(first, fill, cancellationToken);
            await SettleAsync(cancellationToken);

            // Both are read when as much has been written and read since: what lies below a virtual disk may keep the latest at hand.
            _rawRead.Add(await Task.Run(raw.Read, cancellationToken) / 1e9);
            _coldRead.Add(await ReadAsync(load, first + fill, cancellationToken));
            _pageCacheGrowth += PageCacheMeter.ReadBytes() - before;
            step();
        }
    }

    private RawDiskYardstick NewYardstick() =>
        new(directory, memory, (long)plan.BlocksPerRound * plan.BlockBytes, plan.BlockBytes, plan.Callers, time);

    /// <summary>Small blocks demoted beside files of their own.</summary>
    private async Task RunSmallAsync(int fill, Action step, CancellationToken cancellationToken)
    {
        using var small = new ColdBenchmarkLoad(cache, plan.SmallBlockBytes, "small", plan);
        var files = Directory.CreateDirectory(Path.Combine(directory, "file-per-block"));
        try
        {
            for (var round = 0; round < plan.Rounds; round++)
            {
                await small.PutAsync(fill, cancellationToken);
                await SettleAsync(cancellationToken);
                var folder = Path.Combine(files.FullName, round.ToString(CultureInfo.InvariantCulture));
                _smallFiles.Add(await Task.Run(
                    () => FilePerBlockYardstick.Measure(folder, plan.FilesPerRound, plan.SmallBlockBytes, plan.Callers, time), cancellationToken));
                _smallBlocks.Add(await PressAsync((int)((fill - FillExtraBlocks) * PressedShare), plan.SmallBlockBytes, cancellationToken));
                step();
            }
        }
        finally
        {
            files.Delete(recursive: true);
        }
    }

    /// <summary>Takes room for so many blocks, as many callers at a time as put, and gives it all back. Gives blocks demoted per second.</summary>
    private async Task<double> PressAsync(int blocks, int blockBytes, CancellationToken cancellationToken)
    {
        var before = await DemotedAsync(cancellationToken);
        var taken = new Action?[blocks];
        var next = -1;
        try
        {
            var start = time.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, plan.Callers).Select(_ => Task.Run(TakeAsync, cancellationToken)));
            var elapsed = time.GetElapsedTime(start);
            var demoted = await DemotedAsync(cancellationToken) - before;
            if (demoted < blocks / 2)
                throw Unmeasurable($"to make room for {blocks} blocks in a full memory tier only {demoted} went to the cold tier");
            return demoted / elapsed.TotalSeconds;
        }
        finally
        {
            foreach (var giveBack in taken)
                giveBack?.Invoke();
        }

        async Task TakeAsync()
        {
            for (int i; (i = Interlocked.Increment(ref next)) < blocks;)
                taken[i] = await takeRoom(blockBytes, cancellationToken);
        }
    }

    /// <summary>Puts new blocks until as many are on disk as memory gave up for them. Gives blocks per second.</summary>
    private async Task<double> PutThroughAsync(ColdBenchmarkLoad load, int blocks, CancellationToken cancellationToken)
    {
        var before = await DemotedAsync(cancellationToken);
        var start = time.GetTimestamp();
        var putting = load.PutAsync(blocks, cancellationToken);
        var (demoted, at) = (before, start);
        try
        {
            for (var arePut = false; ; await Task.Delay(PollInterval, time, cancellationToken))
            {
                var now = await DemotedAsync(cancellationToken);
                if (now > demoted)
                    (demoted, at) = (now, time.GetTimestamp());
                if (arePut && (demoted - before >= blocks || time.GetElapsedTime(at) >= plan.Quiet))
                    break;
                arePut = putting.IsCompleted;
            }
        }
        finally
        {
            // They read memory of the load, which must not go before them.
            await putting;
        }

        if (demoted - before < blocks / 2)
            throw Unmeasurable($"of {blocks} blocks put into a full memory tier only {demoted - before} went to the cold tier");
        return (demoted - before) / time.GetElapsedTime(start, at).TotalSeconds;
    }

    /// <summary>Reads blocks that are on disk only. Gives 10^9 bytes per second.</summary>
    private async Task<double> ReadAsync(ColdBenchmarkLoad load, int first, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var cold = await load.GetAsync(first, plan.BlocksPerRound, cancellationToken);
        var elapsed = time.GetElapsedTime(start);
        if (cold < plan.BlocksPerRound * ColdShareMin)
            throw Unmeasurable($"of {plan.BlocksPerRound} blocks only {cold} were read from the cold tier");
        return (double)cold * plan.BlockBytes / elapsed.TotalNanoseconds;
    }

    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        var demoted = -1L;
        for (var at = time.GetTimestamp(); ;)
        {
            var now = await DemotedAsync(cancellationToken);
            if (now == demoted && time.GetElapsedTime(at) >= plan.Quiet)
                return;
            if (now != demoted)
                (demoted, at) = (now, time.GetTimestamp());
            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    private async ValueTask<long> DemotedAsync(CancellationToken cancellationToken) =>
        NodeFigures.Of(await cache.StatAsync(cancellationToken)).Demoted;

    private static CliException Unmeasurable(FormattableString what) =>
        new(ExitCode.Failed, $"{what.ToString(CultureInfo.InvariantCulture)}: there is nothing to measure; run it with the default settings of the tiers");

    private static double Median(List<double> figures)
    {
        figures.Sort();
        return Math.Round(figures[figures.Count / 2], 3);
    }
}

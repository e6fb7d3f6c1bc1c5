using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Cascade.Actors.Remoting;
using Cascade.Core.Membership;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Node;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Benchmarks.Ranks;

/// <summary>One rank of a benchmark: a storing node in this process, and its part in what is measured.</summary>
internal sealed class BenchRank
{
    /// <summary>What is to be done: a <see cref="RankPlan"/>.</summary>
    public const string PlanWord = "plan";

    /// <summary>What was found.</summary>
    public const string ResultWord = "result";

    private const string StoredWord = "stored";
    private const string IdleWord = "idle";
    private const string EndWord = "end";
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);

    private readonly RankFolder _folder;
    private readonly RankPlan _plan;
    private readonly int _rank;
    private readonly CancellationToken _cancellation;

    private BenchRank(RankFolder folder, RankPlan plan, int rank, CancellationToken cancellation) =>
        (_folder, _plan, _rank, _cancellation) = (folder, plan, rank, cancellation);

    /// <summary>Plays the part of a rank to its end.</summary>
    /// <param name="folder">Where the ranks tell each other how far they are.</param>
    /// <param name="cluster">Name of their cluster.</param>
    /// <param name="ports">Ports of the ranks' nodes.</param>
    /// <param name="rank">This one's number.</param>
    /// <param name="settings">Settings of all.</param>
    /// <param name="logging">Where the node logs to.</param>
    /// <param name="cancellation">Gives it up.</param>
    public static async Task RunAsync(
        RankFolder folder, string cluster, int[] ports, int rank, IReadOnlyList<string> settings, ILoggerFactory logging, CancellationToken cancellation)
    {
        folder.Tell($"process-{rank}", Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        try
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            using var watch = new Timer(_ => CancelWhenOver(folder, over), null, Settle, Settle);
            var plan = await folder.AwaitAsync<RankPlan>(PlanWord, cancellation);
            var startup = new NodeStartup { KeepArena = false, Logging = logging, Membership = static settings => settings with { SlowStart = TimeSpan.Zero } };
            await using var node = await CascadeNode.StartAsync(OptionsOf(folder, cluster, ports, rank, settings, plan), startup, over.Token);
            await new BenchRank(folder, plan, rank, over.Token).PlayAsync(node);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested || folder.IsOver)
        {
            // The others get to know in the same way.
            if (!folder.IsOver)
                folder.Stop();
        }
        catch (Exception e)
        {
            folder.Fail($"rank {rank} failed: {e.Message}");
            throw;
        }
        finally
        {
            if (Directory.Exists(folder.Path))
                folder.Tell($"ended-{rank}");
        }
    }

    private static void CancelWhenOver(RankFolder folder, CancellationTokenSource over)
    {
        try
        {
            if (folder.IsOver)
                over.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended in the same moment.
        }
    }

    private static CascadeOptions OptionsOf(RankFolder folder, string cluster, int[] ports, int rank, IReadOnlyList<string> settings, RankPlan plan)
    {
        var seeds = string.Join(',', ports.Select(static port => string.Create(CultureInfo.InvariantCulture, $"\"127.0.0.1:{port}\"")));
        return CascadeConfiguration.Load(new ConfigurationSources
        {
            Environment = ConfigurationSources.ProcessEnvironment(),
            Overrides =
            [
                "cascade.logging.level=Warning", .. plan.Settings(), .. settings, $"cascade.cluster.name={cluster}", "cascade.fabric=[mpi]", "cascade.node.client=false",
                string.Create(CultureInfo.InvariantCulture, $"cascade.node.id={rank}"), "cascade.remoting.host=\"127.0.0.1\"",
                string.Create(CultureInfo.InvariantCulture, $"cascade.remoting.port={ports[rank]}"), $"cascade.remoting.seeds=[{seeds}]", "cascade.slurm.enabled=false",
                $"cascade.tiers.shm.directory=\"{folder.Path}\"", "cascade.tiers.shm.keep=false", "cascade.tiers.cold.directory=\"\"", "cascade.node.drain-within=6s",
            ],
        }).Options;
    }

    private async Task PlayAsync(CascadeNode node)
    {
        while (node.Cluster.Members.Members.Count(static member => member.State == MemberState.Up) < RankPlan.Ranks)
            await Task.Delay(10, _cancellation);
        var reads = new RankReads(node, _plan);
        if (_rank == RankPlan.Holder)
        {
            await reads.StoreAsync(_cancellation);
            _folder.Tell(StoredWord);
        }
        else
        {
            await _folder.AwaitAsync(StoredWord, _cancellation);
        }

        if (_rank == RankPlan.Reader)
            await LeadAsync(node, reads);
        else
            await FollowAsync(node, reads);
    }

    private async Task LeadAsync(CascadeNode node, RankReads reads)
    {
        if (_plan.IsOfPromotion)
        {
            var promoted = await reads.PromoteAsync(_cancellation);
            _folder.Tell(ResultWord, new PromotionFindings(promoted, await LargestMessageAsync(node), reads.WrongBytes));
            return;
        }

        var result = await reads.MeasureAsync(_cancellation);
        result = await MeasureHotAsync(reads, result);
        _folder.Tell(IdleWord);
        var idle = await _folder.AwaitAsync<double>(AnswerOf(IdleWord, RankPlan.Bystander), _cancellation);
        var largest = await LargestMessageAsync(node);
        var wrong = reads.WrongBytes + await SumAsync("wrong");
        _folder.Tell(ResultWord, result with { IdleCpuPercent = idle, LargestActorMessageBytes = largest, WrongBytes = wrong });
    }

    private async Task<MpiBenchmarkResult> MeasureHotAsync(RankReads reads, MpiBenchmarkResult result)
    {
        for (var rank = 1; rank < RankPlan.Ranks; rank++)
            await _folder.AwaitAsync(AnswerOf("warm", rank), _cancellation);
        await reads.ReadHotAsync(isHolder: false, _cancellation);
        var (one, all) = (new double[_plan.HotRounds], new double[_plan.HotRounds]);
        for (var round = 0; round < _plan.HotRounds; round++)
        {
            one[round] = (await reads.ReadHotAsync(isHolder: false, _cancellation)).Took.TotalSeconds;
            _folder.Tell(HotWord(round));
            List<Stretch> spans = [await reads.ReadHotAsync(isHolder: false, _cancellation)];
            for (var rank = 1; rank < RankPlan.Ranks; rank++)
                spans.Add(await _folder.AwaitAsync<Stretch>(AnswerOf(HotWord(round), rank), _cancellation));
            all[round] = new Stretch(spans.Min(static span => span.From), spans.Max(static span => span.To)).Took.TotalSeconds;
        }

        Array.Sort(one);
        Array.Sort(all);
        var bytes = (double)_plan.HotReads * _plan.BlockBytes / 1e9;
        var (oneS, allS) = (one[_plan.HotRounds / 2], all[_plan.HotRounds / 2]);
        return result with { OneReaderGbps = bytes / oneS, AllReadersGbps = RankPlan.Ranks * bytes / allS, AllReadersMpiGbps = (RankPlan.Ranks - 1) * bytes / allS };
    }

    private async Task FollowAsync(CascadeNode node, RankReads reads)
    {
        if (!_plan.IsOfPromotion)
        {
            await reads.ReadHotAsync(_rank == RankPlan.Holder, _cancellation);
            _folder.Tell(AnswerOf("warm", _rank));
            for (var round = 0; round < _plan.HotRounds; round++)
            {
                await _folder.AwaitAsync(HotWord(round), _cancellation);
                _folder.Tell(AnswerOf(HotWord(round), _rank), await reads.ReadHotAsync(_rank == RankPlan.Holder, _cancellation));
            }

            await _folder.AwaitAsync(IdleWord, _cancellation);
            if (_rank == RankPlan.Bystander)
                _folder.Tell(AnswerOf(IdleWord, _rank), await IdleAsync());
        }

        await _folder.AwaitAsync(EndWord, _cancellation);
        _folder.Tell(AnswerOf("wrong", _rank), reads.WrongBytes);
        _folder.Tell(AnswerOf(EndWord, _rank), (long)LargestMessage(node));
        await _folder.AwaitAsync(ResultWord, _cancellation);
    }

    /// <summary>What this process takes of a core while nobody asks it for anything, in percent.</summary>
    private async Task<double> IdleAsync()
    {
        await Task.Delay(Settle, _cancellation);
        using var process = Process.GetCurrentProcess();
        var (cpu, from) = (process.TotalProcessorTime, Stopwatch.GetTimestamp());
        await Task.Delay(_plan.IdleTime, _cancellation);
        process.Refresh();
        return 100 * (process.TotalProcessorTime - cpu) / Stopwatch.GetElapsedTime(from);
    }

    private async Task<int> LargestMessageAsync(CascadeNode node)
    {
        _folder.Tell(EndWord);
        var largest = LargestMessage(node);
        for (var rank = 1; rank < RankPlan.Ranks; rank++)
            largest = Math.Max(largest, (int)await _folder.AwaitAsync<long>(AnswerOf(EndWord, rank), _cancellation));
        return largest;
    }

    private async Task<long> SumAsync(string word)
    {
        var sum = 0L;
        for (var rank = 1; rank < RankPlan.Ranks; rank++)
            sum += await _folder.AwaitAsync<long>(AnswerOf(word, rank), _cancellation);
        return sum;
    }

    private static int LargestMessage(CascadeNode node) => RemoteSystem.Of(node.Parts.System)!.LargestMessageBytes;

    private static string AnswerOf(string word, int rank) => string.Create(CultureInfo.InvariantCulture, $"{word}-by-{rank}");

    private static string HotWord(int round) => string.Create(CultureInfo.InvariantCulture, $"hot-{round}");

    /// <summary>From when to when something was done, by the machine's clock that only goes forwards, which all of its processes share.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Stretch(long From, long To)
    {
        /// <summary>How long that was.</summary>
        [System.Text.Json.Serialization.JsonIgnore]
        public TimeSpan Took => Stopwatch.GetElapsedTime(From, To);
    }
}

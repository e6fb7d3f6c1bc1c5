using Cascade.Hosting.Replay;

namespace Cascade.Hosting.Tests.Replay;

/// <summary>The generated load has the statistics that its settings name. Ranges are four standard deviations of chance or so.</summary>
public sealed class ChatStatisticsTests
{
    // One prompt of one block, and questions of some whole blocks, so that each return shows.
    private static readonly ChatWorkloadSettings Plain = new()
    {
        Requests = 60_000,
        SystemPrompts = 1,
        SystemPromptBlocks = (1, 1),
        FirstQuestionTokens = new((0, 1_024), (1_000, 4_096)),
    };

    private static readonly Lazy<Observed> PlainLoad = new(static () => new Observed(ChatWorkload.Generate(Plain, 11)));
    private static readonly Lazy<TraceRequest[]> DefaultLoad = new(static () => [.. ChatWorkload.Generate(ChatWorkloadSettings.Default with { Requests = 40_000 }, 12)]);

    [Fact]
    public void Conversations_come_back_as_often_as_their_turn_says()
    {
        var load = PlainLoad.Value;
        var shares = Enumerable.Range(0, 8).Select(turn => Math.Round(load.ShareReturning(turn), 2)).ToArray();

        Assert.InRange(shares[0], 0.40, 0.42);
        Assert.InRange(shares[1], 0.40, 0.44);
        Assert.InRange(shares[2], 0.48, 0.54);
        Assert.InRange(shares[3], 0.55, 0.63);
        Assert.InRange(shares[4], 0.60, 0.70);
        Assert.InRange(shares[5], 0.66, 0.76);
        Assert.InRange(shares[6], 0.72, 0.82);
        Assert.InRange(shares[7], 0.72, 0.84);
    }

    [Fact]
    public void Pauses_are_long_and_of_many_lengths()
    {
        var seconds = PlainLoad.Value.Returns.Select(static one => one.PauseMs / 1_000.0).Order().ToArray();

        Assert.InRange(seconds[0], 9, 11);
        Assert.InRange(Share(seconds, 27), 0.037, 0.047);
        Assert.InRange(seconds[seconds.Length / 2], 117, 123);
        Assert.InRange(Share(seconds, 450), 0.893, 0.907);
        Assert.InRange(seconds[^1], 2_500, 3_030);
    }

    [Fact]
    public void Returns_ask_the_same_again_or_change_the_text_as_often_as_is_said()
    {
        var returns = PlainLoad.Value.Returns;

        Assert.InRange(returns.Count(static one => one.IsSame) / (double)returns.Count, 0.024, 0.034);
        Assert.InRange(returns.Count(static one => one.IsChanged) / (double)returns.Count, 0.135, 0.160);
    }

    [Fact]
    public void Starts_come_in_bursts_of_the_shape_and_without_it_by_even_chance()
    {
        var once = Plain with { ReturnsPerMille = [0], Requests = 100_000 };
        var (mean, dispersion) = PerMinute(ChatWorkload.Generate(once, 1));
        Assert.InRange(mean, 108, 116);

        // 1 + mean / shape, by the negative binomial.
        Assert.InRange(dispersion, 1.75, 2.55);
        (_, dispersion) = PerMinute(ChatWorkload.Generate(once with { RateShape = 5 }, 1));
        Assert.InRange(dispersion, 18, 29);
        (_, dispersion) = PerMinute(ChatWorkload.Generate(once with { RateShape = 100_000 }, 1));
        Assert.InRange(dispersion, 0.8, 1.2);
    }

    [Fact]
    public void Gaps_between_starts_are_exponential_at_an_even_rate()
    {
        var even = Plain with { ReturnsPerMille = [0], Requests = 50_000, RateShape = 100_000, StartsPerHour = 3_600 };
        var times = ChatWorkload.Generate(even, 2).Select(static request => request.TimestampMs).ToArray();
        var gaps = times.Zip(times.Skip(1), static (from, to) => (to - from) / 1_000.0).Order().ToArray();

        Assert.InRange(gaps.Average(), 0.98, 1.02);
        Assert.InRange(gaps[gaps.Length / 2], 0.675, 0.711);
        Assert.InRange(Share(gaps, 3), 0.947, 0.954);
    }

    [Fact]
    public void The_most_popular_system_prompt_starts_most_conversations()
    {
        var starts = ChatWorkload.Generate(Plain with { SystemPrompts = 10, Requests = 10_000, ReturnsPerMille = [0] }, 1)
            .CountBy(static request => request.BlockIds.Span[0]).OrderBy(static start => start.Key).Select(static start => start.Value).ToArray();

        // 10,000 starts in proportion to 1/k over ten prompts: the first has 1 in 2.93, the tenth a tenth of that.
        Assert.Equal(10, starts.Length);
        Assert.InRange(starts[0], 3_200, 3_650);
        Assert.InRange(starts[9], 270, 420);
    }

    [Fact]
    public void Lengths_are_those_that_were_measured()
    {
        var lone = ChatWorkload.Generate(Plain with { ReturnsPerMille = [0], FirstQuestionTokens = ChatWorkloadSettings.Default.FirstQuestionTokens }, 4).ToArray();
        var questions = lone.Select(static request => request.InputLength - 512.0).Order().ToArray();
        Assert.InRange(questions[questions.Length / 4], 420, 475);
        Assert.InRange(questions[questions.Length / 2], 4_250, 4_500);
        Assert.InRange(questions[questions.Length * 9 / 10], 24_100, 25_300);

        var answers = lone.Select(static request => (double)request.OutputLength).Order().ToArray();
        Assert.InRange(answers[answers.Length / 2], 346, 354);
        Assert.InRange(answers.Average(), 335, 350);

        var more = PlainLoad.Value.Returns.Where(static one => !one.IsSame && !one.IsChanged).Select(static one => (double)one.MoreTokens).Order().ToArray();
        Assert.InRange(more[more.Length / 2], 23, 33);
        Assert.InRange(more[more.Length * 9 / 10], 3_900, 4_700);
    }

    [Fact]
    public void Load_as_a_whole_is_like_the_recorded_hour_and_reuse_is_of_few_blocks()
    {
        var load = DefaultLoad.Value;
        var uses = load.SelectMany(static request => request.BlockIds.ToArray()).CountBy(static id => id).Select(static use => use.Value).OrderDescending().ToArray();
        double asked = uses.Sum();

        // Recorded: 3.40 requests a second; 24.0 blocks, with a system prompt of some 5 blocks less.
        Assert.InRange(load.Length / (load[^1].TimestampMs / 1_000.0), 3.2, 3.6);
        Assert.InRange(asked / load.Length, 29, 34);
        Assert.InRange((asked - uses.Length) / asked, 0.47, 0.57);

        // A tenth of the blocks has 77 % of the reuses in "KVCache Cache in the Wild", and 75 % in the recorded hour.
        Assert.InRange(uses.Take(uses.Length / 10).Sum(static count => count - 1) / (asked - uses.Length), 0.70, 0.80);
    }

    [Fact]
    public void Conversations_are_interleaved()
    {
        var load = DefaultLoad.Value;
        var next = load.Skip(1).Zip(load, static (request, before) => request.BlockIds.Span.Contains(before.BlockIds.Span[^1])).Count(static isNext => isNext);

        Assert.InRange(next, 0, load.Length / 100);
    }

    private static double Share(double[] sorted, double below) => sorted.Count(value => value < below) / (double)sorted.Length;

    private static (double Mean, double Dispersion) PerMinute(IEnumerable<TraceRequest> requests)
    {
        var counts = requests.CountBy(static request => request.TimestampMs / 60_000).Select(static minute => (double)minute.Value).SkipLast(1).ToArray();
        var mean = counts.Average();
        return (mean, counts.Average(count => (count - mean) * (count - mean)) / mean);
    }

    /// <summary>A return, and what it does with the prompt that it returns to.</summary>
    private readonly record struct Return(long PauseMs, bool IsSame, bool IsChanged, long MoreTokens);

    /// <summary>What shows in a load of one system prompt of one block: a request that has more than that of an earlier one returns to it.</summary>
    private sealed class Observed
    {
        private const long LongestPauseMs = 3_100_000;

        private readonly List<(TraceRequest Request, int Turn, bool HasReturn)> _requests = [];

        public Observed(IEnumerable<TraceRequest> requests)
        {
            var lastOf = new Dictionary<ulong, int>();
            foreach (var request in requests)
            {
                var ids = request.BlockIds.ToArray();
                var known = ids.TakeWhile(lastOf.ContainsKey).Count();
                var turn = 0;
                if (known > 1)
                    turn = NoteReturn(lastOf[ids[known - 1]], request, known);
                foreach (var id in ids)
                    lastOf[id] = _requests.Count;
                _requests.Add((request, turn, false));
            }
        }

        public List<Return> Returns { get; } = [];

        /// <summary>Share of the requests of a turn, counted from 0, that are returned to; the last stands for all later ones.</summary>
        public double ShareReturning(int turn)
        {
            var end = _requests[^1].Request.TimestampMs - LongestPauseMs;
            var all = _requests.Where(one => Math.Min(one.Turn, 7) == turn && one.Request.TimestampMs < end).ToArray();
            return all.Count(static one => one.HasReturn) / (double)all.Length;
        }

        private int NoteReturn(int index, TraceRequest request, int known)
        {
            var (before, turn, _) = _requests[index];
            _requests[index] = (before, turn, true);
            var isSame = known == request.BlockIds.Length && known == before.BlockIds.Length;
            var isChanged = !isSame && (request.InputLength == before.InputLength || known < before.InputLength / 512);
            Returns.Add(new Return(
                request.TimestampMs - before.TimestampMs, isSame, isChanged, request.InputLength - before.InputLength - before.OutputLength));
            return turn + 1;
        }
    }
}

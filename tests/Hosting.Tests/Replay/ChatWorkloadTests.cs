using Cascade.Hosting.Replay;

namespace Cascade.Hosting.Tests.Replay;

public sealed class ChatWorkloadTests
{
    private static readonly string[] Pinned =
    [
        "208 7576 419 40,41,42,43,44,45,46,47,48,49,82,83,84,85,86",
        "833 10504 6 7,8,9,10,11,12,13,14,15,87,88,89,90,91,92,93,94,95,96,97,98",
        "845 7399 163 16,17,18,19,20,21,22,23,24,25,26,27,99,100,101",
        "1441 11677 173 34,35,36,37,38,39,102,103,104,105,106,107,108,109,110,111,112,113,114,115,116,117,118",
    ];

    private static readonly ChatWorkloadSettings Small = new() { Requests = 3_000, SystemPrompts = 10 };

    [Fact]
    public void The_same_seed_gives_the_same_requests()
    {
        var first = ChatWorkload.Generate(Small, 5).Select(TextOf);
        var second = ChatWorkload.Generate(Small, 5).Select(TextOf);
        Assert.Equal(first, second);
    }

    [Fact]
    public void Another_seed_gives_other_requests() =>
        Assert.NotEqual(ChatWorkload.Generate(Small, 5).Select(TextOf), ChatWorkload.Generate(Small, 6).Select(TextOf));

    [Fact]
    public void Fewer_requests_are_the_first_of_more() => Assert.Equal(
        ChatWorkload.Generate(Small with { Requests = 200 }, 7).Select(TextOf), ChatWorkload.Generate(Small, 7).Take(200).Select(TextOf));

    /// <summary>Pins the load: figures that were published of it stay comparable.</summary>
    [Fact]
    public void The_first_requests_of_seed_1_are_known() => Assert.Equal(
        Pinned, ChatWorkload.Generate(Small, 1).Take(Pinned.Length).Select(TextOf));

    [Fact]
    public void An_id_has_the_same_predecessor_everywhere()
    {
        var parents = new Dictionary<ulong, ulong?>();
        foreach (var request in ChatWorkload.Generate(Small, 2))
        {
            ulong? parent = null;
            foreach (var id in request.BlockIds.Span)
            {
                Assert.True(parents.TryAdd(id, parent) || parents[id] == parent, $"id {id}");
                parent = id;
            }
        }
    }

    [Fact]
    public void Times_never_go_back_and_lengths_fit_the_blocks()
    {
        long last = 0;
        foreach (var request in ChatWorkload.Generate(Small, 3))
        {
            Assert.True(request.TimestampMs >= last);
            last = request.TimestampMs;
            Assert.Equal(request.BlockIds.Length, (request.InputLength + 511) / 512);
            Assert.InRange(request.BlockIds.Length, 2, Small.PromptBlocksMax);
            Assert.InRange(request.OutputLength, Small.AnswerTokens.Min, Small.AnswerTokens.Max);
        }
    }

    [Fact]
    public void Only_whole_blocks_of_a_prompt_are_in_the_next_turn()
    {
        // One conversation that goes on until the context is full, by 600 tokens a turn.
        var settings = Small with
        {
            Requests = 300,
            StartsPerHour = 1,
            ReturnsPerMille = [1_000],
            SameAgainPerMille = 0,
            ChangedPerMille = 0,
            SystemPromptBlocks = (1, 1),
            FirstQuestionTokens = Exactly(100),
            LaterQuestionTokens = Exactly(300),
            AnswerTokens = Exactly(300),
            PauseMs = Exactly(1_000),
            PromptBlocksMax = 6,
        };
        var prompts = ChatWorkload.Generate(settings, 1).GroupBy(static request => request.BlockIds.Span[0]).First().ToArray();

        Assert.Equal([612, 1_212, 1_812, 2_412, 3_012, 3_012], prompts.Take(6).Select(static prompt => (int)prompt.InputLength).ToArray());
        for (var turn = 1; turn < 5; turn++)
        {
            var whole = (int)prompts[turn - 1].InputLength / 512;
            Assert.Equal(Ids(prompts[turn - 1])[..whole], Ids(prompts[turn])[..whole]);
            Assert.NotEqual(Ids(prompts[turn - 1])[whole], Ids(prompts[turn])[whole]);
            Assert.Equal(1_000, prompts[turn].TimestampMs - prompts[turn - 1].TimestampMs);
        }
        Assert.Equal(Ids(prompts[4]), Ids(prompts[5]));
    }

    [Fact]
    public void Quantiles_are_drawn_with_straight_lines_between_them()
    {
        var quantiles = new Quantiles((0, -10), (500, 0), (900, 400), (1_000, 1_000));
        var random = new SplitMix64(1);
        var draws = Enumerable.Range(0, 100_000).Select(_ => quantiles.Draw(ref random)).Order().ToArray();

        Assert.Equal((-10, 1_000), (quantiles.Min, quantiles.Max));
        Assert.InRange(draws[0], -10, -9);
        Assert.InRange(draws[25_000], -5, -4);
        Assert.InRange(draws[70_000], 195, 205);
        Assert.InRange(draws[95_000], 685, 715);
        Assert.InRange(draws[^1], 990, 1_000);
        Assert.Equal(7, Exactly(7).Draw(ref random));
    }

    [Theory]
    [InlineData(0, 0, 999, 5)]
    [InlineData(1, 0, 1_000, 5)]
    [InlineData(0, 6, 1_000, 5)]
    [InlineData(1_000, 5, 1_000, 5)]
    public void Quantiles_that_do_not_rise_over_the_whole_are_refused(int lowPerMille, int low, int highPerMille, int high) =>
        Assert.Throws<ArgumentException>(() => new Quantiles((lowPerMille, low), (highPerMille, high)));

    private static Quantiles Exactly(int value) => new((0, value), (Quantiles.Whole, value));

    private static ulong[] Ids(TraceRequest request) => request.BlockIds.ToArray();

    private static string TextOf(TraceRequest request) =>
        $"{request.TimestampMs} {request.InputLength} {request.OutputLength} {string.Join(',', request.BlockIds.ToArray())}";
}

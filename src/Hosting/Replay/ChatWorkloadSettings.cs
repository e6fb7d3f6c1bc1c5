namespace Cascade.Hosting.Replay;

/// <summary>The shape of the generated chat load.</summary>
/// <remarks>
/// <para>
/// "Measured" means measured on one recorded hour of a chat service, the conversation trace published with Mooncake (Qin et al.,
/// FAST 2025): 12,031 requests. A request goes on with an earlier one there when it shares more with it than the first block, which all
/// requests have. Docs/measurements.md has what comes out of it beside the recording.
/// </para>
/// <para>
/// Others found the like: "KVCache Cache in the Wild" (Wang et al., 2025) that a tenth of the blocks has 77 % of the reuses and that
/// 80 % of the reuses of a chat service come within ten minutes; ServeGen (Xiang et al., 2025) and BurstGPT (Wang et al., 2024)
/// that arrivals come in bursts for which a Poisson process is too even and a gamma distribution better, and that lengths have long tails.
/// </para>
/// </remarks>
internal sealed record ChatWorkloadSettings
{
    /// <summary>The load that is replayed when no trace is given.</summary>
    public static readonly ChatWorkloadSettings Default = new();

    /// <summary>Requests in all: an hour of them, as in the recording.</summary>
    public int Requests { get; init; } = 12_000;

    /// <summary>Conversations that start in an hour, in the mean. Measured: 3.4 requests a second, of which each start brings 1.8.</summary>
    public int StartsPerHour { get; init; } = 6_700;

    /// <summary>How long conversations start at one rate.</summary>
    public TimeSpan RatePeriod { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Shape of the gamma distribution of the rates: their variance is the square of the mean over this. Fewer make stronger bursts.
    /// Measured: of the mean's square, 1/76 in half a minute and 1/147 in a whole one, above what even chance gives.
    /// </summary>
    public int RateShape { get; init; } = 100;

    /// <summary>
    /// System prompts; the k-th most popular starts conversations in proportion to 1/k (Zipf's law, which Breslau et al. found for
    /// what is asked of the web, INFOCOM 1999). Not measured: the recording has one. A choice.
    /// </summary>
    public int SystemPrompts { get; init; } = 48;

    /// <summary>Whole blocks of the shortest and the longest system prompt. Measured: 1, of 890 tokens; the longer ones are a choice.</summary>
    public (int Min, int Max) SystemPromptBlocks { get; init; } = (1, 12);

    /// <summary>
    /// Of a thousand conversations, how many come back after their first turn, their second, and so on; the last holds for all later
    /// ones. Measured for the first four, the seventh and the eighth; straight between. The first was measured as 310: a quarter of those
    /// that return then have no whole block of their own yet, so that their return does not show.
    /// </summary>
    public IReadOnlyList<int> ReturnsPerMille { get; init; } = [410, 420, 510, 590, 650, 710, 770, 780];

    /// <summary>Of a thousand returns, how many ask the very same again. Measured: 129 of 4,658.</summary>
    public int SameAgainPerMille { get; init; } = 28;

    /// <summary>
    /// Of a thousand returns, how many change the text behind some place, so that only what is before it is the same. Measured: 699 of 4,658.
    /// </summary>
    public int ChangedPerMille { get; init; } = 150;

    /// <summary>Share of the prompt's blocks that a changed text begins after, in thousandths. Measured.</summary>
    public Quantiles UnchangedPerMille { get; init; } =
        new((0, 10), (10, 30), (50, 50), (100, 70), (250, 110), (500, 210), (750, 450), (900, 830), (950, 910), (990, 960), (1_000, 990));

    /// <summary>Time between two turns, in milliseconds. Measured, to 3 s, and within the hour only.</summary>
    public Quantiles PauseMs { get; init; } = new(
        (0, 9_000), (10, 15_000), (50, 30_000), (100, 42_000), (250, 66_000), (500, 120_000), (750, 264_000), (900, 450_000), (950, 618_000), (990, 1_482_000),
        (1_000, 3_030_000));

    /// <summary>Tokens of a conversation's first question, with the text that it is about. Measured behind the 890 that are common to all.</summary>
    public Quantiles FirstQuestionTokens { get; init; } = new(
        (0, 1), (10, 4), (50, 7), (100, 15), (250, 446), (500, 4_374), (750, 12_166), (900, 24_671), (950, 37_648), (990, 88_979), (1_000, 125_305));

    /// <summary>Tokens of a later question. Measured: what the prompt is longer than the one before and its answer.</summary>
    public Quantiles LaterQuestionTokens { get; init; } = new(
        (0, 1), (100, 4), (250, 10), (500, 28), (750, 386), (900, 4_294), (950, 7_062), (990, 17_091), (1_000, 40_000));

    /// <summary>Tokens of an answer. Measured.</summary>
    public Quantiles AnswerTokens { get; init; } = new(
        (0, 1), (10, 3), (50, 10), (100, 24), (250, 156), (500, 350), (750, 472), (900, 597), (950, 698), (990, 1_120), (1_000, 2_000));

    /// <summary>Blocks of 512 tokens that a model's context has: a conversation ends before its prompt gets longer. 128 Ki tokens, as measured.</summary>
    public int PromptBlocksMax { get; init; } = 256;
}

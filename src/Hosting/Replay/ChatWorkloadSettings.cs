namespace Cascade.Hosting.Replay;

/// <summary>The shape of the generated chat load. Block counts are in blocks of 512 tokens.</summary>
internal sealed record ChatWorkloadSettings
{
    /// <summary>The load that is replayed when no trace is given.</summary>
    public static readonly ChatWorkloadSettings Default = new();

    /// <summary>Requests in all.</summary>
    public int Requests { get; init; } = 40_000;

    /// <summary>Conversations under way at a time: together they are the set that a cache profits from keeping.</summary>
    public int Sessions { get; init; } = 192;

    /// <summary>System prompts; the k-th most popular starts conversations in proportion to 1/k (Zipf).</summary>
    public int SystemPrompts { get; init; } = 48;

    /// <summary>Shortest and longest system prompt.</summary>
    public (int Min, int Max) SystemPromptBlocks { get; init; } = (2, 12);

    /// <summary>Fewest and most turns of a conversation.</summary>
    public (int Min, int Max) Turns { get; init; } = (1, 12);

    /// <summary>Fewest and most blocks that a turn adds: the last answer and the new question.</summary>
    public (int Min, int Max) TurnBlocks { get; init; } = (1, 6);

    /// <summary>A conversation ends before its prompt gets longer than this, as a model's context does.</summary>
    public int PromptBlocksMax { get; init; } = 256;

    /// <summary>Shortest and longest time between two turns of a conversation, in milliseconds.</summary>
    public (int Min, int Max) ThinkMs { get; init; } = (2_000, 60_000);

    /// <summary>Shortest and longest answer, in tokens.</summary>
    public (int Min, int Max) OutputTokens { get; init; } = (16, 800);
}

namespace Cascade.Hosting.Replay;

/// <summary>
/// A chat service's load, made from a seed: conversations that start with a shared system prompt and grow by some blocks each
/// turn, every turn asking for the whole prompt so far. The same requests from the same seed on every machine.
/// </summary>
internal sealed class ChatWorkload
{
    private const int BlockTokens = 512;

    /// <summary>Numerator of the integer weights 1/k: floating point would leave the choice to the machine's rounding.</summary>
    private const ulong WeightScale = 1UL << 40;

    private readonly ChatWorkloadSettings _settings;
    private readonly ulong[][] _systemPrompts;
    private readonly ulong[] _cumulativeWeights;

    // Ordered by time and then by conversation, so that equal times have one order.
    private readonly PriorityQueue<Conversation, (long TimeMs, long Number)> _next = new();
    private SplitMix64 _random;
    private ulong _ids;
    private long _conversations;

    private ChatWorkload(ChatWorkloadSettings settings, ulong seed)
    {
        _settings = settings;
        _random = new SplitMix64(seed);
        _systemPrompts = new ulong[settings.SystemPrompts][];
        _cumulativeWeights = new ulong[settings.SystemPrompts];
        ulong sum = 0;
        for (var i = 0; i < _systemPrompts.Length; i++)
        {
            _systemPrompts[i] = NewBlocks(settings.SystemPromptBlocks);
            _cumulativeWeights[i] = sum += WeightScale / (ulong)(i + 1);
        }

        for (var i = 0; i < settings.Sessions; i++)
            Start(_random.Between(0, settings.ThinkMs.Max));
    }

    /// <summary>The requests, in the order in which they come.</summary>
    public static IEnumerable<TraceRequest> Generate(ChatWorkloadSettings settings, ulong seed)
    {
        var workload = new ChatWorkload(settings, seed);
        for (var i = 0; i < settings.Requests; i++)
            yield return workload.Next();
    }

    private TraceRequest Next()
    {
        _next.TryDequeue(out var conversation, out var at);
        var prompt = conversation!.Prompt;
        prompt.AddRange(NewBlocks(_settings.TurnBlocks));
        var unusedTokens = _random.Between(0, BlockTokens - 1);
        var request = new TraceRequest(
            at.TimeMs, ((long)prompt.Count * BlockTokens) - unusedTokens,
            _random.Between(_settings.OutputTokens.Min, _settings.OutputTokens.Max), prompt.ToArray());

        conversation.TurnsLeft--;
        var later = at.TimeMs + _random.Between(_settings.ThinkMs.Min, _settings.ThinkMs.Max);
        if (conversation.TurnsLeft == 0 || prompt.Count + _settings.TurnBlocks.Max > _settings.PromptBlocksMax)
            Start(later);
        else
            _next.Enqueue(conversation, (later, conversation.Number));
        return request;
    }

    private void Start(long atMs)
    {
        var turns = _random.Between(_settings.Turns.Min, _settings.Turns.Max);
        var conversation = new Conversation(_conversations++, [.. ChooseSystemPrompt()]) { TurnsLeft = turns };
        _next.Enqueue(conversation, (atMs, conversation.Number));
    }

    private ulong[] ChooseSystemPrompt()
    {
        var point = _random.Below(_cumulativeWeights[^1]);
        var index = Array.BinarySearch(_cumulativeWeights, point);

        // A point on a boundary belongs to the prompt after it: each owns from its predecessor's sum up to below its own.
        return _systemPrompts[index >= 0 ? index + 1 : ~index];
    }

    private ulong[] NewBlocks((int Min, int Max) range)
    {
        var blocks = new ulong[_random.Between(range.Min, range.Max)];
        for (var i = 0; i < blocks.Length; i++)
            blocks[i] = _ids++;
        return blocks;
    }

    private sealed class Conversation(long number, List<ulong> prompt)
    {
        public long Number { get; } = number;

        public List<ulong> Prompt { get; } = prompt;

        public int TurnsLeft { get; set; }
    }
}

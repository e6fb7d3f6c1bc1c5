namespace Cascade.Hosting.Replay;

/// <summary>
/// A chat service's load, made from a seed: conversations start in bursts, with a shared system prompt and a question, come back after
/// pauses, and ask for the whole prompt so far each time. The same requests from the same seed on every machine.
/// </summary>
/// <remarks>
/// A prompt grows by the last answer and a new question. Its last block, not full, has an id of its own, in whose place the next
/// turn has another. Where that comes from is said at <see cref="ChatWorkloadSettings"/>. It begins with nobody there: it takes some ten minutes of
/// its time until as many return as will. Memory is that of the conversations that will come back, some 300.
/// </remarks>
internal sealed class ChatWorkload
{
    private const int BlockTokens = 512;
    private const int Whole = Quantiles.Whole;

    /// <summary>Numerator of the integer weights 1/k: floating point would leave the choice to the machine's rounding.</summary>
    private const ulong WeightScale = 1UL << 40;

    private readonly ChatWorkloadSettings _settings;
    private readonly ChatArrivals _arrivals;
    private readonly ulong[][] _systemPrompts;
    private readonly ulong[] _cumulativeWeights;

    // Ordered by time and then by conversation, so that equal times have one order.
    private readonly PriorityQueue<Conversation, (long TimeMs, long Number)> _returning = new();
    private SplitMix64 _random;
    private ulong _ids;
    private long _conversations;
    private long _nextStartMs;

    private ChatWorkload(ChatWorkloadSettings settings, ulong seed)
    {
        _settings = settings;
        _random = new SplitMix64(seed);
        _arrivals = new ChatArrivals(settings);
        _systemPrompts = new ulong[settings.SystemPrompts][];
        _cumulativeWeights = new ulong[settings.SystemPrompts];
        ulong sum = 0;
        for (var i = 0; i < _systemPrompts.Length; i++)
        {
            _systemPrompts[i] = NewBlocks(_random.Between(settings.SystemPromptBlocks.Min, settings.SystemPromptBlocks.Max));
            _cumulativeWeights[i] = sum += WeightScale / (ulong)(i + 1);
        }
        _nextStartMs = _arrivals.Next(ref _random);
    }

    private long PromptTokensMax => (long)_settings.PromptBlocksMax * BlockTokens;

    /// <summary>The requests, in the order in which they come.</summary>
    public static IEnumerable<TraceRequest> Generate(ChatWorkloadSettings settings, ulong seed)
    {
        var workload = new ChatWorkload(settings, seed);
        for (var i = 0; i < settings.Requests; i++)
            yield return workload.Next();
    }

    private TraceRequest Next()
    {
        if (_returning.TryPeek(out _, out var first) && first.TimeMs < _nextStartMs)
        {
            var conversation = _returning.Dequeue();
            Continue(conversation);
            return Ask(conversation, first.TimeMs);
        }
        var startMs = _nextStartMs;
        _nextStartMs = _arrivals.Next(ref _random);
        return Ask(Start(), startMs);
    }

    private TraceRequest Ask(Conversation conversation, long atMs)
    {
        var answer = _settings.AnswerTokens.Draw(ref _random);
        var request = new TraceRequest(atMs, conversation.Tokens, answer, conversation.Prompt.ToArray());
        var turn = Math.Min(conversation.Turn++, _settings.ReturnsPerMille.Count - 1);
        conversation.AnswerTokens = answer;
        if (IsDrawn(_settings.ReturnsPerMille[turn]))
            _returning.Enqueue(conversation, (atMs + _settings.PauseMs.Draw(ref _random), conversation.Number));
        return request;
    }

    private Conversation Start()
    {
        var conversation = new Conversation(_conversations++, [.. ChooseSystemPrompt()]);
        conversation.Tokens = (long)conversation.Prompt.Count * BlockTokens;
        Extend(conversation, Math.Min(_settings.FirstQuestionTokens.Draw(ref _random), PromptTokensMax - conversation.Tokens));
        return conversation;
    }

    /// <summary>Makes the prompt of the next turn. One that has outgrown the context is asked again as it was.</summary>
    private void Continue(Conversation conversation)
    {
        var way = _random.Between(0, Whole - 1);
        if (way < _settings.SameAgainPerMille)
            return;
        if (way < _settings.SameAgainPerMille + _settings.ChangedPerMille)
        {
            Change(conversation);
            return;
        }
        var more = conversation.AnswerTokens + _settings.LaterQuestionTokens.Draw(ref _random);
        if (conversation.Tokens + more <= PromptTokensMax)
            Extend(conversation, more);
    }

    /// <summary>Puts another text of the same length behind some place; two blocks stay at least, the first of which is the system prompt's.</summary>
    private void Change(Conversation conversation)
    {
        var length = conversation.Tokens;
        var kept = (int)((long)conversation.Prompt.Count * _settings.UnchangedPerMille.Draw(ref _random) / Whole);
        kept = Math.Min(Math.Max(kept, 2), conversation.Prompt.Count);
        conversation.Prompt.RemoveRange(kept, conversation.Prompt.Count - kept);
        conversation.Tokens = Math.Min(length, (long)kept * BlockTokens);
        Extend(conversation, length - conversation.Tokens);
    }

    private void Extend(Conversation conversation, long tokens)
    {
        var prompt = conversation.Prompt;
        var whole = (int)(conversation.Tokens / BlockTokens);
        conversation.Tokens += tokens;
        prompt.RemoveRange(whole, prompt.Count - whole);
        while ((long)prompt.Count * BlockTokens < conversation.Tokens)
            prompt.Add(_ids++);
    }

    private bool IsDrawn(int perMille) => _random.Between(0, Whole - 1) < perMille;

    private ulong[] ChooseSystemPrompt()
    {
        var point = _random.Below(_cumulativeWeights[^1]);
        var index = Array.BinarySearch(_cumulativeWeights, point);

        // A point on a boundary belongs to the prompt after it: each owns from its predecessor's sum up to below its own.
        return _systemPrompts[index >= 0 ? index + 1 : ~index];
    }

    private ulong[] NewBlocks(int count)
    {
        var blocks = new ulong[count];
        foreach (ref var block in blocks.AsSpan())
            block = _ids++;
        return blocks;
    }

    private sealed class Conversation(long number, List<ulong> prompt)
    {
        public long Number { get; } = number;

        public List<ulong> Prompt { get; } = prompt;

        public long Tokens { get; set; }

        public int AnswerTokens { get; set; }

        /// <summary>Turns before this one.</summary>
        public int Turn { get; set; }
    }
}

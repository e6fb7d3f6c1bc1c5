namespace Cascade.Hosting.Replay;

/// <summary>One request to a serving engine: the blocks of its prompt, and when it came.</summary>
/// <param name="TimestampMs">When it came, in milliseconds from the start.</param>
/// <param name="InputLength">Tokens of the prompt.</param>
/// <param name="OutputLength">Tokens of the answer.</param>
/// <param name="BlockIds">
/// The prompt's blocks of 512 tokens, in order; at least one. A block is named by all tokens up to its end: equal ids are equal
/// prefixes.
/// </param>
internal readonly record struct TraceRequest(
    long TimestampMs, long InputLength, long OutputLength, ReadOnlyMemory<ulong> BlockIds);

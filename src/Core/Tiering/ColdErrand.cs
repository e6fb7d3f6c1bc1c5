namespace Cascade.Core.Tiering;

/// <summary>
/// Wraps what a memory tier asks of the cold tier, whose answers do not say what they answer: the shell sends <paramref name="Request"/> from
/// an address of its own, and hands each message that comes to that address back as a <see cref="ColdAnswer"/> under the number.
/// </summary>
/// <param name="Number">Names the request, different for each.</param>
/// <param name="Request">What to send.</param>
public sealed record ColdErrand(long Number, object Request);

/// <summary>An answer to what was asked by a <see cref="ColdErrand"/>.</summary>
/// <param name="Number">The number of the errand.</param>
/// <param name="Answer">The answer.</param>
public sealed record ColdAnswer(long Number, object Answer);

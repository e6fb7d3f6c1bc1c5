namespace Cascade.Core.Remote;

/// <summary>The bounds of what a node brings from others into its memory.</summary>
public sealed record CopyBringerSettings
{
    /// <summary>Most transfers under way at a time.</summary>
    public int TransfersMax { get; init; } = 16;

    /// <summary>Most bytes of them; a block that is larger goes alone.</summary>
    public long BytesMax { get; init; } = 256L << 20;

    /// <summary>Most requests that wait, for a transfer under way or for their turn; one more is answered <c>Busy</c>.</summary>
    public int RequestsMax { get; init; } = 1024;

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range.</exception>
    public void Validate()
    {
        if (TransfersMax < 1 || BytesMax < 1 || RequestsMax < 1)
            throw new ArgumentException("Transfers, their bytes and the requests that wait are each to be 1 or more.");
    }
}

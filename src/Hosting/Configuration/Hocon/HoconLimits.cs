namespace Cascade.Hosting.Configuration.Hocon;

/// <summary>What reading a configuration may cost at most; text beyond a limit is an error that names it.</summary>
internal sealed record HoconLimits
{
    public static HoconLimits Default { get; } = new();

    /// <summary>Bytes of one file. Hand-written configuration is a few KiB.</summary>
    public int FileBytesMax { get; init; } = 1 << 20;

    /// <summary>Objects, arrays and path elements within each other.</summary>
    public int DepthMax { get; init; } = 100;

    /// <summary>Files that are including each other at one moment.</summary>
    public int IncludeDepthMax { get; init; } = 16;

    /// <summary>Files included in all, so that a small tree of includes cannot grow without end.</summary>
    public int IncludesMax { get; init; } = 256;

    /// <summary>
    /// Values in the resolved tree: a value referred to twice counts twice, which stops doubling substitutions.
    /// </summary>
    public int ValuesMax { get; init; } = 200_000;

    /// <summary>Characters of one concatenated string.</summary>
    public int StringLengthMax { get; init; } = 1 << 20;

    /// <summary>Substitutions that are waiting for each other at one moment.</summary>
    public int ResolutionDepthMax { get; init; } = 1_000;

    /// <summary>Steps of resolution in all: one for each value looked at.</summary>
    public int ResolutionStepsMax { get; init; } = 2_000_000;
}

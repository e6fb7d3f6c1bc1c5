namespace Cascade.LoadTests.Targets;

/// <summary>The target cannot be had. The message says why and what to do.</summary>
internal sealed class TargetException(bool isMistake, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>True when the request can never be met by this build; false when the machine cannot meet it now.</summary>
    public bool IsMistake { get; } = isMistake;
}

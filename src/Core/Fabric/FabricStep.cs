using Cascade.Core.Identity;

namespace Cascade.Core.Fabric;

/// <summary>What is to be done next about a pull.</summary>
public enum FabricAction
{
    /// <summary>Try the fabric that the step names.</summary>
    Try = 0,

    /// <summary>The bytes are here.</summary>
    Finish = 1,

    /// <summary>Give up: to the reader it is a miss, with the last outcome as its reason.</summary>
    Miss = 2,
}

/// <summary>What is to be done next about a pull.</summary>
/// <param name="Action">What to do.</param>
/// <param name="Kind">The fabric to try; of no meaning with other actions.</param>
public readonly record struct FabricStep(FabricAction Action, FabricKind Kind = default);

/// <summary>What one pull has tried so far. Made by <see cref="FabricChooser.Begin"/>.</summary>
public struct FabricTrial
{
    /// <summary>Where the bytes are.</summary>
    public NodeId Peer { get; internal init; }

    /// <summary>How much is pulled.</summary>
    internal long LengthBytes { get; init; }

    /// <summary>The fabric that was named last.</summary>
    internal FabricKind Current { get; set; }

    /// <summary>When it was.</summary>
    internal TimeSpan Began { get; set; }

    /// <summary>One bit a fabric that was named.</summary>
    internal uint Tried { get; set; }
}

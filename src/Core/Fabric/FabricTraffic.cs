namespace Cascade.Core.Fabric;

/// <summary>What came from other nodes by one way.</summary>
/// <param name="Kind">The way.</param>
/// <param name="Pulls">How often, of whole blocks or parts of them.</param>
/// <param name="Bytes">How much.</param>
public readonly record struct FabricTraffic(FabricKind Kind, long Pulls, long Bytes);
